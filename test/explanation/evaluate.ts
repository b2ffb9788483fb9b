/**
 * Evaluates the formulas of explain(). Symbols side by side are multiplied, and bind tighter than a division where nothing stands
 * between them: a b/2π is a · (b/(2π)).
 */

type Scope = Readonly<Record<string, number>>;

/** K′ and Θ′ of a formula "K′ = …   Θ′ = …   with A = …, B = …". */
export function evaluateStep(formula: string, scope: Scope): { nngp: number; ntk: number } {
  const [nngp, ntk, where] = formula.split('   ');
  let known = { ...scope };
  for (const definition of splitTop(where?.replace(/^with /, '') ?? '')) {
    const [symbol, text] = definition.split(' = ');
    known = { ...known, [symbol]: evaluate(text, known) };
  }
  const K = evaluate(nngp.replace('K′ = ', ''), known);
  return { nngp: K, ntk: evaluate(ntk.replace('Θ′ = ', ''), { ...known, 'K′': K }) };
}

/** At commas outside parentheses. */
function splitTop(text: string): string[] {
  const parts: string[] = [];
  let [depth, start] = [0, 0];
  [...`${text},`].forEach((c, i) => {
    depth += c === '(' ? 1 : c === ')' ? -1 : 0;
    if (c !== ',' || depth > 0) return;
    parts.push(text.slice(start, i).trim());
    start = i + 1;
  });
  return parts.filter(Boolean);
}

const FUNCTIONS: Readonly<Record<string, (x: number) => number>> = {
  arcsin: Math.asin,
  arccos: Math.acos,
  arctan: Math.atan,
  exp: Math.exp,
  '√': Math.sqrt,
};
const TOKEN = /\d+(?:\.\d+)?(?:e[-+]?\d+)?|arcsin|arccos|arctan|exp|K′|q₁|q₂|[√πA-Za-zΘρδ]|[⁰¹²³⁴⁵⁶⁷⁸⁹]+|[-−+/()]|\s+/gu;

export function evaluate(text: string, scope: Scope): number {
  const tokens = text.match(TOKEN) ?? [];
  if (tokens.join('') !== text) throw new Error(`not a formula: ${text}`);
  const symbols: Scope = { π: Math.PI, ...scope };
  let at = 0;
  const startsFactor = (token: string | undefined) => token !== undefined && !/^[-−+/)\s⁰¹²³⁴⁵⁶⁷⁸⁹]/u.test(token);
  const skip = () => {
    while (/^\s/.test(tokens[at] ?? '')) at++;
  };

  const atom = (): number => {
    const token = tokens[at++];
    if (token === '(') {
      const value = expression();
      if (tokens[at++] !== ')') throw new Error(`a parenthesis is missing: ${text}`);
      return value;
    }
    if (token in FUNCTIONS) {
      skip();
      return FUNCTIONS[token](power());
    }
    const value = token in symbols ? symbols[token] : Number(token);
    if (Number.isNaN(value)) throw new Error(`unknown symbol ${token} in ${text}`);
    return value;
  };
  const power = (): number => {
    const base = atom();
    const exponent = /^[⁰¹²³⁴⁵⁶⁷⁸⁹]/u.test(tokens[at] ?? '') ? [...tokens[at++]].map((c) => '⁰¹²³⁴⁵⁶⁷⁸⁹'.indexOf(c)).join('') : '1';
    return base ** Number(exponent);
  };
  const tight = (): number => {
    let value = power();
    while (startsFactor(tokens[at])) value *= power();
    return value;
  };
  const quotient = (): number => {
    let value = tight();
    while (tokens[at] === '/') {
      at++;
      value /= tight();
    }
    return value;
  };
  const term = (): number => {
    let value = quotient();
    while (/^\s/.test(tokens[at] ?? '') && startsFactor(tokens[at + 1])) {
      at++;
      value *= quotient();
    }
    return value;
  };
  const signed = (sign: string | undefined): number => (sign === '−' || sign === '-' ? -1 : 1);
  const expression = (): number => {
    let value = 0;
    for (let sign = /^[-−]/.test(tokens[at] ?? '') ? tokens[at++] : '+'; ; sign = tokens[at++]) {
      skip();
      value += signed(sign) * term();
      skip();
      if (!/^[-−+]/.test(tokens[at] ?? '')) return value;
    }
  };
  const value = expression();
  if (at !== tokens.length) throw new Error(`${tokens.slice(at).join('')} is left over of ${text}`);
  return value;
}
