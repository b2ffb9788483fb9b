#!/usr/bin/env node
/** The program `infinite-width`: connects the command line to this process. */
import '../whole';
import { readFileSync } from 'node:fs';
import { runProcess } from './program';
import { infiniteWidth } from './run';

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

runProcess(infiniteWidth(packageVersion()));
