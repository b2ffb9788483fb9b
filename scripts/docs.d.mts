export interface DocumentedOption {
  readonly name: string;
  readonly type: string;
  readonly text: string;
  /** As written: "1e-12", "'VALID'", "null"; '' for none. */
  readonly default: string;
}

export interface DocumentedLayer {
  readonly name: string;
  readonly summary: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly parameters: readonly { readonly name: string; readonly type: string; readonly options: readonly DocumentedOption[] }[];
}

/** The public layer functions with their docstrings. Throws where one lacks a part. */
export function layers(root?: string): readonly DocumentedLayer[];
/** Path below docs/ and content of everything that is generated. */
export function documents(root?: string): ReadonlyMap<string, string>;
/** Paths below docs/ that differ from what would be written, or should not be there. */
export function stale(root?: string): readonly string[];
