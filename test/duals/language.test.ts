import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

/**
 * Lane algebra is read by asc and by tsc and run to print WGSL, so its files hold functions of L, V, places A, number and boolean
 * made of calls: no operators (but i + 1 on a table's index), no branch but on `narrow()` or a boolean parameter.
 */
const FOLDER = fileURLToPath(new URL('../../src/duals/', import.meta.url));
const OTHERS = ['scalar.ts', 'coefficients.ts', 'dual.ts', 'lanes.ts', 'pair.ts'];
const { SyntaxKind } = ts;

const TYPES = new Set(['L', 'V', 'A', 'number', 'boolean', 'void']);
const ALLOWED = new Set([
  SyntaxKind.ImportDeclaration,
  SyntaxKind.ImportClause,
  SyntaxKind.NamedImports,
  SyntaxKind.ImportSpecifier,
  SyntaxKind.FunctionDeclaration,
  SyntaxKind.ExportKeyword,
  SyntaxKind.TypeParameter,
  SyntaxKind.Parameter,
  SyntaxKind.TypeReference,
  SyntaxKind.NumberKeyword,
  SyntaxKind.BooleanKeyword,
  SyntaxKind.VoidKeyword,
  SyntaxKind.Block,
  SyntaxKind.VariableStatement,
  SyntaxKind.VariableDeclarationList,
  SyntaxKind.VariableDeclaration,
  SyntaxKind.ExpressionStatement,
  SyntaxKind.ReturnStatement,
  SyntaxKind.IfStatement,
  SyntaxKind.ConditionalExpression,
  SyntaxKind.QuestionToken,
  SyntaxKind.ColonToken,
  SyntaxKind.CallExpression,
  SyntaxKind.PropertyAccessExpression,
  SyntaxKind.Identifier,
  SyntaxKind.NumericLiteral,
  SyntaxKind.PrefixUnaryExpression,
  SyntaxKind.StringLiteral,
  SyntaxKind.TrueKeyword,
  SyntaxKind.FalseKeyword,
  SyntaxKind.BinaryExpression,
  SyntaxKind.PlusToken,
  SyntaxKind.EndOfFileToken,
]);

/** What `source` has that lane algebra has not. */
function violations(source: string): string[] {
  const file = ts.createSourceFile('lanes.ts', source, ts.ScriptTarget.ES2022, true);
  const found: string[] = [];
  const report = (node: ts.Node, what: string) => found.push(`${file.getLineAndCharacterOfPosition(node.getStart()).line + 1}: ${what}`);
  const visit = (node: ts.Node): void => {
    if (!ALLOWED.has(node.kind)) report(node, SyntaxKind[node.kind]);
    const problem = CHECKS[node.kind]?.(node as never);
    if (problem) report(node, problem);
    ts.forEachChild(node, visit);
  };
  ts.forEachChild(file, visit);
  return found;
}

const isBooleanParameter = (name: ts.Node): boolean => {
  let at: ts.Node = name;
  while (!ts.isFunctionDeclaration(at)) {
    if (ts.isSourceFile(at)) return false;
    at = at.parent;
  }
  return at.parameters.some((p) => p.name.getText() === name.getText() && p.type?.kind === SyntaxKind.BooleanKeyword);
};

const isStaticCondition = (node: ts.Expression): boolean =>
  node.getText() === 'l.narrow()' || (ts.isIdentifier(node) && isBooleanParameter(node));

const CHECKS: { readonly [kind: number]: (node: never) => string | false } = {
  [SyntaxKind.ImportClause]: (node: ts.ImportClause) => node.getText().startsWith('type ') && 'import type',
  [SyntaxKind.ImportSpecifier]: (node: ts.ImportSpecifier) => node.isTypeOnly && 'import type',
  [SyntaxKind.ImportDeclaration]: (node: ts.ImportDeclaration) =>
    !/^'\.\/[a-z]+'$/.test(node.moduleSpecifier.getText()) && 'import from outside',
  [SyntaxKind.VariableDeclarationList]: (node: ts.VariableDeclarationList) => !(node.flags & ts.NodeFlags.Const) && 'let or var',
  [SyntaxKind.Parameter]: (node: ts.ParameterDeclaration) =>
    (!node.type || !!node.questionToken || !!node.initializer || !!node.dotDotDotToken) && 'parameter without a plain type',
  [SyntaxKind.FunctionDeclaration]: (node: ts.FunctionDeclaration) => !node.type && 'function without a type',
  [SyntaxKind.TypeReference]: (node: ts.TypeReferenceNode) =>
    !TYPES.has(node.getText()) && !ts.isTypeParameterDeclaration(node.parent) && `type ${node.getText()}`,
  [SyntaxKind.PropertyAccessExpression]: (node: ts.PropertyAccessExpression) => node.expression.getText() !== 'l' && node.getText(),
  [SyntaxKind.IfStatement]: (node: ts.IfStatement) => !isStaticCondition(node.expression) && 'branch on data',
  [SyntaxKind.ConditionalExpression]: (node: ts.ConditionalExpression) => !isStaticCondition(node.condition) && 'branch on data',
  [SyntaxKind.PrefixUnaryExpression]: (node: ts.PrefixUnaryExpression) =>
    !(node.operator === SyntaxKind.MinusToken && ts.isNumericLiteral(node.operand)) && 'arithmetic outside l',
  [SyntaxKind.BinaryExpression]: (node: ts.BinaryExpression) => !ts.isNumericLiteral(node.right) && 'arithmetic outside l',
};

describe('lane algebra', () => {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.ts') && !OTHERS.includes(name));

  it.each(files)('src/duals/%s keeps to the language', (name) => {
    expect(violations(readFileSync(FOLDER + name, 'utf8'))).toEqual([]);
  });

  it.each([
    ["import type { Lanes } from './lanes';", 'import type'],
    ["import { Lanes } from './lanes.js';", 'import from outside'],
    ['function f<L extends Lanes<V>, V>(l: L, x: V): V { return Math.sqrt(x); }', 'Math.sqrt'],
    ['function f<L extends Lanes<V>, V>(l: L, x: V): V { return x < x ? x : x; }', 'branch on data'],
    ['function f<L extends Lanes<V>, V>(l: L, x: V): V { return x ? x : x; }', 'branch on data'],
    ['function f<L extends Lanes<V>, V>(l: L, x: V): V { return l.mul(x + x, x); }', 'arithmetic outside l'],
    ['function f<L extends Lanes<V>, V>(l: L, x: V): V { let y = x; return y; }', 'let or var'],
    ['function f<L extends Lanes<V>, V>(l: L, x: string): V { return x; }', 'StringKeyword'],
    ['function f<L extends Lanes<V>, V>(l: L, x: Float64Array): V { return x; }', 'type Float64Array'],
    ['function f<L extends Lanes<V>, V>(l: L, x: V): V { for (;;) return x; }', 'ForStatement'],
    ['@inline class F {}', 'ClassDeclaration'],
    ['const f = (x: number) => x;', 'ArrowFunction'],
  ])('refuses %s', (source, problem) => {
    expect(violations(source)).toContain(`1: ${problem}`);
  });
});
