/**
 * Theories as plain values, as published releases have them.
 */

import type { Expr } from './types-expr.js';

/** A parameter of a dependent sort. */
export interface SortParam {
  readonly name: string;
  readonly sort: string;
}

/** A sort. */
export interface Sort {
  readonly name: string;
  readonly params: readonly SortParam[];
}

/** An operation: its arguments with their sorts, and the sort of its value. */
export interface GatOperation {
  readonly name: string;
  readonly inputs: readonly [string, string][];
  readonly output: string;
}

/** A term. */
export type Term = { readonly Var: string } | { readonly App: { readonly op: string; readonly args: readonly Term[] } };

/** An equation between two terms. */
export interface Equation {
  readonly name: string;
  readonly lhs: Term;
  readonly rhs: Term;
}

/** An equation that is read from left to right, with what computes it. */
export interface DirectedEquation {
  readonly name: string;
  readonly lhs: Term;
  readonly rhs: Term;
  readonly implTerm: Expr;
  readonly inverse?: Expr | undefined;
}

/** A theory as data. */
export interface TheorySpec {
  readonly name: string;
  readonly extends: readonly string[];
  readonly sorts: readonly Sort[];
  readonly ops: readonly GatOperation[];
  readonly eqs: readonly Equation[];
}

/** A morphism of theories. */
export interface TheoryMorphism {
  readonly name: string;
  readonly domain: string;
  readonly codomain: string;
  readonly sort_map: Readonly<Record<string, string>>;
  readonly op_map: Readonly<Record<string, string>>;
}

/** Whether a morphism is one. */
export interface MorphismCheckResult {
  readonly valid: boolean;
  readonly error: string | null;
}

/** One step of a factorised morphism. */
export interface ElementaryStep {
  readonly kind: string;
  readonly name: string;
  readonly details: Record<string, unknown>;
}
