export interface MissingBrowser {
  readonly variable: string;
  readonly path: string;
  readonly named: boolean;
}
export function browserPaths(env?: Record<string, string | undefined>): { readonly chromium: string; readonly firefox: string };
export function missingBrowsers(env?: Record<string, string | undefined>): MissingBrowser[];
