/**
 * Expressions: the small pure language of what a migration computes (`docs/expressions.md`).
 */

import { PanprotoTypeCheckError } from './errors.js';
import type { PanprotoError } from './errors.js';
import { JsonNumber, fromJson } from './json.js';
import { inUnitsOf } from './records.js';
import { readError } from './runtime.js';
import type { Runtime } from './runtime.js';
import type { WireMap } from './wire.js';
import { toJson } from './write.js';

/** The tree of an expression as data, `{"Var": "x"}`, `{"Builtin": ["Add", […]]}`, …: `docs/expressions.md`. */
export type ExprTree = { readonly [kind: string]: unknown };

/** Whether an expression is well typed. */
export type TypeCheck =
  | { readonly wellTyped: true; readonly type: string; readonly diagnostics: readonly PanprotoError[] }
  | { readonly wellTyped: false; readonly type: null; readonly diagnostics: readonly PanprotoError[] };

/** Options of {@link Expression.check}. */
export interface CheckOptions {
  /** Whether names without a type may be there. */
  readonly open?: boolean;
}

/**
 * An expression: parsed, printed, checked and evaluated within a budget. Immutable.
 *
 * @example
 * ```ts
 * const expr = pp.parseExpr('concat first (concat " " last)');
 * expr.free; // ['first', 'last']
 * expr.evaluate({ first: 'Ada', last: 'Lovelace' }); // 'Ada Lovelace'
 * ```
 */
export class Expression {
  readonly #runtime: Runtime;
  readonly #ast: string;
  /** The canonical text: what is printed parses back. */
  readonly text: string;
  /** Names that it takes from outside. */
  readonly free: readonly string[];

  /** @internal */
  constructor(runtime: Runtime, told: WireMap) {
    this.#runtime = runtime;
    this.#ast = told['ast'] as string;
    this.text = told['text'] as string;
    this.free = told['free'] as unknown as string[];
  }

  /** @internal */
  static parse(runtime: Runtime, given: string | object): Expression {
    if (given instanceof Expression) return given;
    const text = typeof given === 'string' ? given : null;
    const request = text === null ? { ast: toJson(given) } : { expr: text };
    return new Expression(runtime, inUnitsOf(text, () => runtime.call('expr.parse', request)) as WireMap);
  }

  /** The tree as data. @example `pp.parseExpr('x').ast // { Var: 'x' }` */
  get ast(): ExprTree {
    return fromJson(this.#ast, 'text') as ExprTree;
  }

  /**
   * Whether it is well typed, and of which type. Spans of diagnostics are in the canonical text.
   *
   * @param types - types of names, as `Int`, `[Str]`, `{a: Int, ..}`; unless `open`, other names may not be there
   * @example `pp.parseExpr('n + 1').check({ n: 'Int' }).type // 'Int'`
   */
  check(types: Readonly<Record<string, string>> = {}, options: CheckOptions = {}): TypeCheck {
    const told = this.#runtime.call('expr.check', { expr: this.text, types, open: options.open }) as WireMap;
    const diagnostics = (told['diagnostics'] as readonly WireMap[]).map(readError);
    if (told['well_typed'] === true) return { wellTyped: true, type: told['type'] as string, diagnostics };
    return { wellTyped: false, type: null, diagnostics };
  }

  /**
   * What it comes to, as a value; bytes are a `Uint8Array`. A function has no plain value: that is an error of code `function-result`.
   *
   * @param env - values of its names; they are JSON values
   * @example `pp.parseExpr('[x * x | x <- [1..n]]').evaluate({ n: 3 }) // [1, 4, 9]`
   */
  evaluate(env: Readonly<Record<string, unknown>> = {}): unknown {
    const told = this.#evaluate({ env: toJson(env) });
    if (typeof told['json'] === 'string') return fromJson(told['json'], 'text');
    return plain(fromJson(told['value'] as string, 'text'), '');
  }

  /** @internal */
  _literal(literals: readonly (readonly [string, unknown])[]): unknown {
    return fromJson(this.#evaluate({ literals: toJson(literals) })['value'] as string, 'text');
  }

  /** The expression with another in the place of a name. @example `pp.parseExpr('a + b').substitute('a', '2').text // '2 + b'` */
  substitute(name: string, replacement: string | Expression): Expression {
    const other = Expression.parse(this.#runtime, replacement);
    const request = { ast: this.#ast, name, replacement_ast: other.#ast };
    return new Expression(this.#runtime, this.#runtime.call('expr.substitute', request) as WireMap);
  }

  /** Whether another expression has the same tree. */
  equals(other: unknown): boolean {
    return other instanceof Expression && other.#ast === this.#ast;
  }

  /** The canonical text. */
  toString(): string {
    return this.text;
  }

  /** The tree as data. */
  toJSON(): ExprTree {
    return this.ast;
  }

  #evaluate(request: WireMap): WireMap {
    return this.#runtime.call('expr.eval', { ...request, ast: this.#ast }) as WireMap;
  }
}

/** A value with tags that has no JSON: there are bytes or functions in it. Its depth is that of an evaluation. */
function plain(tagged: unknown, path: string): unknown {
  if (tagged === 'Null') return null;
  const [kind, value] = Object.entries(tagged as object)[0] as [string, unknown];
  switch (kind) {
    case 'Bytes':
      return Uint8Array.from(value as number[]);
    case 'List':
      return (value as unknown[]).map((item, at) => plain(item, `${path}[${at}]`));
    case 'Record':
      return Object.fromEntries((value as [string, unknown][]).map(([name, member]) => [name, plain(member, path === '' ? name : `${path}.${name}`)]));
    case 'Closure':
      throw new PanprotoTypeCheckError('the expression comes to a function', {
        code: 'function-result',
        path: path === '' ? null : path,
        help: 'apply it to its arguments',
      });
    case 'Number':
      return new JsonNumber(value as string);
    default:
      return value;
  }
}
