/** A value as text for messages: arrays and objects in brackets, strings in quotes, functions by name. Whatever it is, this does not throw. */
export function show(value: unknown): string {
  if (typeof value === 'function') return `the function ${value.name || '(anonymous)'}`;
  if (typeof value !== 'object' && typeof value !== 'string') return String(value);
  const text = textOf(value);
  const plain = typeof value === 'string' ? text : text.replaceAll('"', '');
  return plain.length > 80 ? `${plain.slice(0, 77)}...` : plain;
}

/** Objects that hold themselves, or throw where they are read, by what they are. */
function textOf(value: unknown): string {
  try {
    return JSON.stringify(value, (_key, part: unknown) => (typeof part === 'object' || typeof part === 'string' ? part : String(part)));
  } catch {
    return Object.prototype.toString.call(value);
  }
}
