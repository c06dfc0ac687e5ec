/**
 * Theories: sorts, operations and equations; morphisms between them, and models of them.
 */

import { storedOf } from './argument.js';
import { PanprotoUsageError } from './errors.js';
import type { PanprotoError } from './errors.js';
import { fromJson } from './json.js';
import type { TheoryMorphism, TheorySpec } from './legacy/types-theory.js';
import { readError } from './runtime.js';
import type { Runtime } from './runtime.js';
import type { Schema } from './schema.js';
import type { Wire, WireMap } from './wire.js';
import { toJson } from './write.js';

/** A theory, or what one is made of: a specification, its JSON text, or the name of a built-in theory. */
export type TheorySource = Theory | TheorySpec | string | object;

/** A term: text as `m(x, e())`, or its tree. */
export type TermSource = string | object;

/** A term that the engine wrote. */
export interface TermResult {
  readonly term: object;
  readonly text: string;
}

/** Whether something holds; if not, why. */
export type Check = { readonly valid: true; readonly error: null } | { readonly valid: false; readonly error: PanprotoError };

/** What is known of the directed equations of a theory. */
export interface TheoryCheck {
  readonly valid: boolean;
  readonly error: PanprotoError | null;
  /** Whether rewriting ends, and in one normal form; `null` of a theory that is not valid. */
  readonly rewriting: Readonly<Record<string, unknown>> | null;
}

/** Whether a term is well formed, and of which sort. */
export type TermCheck =
  | { readonly wellFormed: true; readonly sort: string; readonly error: null }
  | { readonly wellFormed: false; readonly sort: null; readonly error: PanprotoError };

/** Whether two terms are equal in every model. */
export type Proof =
  | { readonly verdict: 'proved'; readonly witness: unknown }
  | { readonly verdict: 'refuted'; readonly refutation: unknown }
  | { readonly verdict: 'unknown' };

/** Whether a morphism keeps every equation. */
export interface MorphismCheck {
  readonly valid: boolean;
  readonly error: PanprotoError | null;
  /** For each equation, the one of the codomain that it is, or a proof. */
  readonly equations: readonly { readonly name: string; readonly listed?: string; readonly witness?: unknown }[];
}

/** An elementary change of a theory. */
export interface TheoryChange {
  readonly name: string;
  readonly transform: Readonly<Record<string, unknown>> | string;
}

/** A theory glued from two, with the morphisms into it. */
export interface Glued {
  readonly theory: Theory;
  readonly left: TheoryMorphism;
  readonly right: TheoryMorphism;
}

/** A square of theories. */
export interface Square extends Glued {
  readonly commutes: boolean;
  /** The morphism that another square over the same two factors through, where one was given. */
  readonly mediating: TheoryMorphism | null;
}

/** A model: sets for sorts, tables for operations. */
export interface TheoryModel {
  readonly theory?: string;
  readonly sort_interp: Readonly<Record<string, readonly unknown[]>>;
  readonly sort_params?: Readonly<Record<string, readonly (readonly unknown[])[]>>;
  readonly op_interp?: Readonly<Record<string, readonly (readonly [readonly unknown[], unknown])[]>>;
}

/** Whether a model is one of a theory. */
export interface ModelCheck {
  /** Whether it is well typed. */
  readonly valid: boolean;
  readonly error: PanprotoError | null;
  /** Whether it is, and breaks no equation. */
  readonly holds: boolean;
  readonly violations: readonly ModelViolation[];
}

/** An equation that a model breaks. */
export interface ModelViolation {
  readonly equation: string;
  readonly assignment: Readonly<Record<string, unknown>>;
  readonly left: unknown;
  readonly right: unknown;
}

/**
 * A theory: resolved and well typed. Immutable.
 *
 * @example
 * ```ts
 * const monoid = pp.theory({
 *   name: 'Monoid',
 *   sorts: ['M'],
 *   ops: [
 *     { name: 'e', inputs: [], output: 'M' },
 *     { name: 'm', inputs: [['a', 'M'], ['b', 'M']], output: 'M' },
 *   ],
 *   directed_eqs: [{ name: 'left', lhs: 'm(e(), x)', rhs: 'x' }],
 * });
 * monoid.normalize('m(e(), m(e(), y))').text; // 'y'
 * ```
 */
export class Theory {
  readonly name: string;
  readonly sorts: readonly string[];
  readonly ops: readonly string[];
  readonly eqs: readonly string[];
  readonly directedEqs: readonly string[];
  readonly #runtime: Runtime;
  readonly #json: string;

  /** @internal */
  constructor(runtime: Runtime, told: WireMap) {
    this.#runtime = runtime;
    this.#json = told['json'] as string;
    this.name = told['name'] as string;
    this.sorts = told['sorts'] as unknown as string[];
    this.ops = told['ops'] as unknown as string[];
    this.eqs = told['eqs'] as unknown as string[];
    this.directedEqs = told['directed_eqs'] as unknown as string[];
  }

  /** @internal */
  static create(runtime: Runtime, source: TheorySource, registry: readonly TheorySource[] = []): Theory {
    if (source instanceof Theory) return source;
    if (typeof source === 'string' && !source.trimStart().startsWith('{')) {
      return new Theory(runtime, runtime.call('theory.builtin', { name: source }) as WireMap);
    }
    const request = { theory: theoryText(source), registry: registry.length === 0 ? undefined : registry.map(theoryText) };
    return new Theory(runtime, runtime.call('theory.create', request) as WireMap);
  }

  /** The canonical JSON text. */
  get json(): string {
    return this.#json;
  }

  /** Whether it is well typed, and what is known of its rewriting. @example `pp.theory('ThGraph').check().valid` */
  check(): TheoryCheck {
    const told = this.#ask('theory.check') as WireMap;
    return { ...checkOf(told), rewriting: parsed(told['rewriting']) as TheoryCheck['rewriting'] };
  }

  /** Whether a term is well formed over variables of given sorts. @example `pp.theory('ThGraph').term('src(e)', { e: 'Edge' })` */
  term(term: TermSource, context: Readonly<Record<string, string>> = {}): TermCheck {
    const told = this.#ask('theory.term', { term: textOf(term), context: toJson(context) }) as WireMap;
    if (told['well_formed'] === true) return { wellFormed: true, sort: told['output_sort'] as string, error: null };
    return { wellFormed: false, sort: null, error: readError(told['diagnostic']) };
  }

  /** A term rewritten by the directed equations until none applies. */
  normalize(term: TermSource, maxSteps?: number): TermResult & { readonly witness: unknown } {
    const told = this.#ask('theory.normalize', { term: textOf(term), max_steps: maxSteps }) as WireMap;
    return { ...termOf(told), witness: parsed(told['witness']) };
  }

  /** Whether two terms are equal in every model: proved, refuted, or not known. */
  prove(lhs: TermSource, rhs: TermSource): Proof {
    const told = this.#ask('theory.prove', { lhs: textOf(lhs), rhs: textOf(rhs) }) as WireMap;
    return parsed(told['json']) as Proof;
  }

  /** Checks a proof that `prove` or `normalize` gave. */
  checkWitness(lhs: TermSource, rhs: TermSource, witness: unknown): Check {
    const request = { lhs: textOf(lhs), rhs: textOf(rhs), witness: toJson(witness) };
    return checkOf(this.#ask('theory.witness', request) as WireMap);
  }

  /** Whether a morphism leads from this theory to another and keeps every equation. */
  checkMorphism(morphism: TheoryMorphism, codomain: TheorySource): MorphismCheck {
    const request = { morphism: toJson(morphism), domain: this.#json, codomain: theoryText(codomain) };
    const told = this.#runtime.call('theory.morphism', request) as WireMap;
    const equations = ((told['equations'] ?? []) as readonly WireMap[]).map((one) => ({
      name: one['name'] as string,
      ...(one['listed'] === undefined ? {} : { listed: one['listed'] as string }),
      ...(one['witness'] === undefined ? {} : { witness: parsed(one['witness']) }),
    }));
    return { ...checkOf(told), equations };
  }

  /** A morphism from this theory as elementary changes that make the codomain of it. */
  factorize(morphism: TheoryMorphism, codomain: TheorySource): TheoryChange[] {
    const request = { morphism: toJson(morphism), domain: this.#json, codomain: theoryText(codomain) };
    const steps = this.#runtime.call('theory.factorize', request) as readonly WireMap[];
    return steps.map((step) => ({ name: step['name'] as string, transform: parsed(step['transform']) as TheoryChange['transform'] }));
  }

  /** The theory after a change, or several. */
  apply(change: TheoryChange | TheoryChange['transform'] | readonly (TheoryChange | TheoryChange['transform'])[]): Theory {
    const one = (step: unknown): unknown => (typeof step === 'object' && step !== null && 'transform' in step ? step.transform : step);
    const transform = Array.isArray(change) ? change.map(one) : one(change);
    return new Theory(this.#runtime, this.#ask('theory.apply', { transform: toJson(transform) }) as WireMap);
  }

  /** This theory and another, glued along what they share by name. @example `pp.theory('ThGraph').colimit('ThGraph', 'ThGraph').theory.sorts` */
  colimit(other: TheorySource, shared: TheorySource): Glued {
    const request = { left: this.#json, right: theoryText(other), shared: theoryText(shared) };
    return this.#glued(this.#runtime.call('theory.colimit', request) as WireMap);
  }

  /** This theory and another glued along two morphisms out of a third. */
  pushout(other: TheorySource, f: TheoryMorphism, g: TheoryMorphism, over?: { u: TheoryMorphism; v: TheoryMorphism; apex: TheorySource }): Square {
    return this.#square('theory.pushout', other, f, g, over);
  }

  /** The part of this theory and another that two morphisms into a third send to the same. */
  pullback(other: TheorySource, f: TheoryMorphism, g: TheoryMorphism, over?: { u: TheoryMorphism; v: TheoryMorphism; apex: TheorySource }): Square {
    return this.#square('theory.pullback', other, f, g, over);
  }

  /** Whether a model is one of this theory, with no equation broken. */
  checkModel(model: TheoryModel, limit?: number): ModelCheck {
    const told = this.#ask('theory.model_check', { model: toJson(model), limit }) as WireMap;
    return { ...checkOf(told), holds: told['holds'] as boolean, violations: violationsOf(told['violations']) };
  }

  /** The value of a term in a model; variables have a sort and a value. */
  evaluate(model: TheoryModel, term: TermSource, variables: Readonly<Record<string, readonly [sort: string, value: unknown]>> = {}): unknown {
    const request = { model: toJson(model), term: textOf(term), variables: toJson(variables) };
    return parsed((this.#ask('theory.evaluate', request) as WireMap)['json']);
  }

  /** The closed terms, up to the equations. */
  freeModel(limit?: number): TheoryModel {
    return parsed((this.#ask('theory.free_model', { limit }) as WireMap)['json']) as TheoryModel;
  }

  /**
   * A model along a morphism from this theory: `delta` restricts a model of the codomain, `sigma` and `pi` extend one of this
   * theory.
   */
  migrateModel(model: TheoryModel, morphism: TheoryMorphism, codomain: TheorySource, mode: 'delta' | 'sigma' | 'pi' = 'delta', limit?: number): TheoryModel {
    const request = {
      model: toJson(model),
      morphism: toJson(morphism),
      mode,
      domain: this.#json,
      codomain: theoryText(codomain),
      limit,
    };
    return parsed((this.#runtime.call('theory.migrate_model', request) as WireMap)['json']) as TheoryModel;
  }

  /** A schema as a model of this theory. @example `pp.theory('ThATProtoSchema').modelOf(post).holds` */
  modelOf(schema: Schema): { readonly model: TheoryModel; readonly holds: boolean; readonly violations: readonly ModelViolation[] } {
    const stored = storedOf('schema', 'schema', schema);
    const told = this.#runtime.call('theory.schema_model', { schema: stored.digest, theory: this.#json }, [stored]) as WireMap;
    return {
      model: parsed(told['json']) as TheoryModel,
      holds: told['holds'] as boolean,
      violations: violationsOf(told['violations']),
    };
  }

  /** Whether another theory says the same. */
  equals(other: unknown): boolean {
    return other instanceof Theory && other.#json === this.#json;
  }

  /** The theory as plain values. */
  toJSON(): Readonly<Record<string, unknown>> {
    return fromJson(this.#json, 'text') as Record<string, unknown>;
  }

  /** Its name and how much there is. */
  toString(): string {
    return `${this.name}: ${this.sorts.length} sorts, ${this.ops.length} operations, ${this.eqs.length + this.directedEqs.length} equations`;
  }

  #ask(op: string, rest: WireMap = {}): Wire {
    return this.#runtime.call(op, { ...rest, theory: this.#json });
  }

  #glued(told: WireMap): Glued {
    return {
      theory: new Theory(this.#runtime, told),
      left: parsed(told['left']) as TheoryMorphism,
      right: parsed(told['right']) as TheoryMorphism,
    };
  }

  #square(op: string, other: TheorySource, f: TheoryMorphism, g: TheoryMorphism, over?: { u: TheoryMorphism; v: TheoryMorphism; apex: TheorySource }): Square {
    const told = this.#runtime.call(op, {
      left: this.#json,
      right: theoryText(other),
      f: toJson(f),
      g: toJson(g),
      ...(over === undefined ? {} : { u: toJson(over.u), v: toJson(over.v), apex: theoryText(over.apex) }),
    }) as WireMap;
    return {
      ...this.#glued(told),
      commutes: told['commutes'] as boolean,
      mediating: parsed(told['mediating']) as TheoryMorphism | null,
    };
  }
}

/** @internal */
export function theoryText(source: TheorySource): string {
  if (source instanceof Theory) return source.json;
  if (typeof source === 'string') return source;
  if (typeof source === 'object' && source !== null) return toJson(source);
  throw new PanprotoUsageError('this is no theory', { code: 'wrong-argument', path: 'theory', help: 'give a specification, or the name of a built-in theory' });
}

/** @internal */
export function textOf(term: TermSource): string {
  return typeof term === 'string' ? term : toJson(term);
}

function parsed(text: Wire): unknown {
  return typeof text === 'string' ? fromJson(text, 'text') : null;
}

function termOf(told: WireMap): TermResult {
  return { term: parsed(told['json']) as object, text: told['text'] as string };
}

function checkOf(told: WireMap): Check {
  if (told['valid'] === true) return { valid: true, error: null };
  return { valid: false, error: readError(told['diagnostic']) };
}

function violationsOf(list: Wire): ModelViolation[] {
  return (list as readonly WireMap[]).map((one) => ({
    equation: one['equation'] as string,
    assignment: Object.fromEntries((one['assignment'] as readonly WireMap[]).map((bound) => [bound['variable'] as string, parsed(bound['value'])])),
    left: parsed(one['left']),
    right: parsed(one['right']),
  }));
}
