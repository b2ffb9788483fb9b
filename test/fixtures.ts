/** Reads the fixtures of test/fixtures. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** A JSON fixture, gzipped or not, by its path below test/fixtures. */
export function fixture<T>(path: string): T {
  const bytes = readFileSync(new URL(`./fixtures/${path}`, import.meta.url));
  return JSON.parse((path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')) as T;
}
