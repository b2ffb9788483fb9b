/** How a command ends. */

export const EXIT = { ok: 0, failure: 1, usage: 2, interrupted: 130, terminated: 143 } as const;

/** The command line itself is wrong: exit status 2, and where to read more. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code = 'ERR_USAGE';
}

/** A code, one line of message and what else is known, of anything that was thrown. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
}

export function describeFailure(error: unknown): Failure {
  const { code, message, details } = (error ?? {}) as { code?: unknown; message?: unknown; details?: Record<string, unknown> };
  const text = typeof message === 'string' ? message : String(error);
  const known = typeof code === 'string' ? code : 'ERR_INTERNAL';
  return { code: known, message: oneLine(text.replace(` [${known}]`, '')), details: details ?? {} };
}

export const oneLine = (text: string): string => text.replace(/\s*\n\s*/g, ' ');
