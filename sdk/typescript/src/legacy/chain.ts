/**
 * Chains and symmetric lenses with the names of published releases.
 */

import { Chain, Chains } from '../chain.js';
import type { Fleet } from '../chain.js';
import { PanprotoMigrationError } from '../errors.js';
import type { MigrateOptions } from '../migration.js';
import { bytesOf } from '../records.js';
import type { Schema } from '../schema.js';
import { dispose } from '../stored.js';
import { SymmetricLens } from '../symmetric.js';
import { LensHandle } from './migration.js';
import { runtimeOf } from './module.js';
import type { WasmModule } from './module.js';
import { morphismOf } from './theory.js';
import type { ComplementSpec, PipelineStep } from './types-chain.js';
import type { GetResult } from './types.js';
import { toJson } from '../write.js';

/**
 * Builds a chain step by step. Every step gives a new builder.
 *
 * @example `new PipelineBuilder().renameField('author', 'name', 'displayName').build().checkApplicability(schema)`
 */
export class PipelineBuilder {
  readonly #wasm: WasmModule | undefined;
  #steps: readonly PipelineStep[] = [];

  constructor(wasm?: WasmModule) {
    this.#wasm = wasm;
  }

  /** Another name for a member. */
  renameField(parent: string, oldName: string, newName: string): PipelineBuilder {
    return this.step({ step_type: 'rename_field', parent, name: oldName, target: newName });
  }

  /** A member less. */
  removeField(field: string): PipelineBuilder {
    return this.step({ step_type: 'remove_field', name: field });
  }

  /** A new member. */
  addField(parent: string, fieldName: string, fieldKind: string): PipelineBuilder {
    return this.step({ step_type: 'add_field', parent, name: fieldName, kind: fieldKind });
  }

  /** A member of a member, one level up. */
  hoistField(parent: string, intermediate: string, child: string): PipelineBuilder {
    return this.step({ step_type: 'hoist_field', parent, intermediate, child });
  }

  /** A member into a member, one level down. The kinds are those of the schema, whatever is said. */
  nestField(parent: string, child: string, intermediate: string, _kind?: string, _edgeKind?: string): PipelineBuilder {
    return this.step({ step_type: 'nest_field', parent, child, intermediate });
  }

  /** Another name for an edge. */
  renameEdgeName(srcSort: string, tgtSort: string, oldName: string, newName: string): PipelineBuilder {
    return this.step({ step_type: 'rename_edge_name', src_sort: srcSort, tgt_sort: tgtSort, name: oldName, target: newName });
  }

  /** A step on the items of a list. */
  mapItems(focusVertex: string, inner: PipelineStep): PipelineBuilder {
    return this.step({ step_type: 'map_items', focus: focusVertex, inner: [inner] });
  }

  /** Any step. */
  step(step: PipelineStep): PipelineBuilder {
    const made = new PipelineBuilder(this.#wasm);
    made.#steps = [...this.#steps, step];
    return made;
  }

  /** The chain. A step that is none is an error with its place. */
  build(): ProtolensChainHandle {
    return ProtolensChainHandle.fromJson(toJson(this.#steps), this.#wasm);
  }
}

/** A chain with the documented results of published releases; `handle.chain` is the new object. @example `pp.protolensChain(old, next, { hints: { text: 'body' } }).requirements(old).kind` */
export class ProtolensChainHandle {
  /** The new object behind it. */
  readonly chain: Chain;

  /** @internal */
  constructor(chain: Chain) {
    this.chain = chain;
  }

  /** The chain that leads from one schema to another. One that leaves something open, or that steps cannot say whole, is a `MigrationError`. */
  static autoGenerate(schema1: Schema, schema2: Schema, _wasm?: WasmModule, options: MigrateOptions = {}): ProtolensChainHandle {
    const { chain, exact, residue, questions } = new Chains(schema1._runtime).between(schema1, schema2, options);
    const [question] = questions;
    if (question !== undefined) {
      throw new PanprotoMigrationError(`the schemas leave questions open: ${questions.map(({ path }) => `\`${path}\``).join(', ')}`, {
        code: 'migration-undecided',
        path: question.path,
        help: question.help,
      });
    }
    if (!exact) {
      throw new PanprotoMigrationError(`steps do not express all of it: ${residue.join('; ')}`, {
        code: 'chain-inexact',
        help: 'use the lens of both schemas, or `pp.chain.between` for what steps do express',
      });
    }
    return new ProtolensChainHandle(chain);
  }

  /** The same with hints: paths, or ids of vertices, to those that they become. */
  static autoGenerateWithHints(schema1: Schema, schema2: Schema, hints: Record<string, string>, _wasm?: WasmModule): ProtolensChainHandle {
    return ProtolensChainHandle.autoGenerate(schema1, schema2, undefined, { hints });
  }

  /** The chain of a JSON text: what `toJson` gives. */
  static fromJson(json: string, wasm?: WasmModule): ProtolensChainHandle {
    return new ProtolensChainHandle(new Chains(runtimeOf(wasm)).parse(json));
  }

  /** The lens of this chain on a schema. */
  instantiate(schema: Schema): LensHandle {
    return new LensHandle(this.chain.lens(schema));
  }

  /** What it needs and keeps, of a schema that it applies to. */
  requirements(schema: Schema): ComplementSpec {
    const found = this.chain.appliesTo(schema);
    if (!found.applies) throw found.reasons[0] as Error;
    const { kind, ...rest } = this.chain.spec;
    return { kind: KINDS[kind], ...rest };
  }

  /** One chain and then another. */
  compose(other: ProtolensChainHandle): ProtolensChainHandle {
    return new ProtolensChainHandle(this.chain.andThen(other.chain));
  }

  /** The chain as JSON text. */
  toJson(): string {
    return this.chain.toText();
  }

  /** The same as one step. */
  fuse(): ProtolensChainHandle {
    return new ProtolensChainHandle(this.chain.fuse());
  }

  /** Whether it applies to a schema, and the reasons why not. */
  checkApplicability(schema: Schema): { applicable: boolean; reasons: string[] } {
    const { applies, reasons } = this.chain.appliesTo(schema);
    return { applicable: applies, reasons: reasons.map((reason) => reason.message) };
  }

  /** The same along a morphism of theories, a value or bytes of JSON or MessagePack. */
  lift(morphism: Uint8Array | object): ProtolensChainHandle {
    return new ProtolensChainHandle(this.chain.lift(morphismOf(morphism)));
  }

  /** To which of many schemas it applies; they are called by their indices. */
  applyToFleet(schemas: readonly Schema[]): { applied: string[]; skipped: [string, string[]][] } {
    const { applied, skipped }: Fleet = this.chain.fleet(schemas);
    const why = Object.entries(skipped).map(([name, reasons]): [string, string[]] => [name, reasons.map((reason) => reason.message)]);
    return { applied: [...applied], skipped: why };
  }

  /** Nothing to let go of: kept for code written for published releases. */
  [dispose](): void {}
}

/** Two schemas in step, with the documented results of published releases. @example `SymmetricLensHandle.fromSchemas(old, old).syncLeftToRight('{"text": "a"}', new Uint8Array()).view` */
export class SymmetricLensHandle {
  /** The new object behind it. */
  readonly lens: SymmetricLens;

  /** @internal */
  constructor(lens: SymmetricLens) {
    this.lens = lens;
  }

  /** The lens over what two schemas share. */
  static fromSchemas(schema1: Schema, schema2: Schema, _wasm?: WasmModule, options: Omit<MigrateOptions, 'hintSpec'> = {}): SymmetricLensHandle {
    return new SymmetricLensHandle(SymmetricLens.between(schema1, schema2, options));
  }

  /** The record on the right that agrees with one on the left; the complement is what the sync before gave, or empty. */
  syncLeftToRight(leftView: Uint8Array | string | object, leftComplement?: Uint8Array): GetResult {
    const { record, state } = this.lens.syncLeftToRight(leftView, stateOf(leftComplement));
    return { view: record, complement: state };
  }

  /** The record on the left that agrees with one on the right. */
  syncRightToLeft(rightView: Uint8Array | string | object, rightComplement?: Uint8Array): GetResult {
    const { record, state } = this.lens.syncRightToLeft(rightView, stateOf(rightComplement));
    return { view: record, complement: state };
  }

  /** Nothing to let go of: kept for code written for published releases. */
  [dispose](): void {}
}

const KINDS = {
  Empty: 'empty',
  DataCaptured: 'data_captured',
  DefaultsRequired: 'defaults_required',
  Mixed: 'mixed',
} as const;

function stateOf(complement: Uint8Array | undefined): { state?: Uint8Array } {
  const bytes = complement === undefined ? null : bytesOf(complement);
  return bytes === null || bytes.length === 0 ? {} : { state: bytes };
}
