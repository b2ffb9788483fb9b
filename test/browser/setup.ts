/** Before every suite in a browser: the library says nothing on the console. */
import { afterEach, expect, vi } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** The page's headers ask for cross-origin isolation. */
    isolated: boolean;
  }
}

const methods = (['debug', 'log', 'info', 'warn', 'error', 'trace'] as const).map((method) => vi.spyOn(console, method));

afterEach(() => {
  const said = methods.flatMap((method) => method.mock.calls);
  for (const method of methods) method.mockClear();
  expect(said).toEqual([]);
});
