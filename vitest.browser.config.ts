import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { browserPaths } from './scripts/browsers.mjs';

const { chromium, firefox } = browserPaths();

/** Made anew for each project: vitest writes the project's name into them. */
const instances = () => [
  {
    browser: 'chromium' as const,
    provider: playwright({
      launchOptions: {
        executablePath: chromium,
        args: ['--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-quic'],
      },
    }),
  },
  // The channel makes playwright speak BiDi, which an unpatched Firefox understands.
  { browser: 'firefox' as const, provider: playwright({ launchOptions: { executablePath: firefox, channel: 'moz-firefox' } }) },
];

const ISOLATION = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

/** Fixtures that are kept gzipped, imported as JSON. */
const gzippedJson = {
  name: 'gzipped-json',
  enforce: 'pre' as const,
  load: (id: string) => (id.endsWith('.json.gz') ? `export default ${gunzipSync(readFileSync(id))}` : null),
};

/** The suites of test/browser, on pages that are cross-origin isolated and on pages that are not, in both browsers. */
const project = (name: 'isolated' | 'plain', headers: Record<string, string>) => ({
  plugins: [gzippedJson],
  cacheDir: `node_modules/.vite/${name}`,
  // Named here, because a dependency found while the tests run reloads their page.
  optimizeDeps: { include: ['@assemblyscript/loader', '@noble/hashes/sha2.js', '@noble/hashes/utils.js'] },
  server: { headers },
  test: {
    name,
    include: ['test/browser/**/*.test.ts'],
    setupFiles: ['test/browser/setup.ts'],
    provide: { isolated: name === 'isolated' },
    testTimeout: 60_000,
    api: { host: '127.0.0.1' },
    browser: { enabled: true, headless: true, screenshotFailures: false, instances: instances() },
  },
});

export default defineConfig({ test: { projects: [project('isolated', ISOLATION), project('plain', {})] } });
