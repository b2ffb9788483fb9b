/** Reads back what the charts write. */
import { expect } from 'vitest';

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"' };
const decode = (text: string): string => text.replace(/&(\w+);/g, (_, name: string) => ENTITIES[name]);

/** Tags nest and close, attributes are quoted and unique, no bare & or < in text. */
export function checkWellFormed(svg: string): void {
  const open: string[] = [];
  const rest = svg.replace(
    /<(\/?)([a-z]+)((?: [\w:-]+="[^"<]*")*)(\/?)>/gi,
    (_, close: string, name: string, attributes: string, empty: string) => {
      if (close) expect(open.pop()).toBe(name);
      else if (!empty) open.push(name);
      const names = [...attributes.matchAll(/ ([\w:-]+)="/g)].map((match) => match[1]);
      expect(new Set(names).size).toBe(names.length);
      return '';
    },
  );
  expect(open).toEqual([]);
  expect(rest).not.toMatch(/[<>]/);
  expect(rest).not.toMatch(/&(?!(amp|lt|gt|quot);)/);
}

/** The points of every series' line. */
export const polylines = (svg: string): [number, number][][] =>
  [...svg.matchAll(/<polyline points="([^"]*)"/g)].map((match) =>
    match[1].split(' ').map((pair) => pair.split(',').map(Number) as [number, number]),
  );

/** The frame between the axes. */
export function rectangleOf(svg: string): { left: number; top: number; right: number; bottom: number } {
  const [, left, top, bottom, right] = (/id="frame" d="M([\d.]+) ([\d.]+)V([\d.]+)H([\d.]+)"/.exec(svg) as RegExpExecArray).map(Number);
  return { left, top, right, bottom };
}

/** Texts of all elements of a name. */
export const textsOf = (svg: string, name: string): string[] =>
  [...svg.matchAll(new RegExp(`<${name}(?: [^>]*)?>([^<]*)</${name}>`, 'g'))].map((match) => decode(match[1]));
