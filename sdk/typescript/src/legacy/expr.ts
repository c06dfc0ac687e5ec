/**
 * Expressions with the names and the plain values of published releases.
 */

import { membersOf } from '../argument.js';
import { PanprotoUsageError } from '../errors.js';
import { Expression } from '../expr.js';
import type { ExprTree } from '../expr.js';
import { runtimeOf } from './module.js';
import type { WasmModule } from './module.js';
import type { BuiltinOp, Expr, Literal, Pattern } from './types-expr.js';

/** Nesting that the language itself allows, and some. */
const DEPTH = 1024;

/**
 * Builds expressions as plain values.
 *
 * @example `evalExpr(ExprBuilder.add(ExprBuilder.var_('n'), ExprBuilder.lit({ type: 'int', value: 1 })), { n: { type: 'int', value: 2 } })`
 */
export class ExprBuilder {
  /** A variable. */
  static var_(name: string): Expr {
    return { type: 'var', name };
  }

  /** A literal. */
  static lit(value: Literal): Expr {
    return { type: 'lit', value };
  }

  /** A function of one parameter. */
  static lam(param: string, body: Expr): Expr {
    return { type: 'lam', param, body };
  }

  /** A function applied to arguments, one after another. */
  static app(func: Expr, ...args: Expr[]): Expr {
    return args.reduce<Expr>((made, arg) => ({ type: 'app', func: made, arg }), func);
  }

  /** A name for a value. */
  static let_(name: string, value: Expr, body: Expr): Expr {
    return { type: 'let', name, value, body };
  }

  /** A member of a record. */
  static field(expr: Expr, name: string): Expr {
    return { type: 'field', expr, name };
  }

  /** A record. */
  static record(fields: Record<string, Expr>): Expr {
    return { type: 'record', fields: Object.entries(fields) };
  }

  /** A list. */
  static list(...items: Expr[]): Expr {
    return { type: 'list', items };
  }

  /** The first arm whose pattern fits. */
  static match_(scrutinee: Expr, arms: [Pattern, Expr][]): Expr {
    return { type: 'match', scrutinee, arms };
  }

  /** A built-in operation. */
  static builtin(op: BuiltinOp, ...args: Expr[]): Expr {
    return { type: 'builtin', op, args };
  }

  /** An item of a list. */
  static index(expr: Expr, index: Expr): Expr {
    return { type: 'index', expr, index };
  }

  /** The sum of two numbers. */
  static add(a: Expr, b: Expr): Expr {
    return ExprBuilder.builtin('Add', a, b);
  }

  /** The difference of two numbers. */
  static sub(a: Expr, b: Expr): Expr {
    return ExprBuilder.builtin('Sub', a, b);
  }

  /** The product of two numbers. */
  static mul(a: Expr, b: Expr): Expr {
    return ExprBuilder.builtin('Mul', a, b);
  }

  /** Two strings or lists as one. */
  static concat(a: Expr, b: Expr): Expr {
    return ExprBuilder.builtin('Concat', a, b);
  }
}

/**
 * The expression of a text, as plain values; `pp.parseExpr` gives the new object.
 *
 * @example `parseExpr('a + 1').type === 'builtin'`
 */
export function parseExpr(source: string, wasm?: WasmModule): Expr {
  return exprOf(Expression.parse(runtimeOf(wasm), source).ast);
}

/** What an expression comes to. @example `evalExpr(parseExpr('a + 1'), { a: { type: 'int', value: 2 } })` */
export function evalExpr(expr: Expr, env: Record<string, Literal> = {}, wasm?: WasmModule): Literal {
  const literals = membersOf('env', env).map(([name, value]) => [name, literalTree(value, 0)] as const);
  return literalOf(Expression.parse(runtimeOf(wasm), exprTree(expr))._literal(literals));
}

/** The canonical text of an expression. @example `formatExpr('a+1') === 'a + 1'` */
export function formatExpr(source: string, wasm?: WasmModule): string {
  return Expression.parse(runtimeOf(wasm), source).text;
}

/** A plain value of published releases as the tree that the engine reads. Trees, texts and expressions stay. @internal */
export function exprTree(expr: Expr | Expression | ExprTree | string, depth = 0): ExprTree | string {
  if (typeof expr === 'string') return expr;
  if (expr instanceof Expression) return expr.ast;
  if (!('type' in expr)) return expr;
  if (depth > DEPTH) throw tooDeep();
  const inner = (child: Expr): unknown => exprTree(child, depth + 1);
  const told = expr as Expr;
  switch (told.type) {
    case 'var':
      return { Var: told.name };
    case 'lam':
      return { Lam: [told.param, inner(told.body)] };
    case 'app':
      return { App: [inner(told.func), inner(told.arg)] };
    case 'lit':
      return { Lit: literalTree(told.value, depth + 1) };
    case 'record':
      return { Record: told.fields.map(([name, value]) => [name, inner(value)]) };
    case 'list':
      return { List: told.items.map(inner) };
    case 'field':
      return { Field: [inner(told.expr), told.name] };
    case 'index':
      return { Index: [inner(told.expr), inner(told.index)] };
    case 'match':
      return {
        Match: {
          scrutinee: inner(told.scrutinee),
          arms: told.arms.map(([pattern, body]) => [patternTree(pattern, depth + 1), inner(body)]),
        },
      };
    case 'let':
      return { Let: { name: told.name, value: inner(told.value), body: inner(told.body) } };
    case 'builtin':
      return { Builtin: [told.op, told.args.map(inner)] };
    default:
      throw unknownForm('expression', expr);
  }
}

function literalTree(literal: Literal, depth: number): unknown {
  if (depth > DEPTH) throw tooDeep();
  switch (literal.type) {
    case 'bool':
      return { Bool: literal.value };
    case 'int':
      return { Int: literal.value };
    case 'float':
      return { Float: literal.value };
    case 'number':
      return { Number: literal.value };
    case 'str':
      return { Str: literal.value };
    case 'bytes':
      return { Bytes: [...literal.value] };
    case 'null':
      return 'Null';
    case 'record':
      return { Record: literal.fields.map(([name, value]) => [name, literalTree(value, depth + 1)]) };
    case 'list':
      return { List: literal.items.map((item) => literalTree(item, depth + 1)) };
    case 'closure': {
      const env = literal.env.map(([name, value]) => [name, literalTree(value, depth + 1)]);
      return { Closure: { param: literal.param, body: exprTree(literal.body, depth + 1), env } };
    }
    default:
      throw unknownForm('literal', literal);
  }
}

function patternTree(pattern: Pattern, depth: number): unknown {
  if (depth > DEPTH) throw tooDeep();
  const inner = (child: Pattern): unknown => patternTree(child, depth + 1);
  switch (pattern.type) {
    case 'wildcard':
      return 'Wildcard';
    case 'var':
      return { Var: pattern.name };
    case 'lit':
      return { Lit: literalTree(pattern.value, depth + 1) };
    case 'record':
      return { Record: pattern.fields.map(([name, value]) => [name, inner(value)]) };
    case 'list':
      return { List: pattern.items.map(inner) };
    case 'constructor':
      return { Constructor: [pattern.tag, pattern.args.map(inner)] };
    default:
      throw unknownForm('pattern', pattern);
  }
}

// What follows reads trees that the engine wrote: their depth is limited there.

type Pairs = readonly [string, unknown][];

/** A tree of the engine as plain values of published releases. @internal */
export function exprOf(tree: unknown): Expr {
  const [kind, value] = only(tree);
  const two = value as readonly [unknown, unknown];
  switch (kind) {
    case 'Var':
      return { type: 'var', name: value as string };
    case 'Lam':
      return { type: 'lam', param: two[0] as string, body: exprOf(two[1]) };
    case 'App':
      return { type: 'app', func: exprOf(two[0]), arg: exprOf(two[1]) };
    case 'Lit':
      return { type: 'lit', value: literalOf(value) };
    case 'Record':
      return { type: 'record', fields: (value as Pairs).map(([name, member]) => [name, exprOf(member)]) };
    case 'List':
      return { type: 'list', items: (value as unknown[]).map(exprOf) };
    case 'Field':
      return { type: 'field', expr: exprOf(two[0]), name: two[1] as string };
    case 'Index':
      return { type: 'index', expr: exprOf(two[0]), index: exprOf(two[1]) };
    case 'Match': {
      const { scrutinee, arms } = value as { scrutinee: unknown; arms: readonly [unknown, unknown][] };
      return { type: 'match', scrutinee: exprOf(scrutinee), arms: arms.map(([pattern, body]) => [patternOf(pattern), exprOf(body)]) };
    }
    case 'Let': {
      const { name, value: bound, body } = value as { name: string; value: unknown; body: unknown };
      return { type: 'let', name, value: exprOf(bound), body: exprOf(body) };
    }
    default:
      return { type: 'builtin', op: two[0] as BuiltinOp, args: (two[1] as unknown[]).map(exprOf) };
  }
}

/** A literal of the engine as one of published releases. @internal */
export function literalOf(tree: unknown): Literal {
  if (tree === 'Null') return { type: 'null' };
  const [kind, value] = only(tree);
  switch (kind) {
    case 'Bool':
      return { type: 'bool', value: value as boolean };
    case 'Int':
      return { type: 'int', value: value as number | bigint };
    case 'Float':
      return { type: 'float', value: value as number };
    case 'Number':
      return { type: 'number', value: value as string };
    case 'Str':
      return { type: 'str', value: value as string };
    case 'Bytes':
      return { type: 'bytes', value: Uint8Array.from(value as number[]) };
    case 'Record':
      return { type: 'record', fields: (value as Pairs).map(([name, member]) => [name, literalOf(member)]) };
    case 'List':
      return { type: 'list', items: (value as unknown[]).map(literalOf) };
    default: {
      const { param, body, env } = value as { param: string; body: unknown; env: Pairs };
      return { type: 'closure', param, body: exprOf(body), env: env.map(([name, bound]) => [name, literalOf(bound)]) };
    }
  }
}

function patternOf(tree: unknown): Pattern {
  if (tree === 'Wildcard') return { type: 'wildcard' };
  const [kind, value] = only(tree);
  switch (kind) {
    case 'Var':
      return { type: 'var', name: value as string };
    case 'Lit':
      return { type: 'lit', value: literalOf(value) };
    case 'Record':
      return { type: 'record', fields: (value as Pairs).map(([name, inner]) => [name, patternOf(inner)]) };
    case 'List':
      return { type: 'list', items: (value as unknown[]).map(patternOf) };
    default: {
      const [tag, args] = value as readonly [string, unknown[]];
      return { type: 'constructor', tag, args: args.map(patternOf) };
    }
  }
}

function only(tree: unknown): readonly [string, unknown] {
  return Object.entries(tree as object)[0] as [string, unknown];
}

function tooDeep(): PanprotoUsageError {
  return new PanprotoUsageError('the expression nests too deep', { code: 'limit-depth', help: 'name its parts: `let`' });
}

function unknownForm(what: string, value: { readonly type?: unknown }): PanprotoUsageError {
  return new PanprotoUsageError(`there is no ${what} of type \`${String(value.type)}\``, { code: 'wrong-argument', path: 'type' });
}
