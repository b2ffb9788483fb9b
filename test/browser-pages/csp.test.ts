/** Pages under a strict Content Security Policy: without 'wasm-unsafe-eval' no page may compile WebAssembly. */
import type { Browser } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Capabilities, openContext } from '../../src/context';
import { dense, kernelSync, relu, serial } from '../../src/index';
import { BROWSERS, visit } from './visit';

interface Report {
  readonly capabilities: Capabilities;
  readonly ntk: number[];
}

const ROWS = [
  [1, 2, 3],
  [3, 4, -1],
  [0.5, -2, 1],
];
const EXPECTED = [
  ...kernelSync(serial(dense(8, { bStd: 0.3 }), relu(), dense(1)), ROWS, { engine: openContext({ backend: 'js' }) }).ntk.data,
];
const IMPORTS = ['createEngine', 'dense', 'relu', 'serial'];
const SOURCE = `
  const engine = await createEngine();
  const { ntk } = await engine.kernel(serial(dense(8, { bStd: 0.3 }), relu(), dense(1)), ${JSON.stringify(ROWS)});
  await engine.dispose();
  return { capabilities: engine.capabilities, ntk: [...ntk.data] };`;

describe.each(Object.entries(BROWSERS))('a strict Content Security Policy in %s', (_name, launch) => {
  let browser: Browser | undefined;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());
  const open = (script: string) => {
    const policy = `default-src 'none'; connect-src 'self'; img-src 'self'; script-src ${script}`;
    return visit<Report>(browser as Browser, { 'Content-Security-Policy': policy }, IMPORTS, SOURCE);
  };

  it("with 'wasm-unsafe-eval': WebAssembly, and nothing on the console", async () => {
    const { report, console } = await open("'self' 'wasm-unsafe-eval'");
    expect(report.capabilities.backend).toMatchObject({ used: 'wasm' });
    report.ntk.forEach((value, i) => void expect(Math.abs(value / EXPECTED[i] - 1)).toBeLessThan(1e-13));
    expect(console).toEqual([]);
  });

  it('without: plain JavaScript to the bit, the reason in the capabilities, and nothing of ours on the console', async () => {
    const { report, console } = await open("'self'");
    expect(report.capabilities.backend.used).toBe('js');
    expect(report.capabilities.backend.unavailable.wasm).toMatch(/Content Security Policy|CSP/);
    expect(report.ntk).toEqual(EXPECTED);
    // Firefox reports a compilation that it blocks by itself, and nobody can tell beforehand that it will.
    expect(console.filter((message) => !message.includes('blocked WebAssembly (script-src)'))).toEqual([]);
  });
});
