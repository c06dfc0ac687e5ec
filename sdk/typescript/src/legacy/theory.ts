/**
 * Theories with the names of published releases.
 */

import { PanprotoParseError } from '../errors.js';
import { fromJson } from '../json.js';
import { decodeText } from '../records.js';
import { dispose } from '../stored.js';
import { Theory } from '../theory.js';
import { decode } from '../wire.js';
import type { WireMap } from '../wire.js';
import { runtimeOf } from './module.js';
import type { WasmModule } from './module.js';
import type { ElementaryStep, GatOperation, MorphismCheckResult, Sort, SortParam, Term, TheoryMorphism, TheorySpec } from './types-theory.js';
import { toJson } from '../write.js';

/** A theory with the form of published releases; `handle.theory` is the new object. @example `createTheory(new TheoryBuilder('T').sort('A').toSpec()).theory.sorts` */
export class TheoryHandle {
  /** The new object behind it. */
  readonly theory: Theory;

  /** @internal */
  constructor(theory: Theory) {
    this.theory = theory;
  }

  /** Nothing to let go of: kept for code written for published releases. */
  [dispose](): void {}
}

/**
 * Builds a theory step by step. Every step gives a new builder.
 *
 * @example `new TheoryBuilder('Graph').sort('V').sort('E').op('src', [['e', 'E']], 'V').build().theory.ops`
 */
export class TheoryBuilder {
  readonly #spec: TheorySpec;

  constructor(name: string) {
    this.#spec = { name, extends: [], sorts: [], ops: [], eqs: [] };
  }

  /** Takes everything of another theory. */
  extends(parentName: string): TheoryBuilder {
    return this.#with({ extends: [...this.#spec.extends, parentName] });
  }

  /** Adds a sort. */
  sort(name: string): TheoryBuilder {
    return this.dependentSort(name, []);
  }

  /** Adds a sort that depends on terms. */
  dependentSort(name: string, params: SortParam[]): TheoryBuilder {
    const sort: Sort = { name, params };
    return this.#with({ sorts: [...this.#spec.sorts, sort] });
  }

  /** Adds an operation: its arguments with their sorts, and the sort of its value. */
  op(name: string, inputs: [string, string][], output: string): TheoryBuilder {
    const op: GatOperation = { name, inputs, output };
    return this.#with({ ops: [...this.#spec.ops, op] });
  }

  /** Adds an equation between two terms. */
  eq(name: string, lhs: Term, rhs: Term): TheoryBuilder {
    return this.#with({ eqs: [...this.#spec.eqs, { name, lhs, rhs }] });
  }

  /** The theory as plain values. */
  toSpec(): TheorySpec {
    return this.#spec;
  }

  /** The theory, resolved and well typed. */
  build(wasm?: WasmModule): TheoryHandle {
    return createTheory(this.#spec, wasm);
  }

  #with(part: Partial<TheorySpec>): TheoryBuilder {
    const made = new TheoryBuilder(this.#spec.name);
    Object.assign(made.#spec, this.#spec, part);
    return made;
  }
}

/** The theory of a specification. @example `createTheory({ name: 'T', extends: ['ThGraph'], sorts: [], ops: [], eqs: [] }).theory.sorts` */
export function createTheory(spec: TheorySpec, wasm?: WasmModule): TheoryHandle {
  return new TheoryHandle(Theory.create(runtimeOf(wasm), spec));
}

/** Two theories glued along a shared one. @example `colimit(a, a, a).theory.sorts` */
export function colimit(t1: TheoryHandle, t2: TheoryHandle, shared: TheoryHandle, _wasm?: WasmModule): TheoryHandle {
  return new TheoryHandle(t1.theory.colimit(t2.theory, shared.theory).theory);
}

/** Whether a morphism is one, equations included. @example `checkMorphism({ name: 'id', domain: 'A', codomain: 'A', sort_map: { S: 'S' }, op_map: {} }, a, a).valid` */
export function checkMorphism(morphism: TheoryMorphism, domain: TheoryHandle, codomain: TheoryHandle, _wasm?: WasmModule): MorphismCheckResult {
  const { valid, error } = domain.theory.checkMorphism(morphism, codomain.theory);
  return { valid, error: error?.message ?? null };
}

/** The sets of a model along a morphism. @example `migrateModel({ S: [1, 2] }, { name: 'id', domain: 'A', codomain: 'A', sort_map: { S: 'S' }, op_map: {} })` */
export function migrateModel(sortInterp: Record<string, unknown[]>, morphism: TheoryMorphism, wasm?: WasmModule): Record<string, unknown[]> {
  const told = runtimeOf(wasm).call('theory.migrate_model', {
    model: toJson({ sort_interp: sortInterp }),
    morphism: toJson(morphism),
  }) as WireMap;
  const model = fromJson(told['json'] as string, 'text') as Record<string, unknown>;
  return (model['sort_interp'] ?? model) as Record<string, unknown[]>;
}

/** A morphism as elementary steps; it may be a value, or JSON or MessagePack as bytes. @example `factorizeMorphism({ name: 'id', domain: 'A', codomain: 'A', sort_map: { S: 'S' }, op_map: {} }, a, a)` */
export function factorizeMorphism(
  morphismBytes: Uint8Array | TheoryMorphism,
  domain: TheoryHandle,
  codomain: TheoryHandle,
  _wasm?: WasmModule,
): ElementaryStep[] {
  const morphism = morphismOf(morphismBytes);
  return domain.theory.factorize(morphism, codomain.theory).map(({ name, transform }) => {
    if (typeof transform === 'string') return { kind: transform, name, details: {} };
    const [kind, details] = Object.entries(transform)[0] as [string, unknown];
    return { kind, name, details: (typeof details === 'object' && details !== null ? details : { value: details }) as Record<string, unknown> };
  });
}

/** A morphism that is given as a value, or as bytes of JSON or MessagePack. @internal */
export function morphismOf(given: Uint8Array | TheoryMorphism | object): TheoryMorphism {
  if (!(given instanceof Uint8Array)) return given as TheoryMorphism;
  const first = given.find((byte) => byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09);
  try {
    return (first === 0x7b ? fromJson(decodeChecked(given), 'text') : decode(given)) as TheoryMorphism;
  } catch (cause) {
    throw new PanprotoParseError('the bytes are no morphism', { code: 'morphism-bytes', help: 'give it as a value, or as bytes of JSON or MessagePack', cause });
  }
}

function decodeChecked(bytes: Uint8Array): string {
  const text = decodeText(bytes);
  JSON.parse(text);
  return text;
}

