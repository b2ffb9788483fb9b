/** The little of SVG that the charts need: elements as text, escaped. */

export type Attributes = Readonly<Record<string, string | number | undefined>>;

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Text that may stand between tags or inside quotes; control characters and others that XML forbids become U+FFFD. */
export function escapeXml(text: string): string {
  return text.replace(/(?![\t\n\r])\p{Cc}|[\ufffe\uffff]|\p{Surrogate}/gu, '\ufffd').replace(/[&<>"]/g, (c) => ESCAPES[c]);
}

/** An element; attributes that are undefined are left out, numbers are rounded to hundredths. Children are SVG text already. */
export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${typeof value === 'number' ? round(value) : escapeXml(String(value))}"`)
    .join('');
  return children.length === 0 ? `<${name}${written}/>` : `<${name}${written}>${children.join('')}</${name}>`;
}

/** A text element. */
export const textElement = (attributes: Attributes, content: string): string => element('text', attributes, escapeXml(content));

/** Hundredths of a pixel are beyond what can be seen. */
export const round = (x: number): string => String(Math.round(x * 100) / 100);
