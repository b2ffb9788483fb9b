#!/usr/bin/env node
/** The program `infinite-width`: connects the command line to this process. */
import { readFileSync } from 'node:fs';
import { EXIT } from './errors';
import { run } from './run';

/** package.json stands one folder above the bundle and two above the source. */
function packageVersion(): string {
  for (const place of ['../package.json', '../../package.json'])
    try {
      const { name, version } = JSON.parse(readFileSync(new URL(place, import.meta.url), 'utf8')) as { name?: string; version?: string };
      if (name === 'infinite-width' && version) return version;
    } catch {
      // the other place
    }
  return 'unknown';
}

const controller = new AbortController();
process.on('SIGINT', () => {
  if (controller.signal.aborted) process.exit(EXIT.interrupted);
  controller.abort(new Error('SIGINT'));
});

/** A reader that has seen enough, as `head`, is no failure of ours to report. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.failure);
  throw error;
});

run(process.argv.slice(2), process, controller.signal, packageVersion()).then((status) => {
  process.exitCode = status;
});
