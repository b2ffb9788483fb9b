/** Names that a program with a fully connected network imports, and those of everything the package is for. */
export const SMALL: readonly string[];
export const REGRESSION: readonly string[];
/** A module that hands on names of the package. */
export function programOf(names: readonly string[]): string;
/** Runs `body` with a folder whose node_modules have this repository as the package. */
export function withProject<R>(body: (project: string) => Promise<R>): Promise<R>;
/** Bundles a module in a project; gives the path of the result, beside which its chunks lie. */
export function bundleProgram(project: string, source: string, bundler: 'rollup' | 'esbuild'): Promise<string>;
