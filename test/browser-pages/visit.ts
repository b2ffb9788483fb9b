/** Opens a page that uses the built package as it lies in dist/, served from 127.0.0.1, in a browser. */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, firefox } from 'playwright';
import { browserPaths } from '../../scripts/browsers.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const paths = browserPaths();

export const BROWSERS: Readonly<Record<'chromium' | 'firefox', () => Promise<Browser>>> = {
  chromium: () => chromium.launch({ executablePath: paths.chromium, args: ['--no-first-run', '--disable-background-networking'] }),
  // The channel makes playwright speak BiDi, which an unpatched Firefox understands.
  firefox: () => firefox.launch({ executablePath: paths.firefox, channel: 'moz-firefox' }),
};

export interface Visit<R> {
  /** What the page's script reported. */
  readonly report: R;
  /** Everything on the console, the browser's own messages and uncaught errors included. */
  readonly console: readonly string[];
}

const TYPES: Readonly<Record<string, string>> = { '.js': 'text/javascript', '.wasm': 'application/wasm', '.html': 'text/html' };
const PAGE = '<!doctype html><meta charset="utf-8"><title>infinite-width</title><script type="module" src="/page.js"></script>';

/** A file of the package or of its dependency. Its bare import becomes a path, as every bundler and development server does it. */
function packageFile(path: string): Buffer | string {
  const file = path.startsWith('/loader/') ? `node_modules/@assemblyscript${path}` : `.${path}`;
  const bytes = readFileSync(root + normalize(file));
  return path.endsWith('.js') ? bytes.toString('utf8').replaceAll('"@assemblyscript/loader"', '"/loader/index.js"') : bytes;
}

function answer(request: IncomingMessage, response: ServerResponse, headers: Record<string, string>, script: string): void {
  const path = new URL(request.url ?? '/', 'http://page').pathname;
  const send = (status: number, type: string, body: Buffer | string = '') =>
    void response.writeHead(status, { 'Content-Type': type, ...headers }).end(body);
  if (path === '/') send(200, 'text/html', PAGE);
  else if (path === '/page.js') send(200, 'text/javascript', script);
  else if (/^\/(dist|loader)\//.test(path)) send(200, TYPES[extname(path)] ?? 'application/octet-stream', packageFile(path));
  else send(204, 'text/plain');
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}

/** A promise and what settles it. */
function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (cause: Error) => void } {
  let resolve: (value: T) => void = () => {};
  let reject: (cause: Error) => void = () => {};
  const promise = new Promise<T>((accept, refuse) => {
    [resolve, reject] = [accept, refuse];
  });
  return { promise, resolve, reject };
}

const SILENT_MS = 30_000;

/**
 * Runs `source`, the body of a function that may await and returns JSON, on a page of its own.
 * @param headers those of every response
 * @param imports names that `source` uses from the package
 * @throws what `source` threw; what was on the console, if nothing was reported
 */
export async function visit<R>(browser: Browser, headers: Record<string, string>, imports: string[], source: string): Promise<Visit<R>> {
  const script = `import { ${imports.join(', ')} } from '/dist/index.js';
    const report = (value) => fetch('/report', { method: 'POST', body: JSON.stringify(value) });
    (async () => { ${source} })().then((value) => report({ value }), (error) => report({ error: String(error) }));`;
  const messages: string[] = [];
  const reported = deferred<string>();
  const silent = setTimeout(
    () => reported.reject(new Error(`the page reported nothing; on its console: ${messages.join('; ')}`)),
    SILENT_MS,
  );
  const server = createServer((request, response) => {
    if (request.url === '/report') bodyOf(request).then(reported.resolve, reported.reject);
    answer(request, response, headers, script);
  });
  const page = await browser.newPage();
  try {
    page.on('crash', () => reported.reject(new Error('the page crashed')));
    page.on('pageerror', (error) => messages.push(`error: ${error.message}`));
    page.on('console', (message) => messages.push(`${message.type()}: ${message.text()}`));
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const { value, error } = JSON.parse(await reported.promise) as { value: R; error?: string };
    if (error) throw new Error(error);
    return { report: value, console: messages };
  } finally {
    clearTimeout(silent);
    await page.close();
    server.closeAllConnections();
    server.close();
  }
}
