/**
 * What can be asked of morphisms, natural transformations, terms and refined sorts.
 */

import { fromJson } from './json.js';
import type { TheoryMorphism } from './legacy/types-theory.js';
import { readError } from './runtime.js';
import type { Runtime } from './runtime.js';
import { textOf, theoryText } from './theory.js';
import type { Check, TermResult, TermSource, TheorySource } from './theory.js';
import type { WireMap } from './wire.js';
import { toJson } from './write.js';

/** A name that a morphism changes. */
export interface MorphismRename {
  /** What has the name, as `VertexKind`. */
  readonly site: string;
  readonly old: string;
  readonly new: string;
}

/** A natural transformation: for each sort of the domain a term of the codomain over `x`. */
export interface NaturalTransformation {
  readonly name: string;
  /** The name of the morphism that it leads from. */
  readonly source: string;
  /** The name of the one that it leads to. */
  readonly target: string;
  readonly components: Readonly<Record<string, TermSource>>;
}

/** The morphisms of a natural transformation, and the theories that they are between. */
export interface NaturalEnds {
  readonly source: TheoryMorphism;
  readonly target: TheoryMorphism;
  readonly domain: TheorySource;
  readonly codomain: TheorySource;
}

/** A sort with constraints on its values: `{ base: 'integer', constraints: [['maximum', '5']] }`. */
export interface RefinedSort {
  readonly base: string;
  readonly constraints: readonly (readonly [sort: string, value: string])[];
}

/** Whether every value of one refined sort is one of another. */
export interface Refinement {
  readonly verdict: string;
  /** `null` where it is not known. */
  readonly holds: boolean | null;
  /** A value of the first that the second has not, where one is known. */
  readonly witness: string | null;
}

/**
 * What speaks of several theories, or of none.
 *
 * @example
 * ```ts
 * const f = { name: 'f', domain: 'A', codomain: 'B', sort_map: { Doc: 'Page' }, op_map: {} };
 * const g = { name: 'g', domain: 'B', codomain: 'C', sort_map: { Page: 'Leaf' }, op_map: {} };
 * pp.theories.compose(f, g).sort_map; // { Doc: 'Leaf' }
 * ```
 */
export class Theories {
  readonly #runtime: Runtime;

  /** @internal */
  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /**
   * One morphism and then another; `compose-mismatch` unless the second begins where the first ends.
   *
   * @example `pp.theories.compose({ name: 'f', domain: 'A', codomain: 'B', sort_map: { S: 'T' }, op_map: {} }, { name: 'g', domain: 'B', codomain: 'C', sort_map: { T: 'U' }, op_map: {} }).codomain`
   */
  compose(first: TheoryMorphism, second: TheoryMorphism): TheoryMorphism {
    return this.#json('theory.compose', { first: toJson(first), second: toJson(second) }) as TheoryMorphism;
  }

  /** The names that a morphism changes. @example `pp.theories.renames({ name: 'f', domain: 'A', codomain: 'B', sort_map: { Doc: 'Page' }, op_map: {} })[0].new` */
  renames(morphism: TheoryMorphism): MorphismRename[] {
    return this.#runtime.call('theory.renames', { morphism: toJson(morphism) }) as unknown as MorphismRename[];
  }

  /**
   * Whether a natural transformation is one: every square commutes.
   *
   * @example
   * ```ts
   * const theory = pp.theory({ name: 'A', sorts: ['S'], ops: [] });
   * const f = { name: 'f', domain: 'A', codomain: 'A', sort_map: { S: 'S' }, op_map: {} };
   * const identity = { name: 'i', source: 'f', target: 'f', components: { S: { Var: 'x' } } };
   * console.assert(pp.theories.natural(identity, { source: f, target: f, domain: theory, codomain: theory }).valid);
   * ```
   */
  natural(transformation: NaturalTransformation, ends: NaturalEnds): Check {
    const told = this.#runtime.call('theory.natural', {
      transformation: toJson(transformation),
      source: toJson(ends.source),
      target: toJson(ends.target),
      domain: theoryText(ends.domain),
      codomain: theoryText(ends.codomain),
    }) as WireMap;
    if (told['valid'] === true) return { valid: true, error: null };
    return { valid: false, error: readError(told['diagnostic']) };
  }

  /**
   * One natural transformation after another; beside it where `beside` gives the morphism that the first leads to and the one that
   * the second leads from.
   *
   * @example
   * ```ts
   * const one = { name: 'i', source: 'f', target: 'f', components: { S: { Var: 'x' } } };
   * pp.theories.composeNatural(one, one).components;
   * ```
   */
  composeNatural(
    first: NaturalTransformation,
    second: NaturalTransformation,
    beside?: { readonly target: TheoryMorphism; readonly source: TheoryMorphism },
  ): NaturalTransformation {
    const legs = beside === undefined ? {} : { target: toJson(beside.target), source: toJson(beside.source) };
    return this.#json('theory.natural_compose', { first: toJson(first), second: toJson(second), ...legs }) as NaturalTransformation;
  }

  /** A term with another in the place of a variable. @example `pp.theories.substitute('m(x, y)', 'x', 'e()').text // 'm(e(), y)'` */
  substitute(term: TermSource, variable: string, replacement: TermSource): TermResult {
    const request = { term: textOf(term), variable, replacement: textOf(replacement) };
    const told = this.#runtime.call('theory.substitute', request) as WireMap;
    return { term: fromJson(told['json'] as string, 'text') as object, text: told['text'] as string };
  }

  /**
   * Whether every value of one refined sort is one of another; if not, a value that shows it.
   *
   * @example `pp.theories.refinement({ base: 'integer', constraints: [['maximum', '9']] }, { base: 'integer', constraints: [['maximum', '5']] }).witness // '9'`
   */
  refinement(sub: RefinedSort, sup: RefinedSort): Refinement {
    const told = this.#runtime.call('theory.refinement', { sub: toJson(sub), super: toJson(sup) }) as WireMap;
    return { verdict: told['verdict'] as string, holds: told['holds'] as boolean | null, witness: told['witness'] as string | null };
  }

  #json(op: string, request: WireMap): unknown {
    return fromJson((this.#runtime.call(op, request) as WireMap)['json'] as string, 'text');
  }
}
