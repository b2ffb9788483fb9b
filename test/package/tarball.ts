/** The package as users get it: packed, and unpacked into a project outside the repository. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Packs dist/ and installs the tarball, with its one dependency, in a new folder; gives the folder. */
export function installTarball(): string {
  const project = mkdtempSync(join(tmpdir(), 'infinite-width-'));
  const modules = join(project, 'node_modules');
  mkdirSync(join(modules, '@assemblyscript'), { recursive: true });
  const [{ filename }] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', project], { cwd: root, encoding: 'utf8' }),
  );
  execFileSync('tar', ['-xzf', join(project, filename), '-C', project]);
  cpSync(join(project, 'package'), join(modules, 'infinite-width'), { recursive: true });
  cpSync(join(root, 'node_modules/@assemblyscript/loader'), join(modules, '@assemblyscript/loader'), { recursive: true });
  writeFileSync(join(project, 'package.json'), '{ "type": "module" }');
  return project;
}

/** Runs a module in the project and gives what it printed. */
export function runModule(project: string, name: string, source: string): string {
  writeFileSync(join(project, name), source);
  return execFileSync(process.execPath, [name], { cwd: project, encoding: 'utf8' });
}
