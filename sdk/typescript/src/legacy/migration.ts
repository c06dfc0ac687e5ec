/**
 * Explicit migrations, and lenses with the results of published releases.
 */

import { PanprotoMigrationError } from '../errors.js';
import type { LawCheckResult, Lens } from '../lens.js';
import { Migration } from '../migration.js';
import type { MigrateOptions } from '../migration.js';
import type { Runtime } from '../runtime.js';
import type { Schema } from '../schema.js';
import { dispose } from '../stored.js';
import type { WireMap } from '../wire.js';
import type { Edge, GetResult, LiftResult, MigrationSpec } from './types.js';

/**
 * States a migration vertex by vertex and edge by edge. Every step gives a new builder.
 *
 * @example
 * ```ts
 * const migration = pp.migration(old, next).map('post', 'post').map('post.text', 'post.body').compile();
 * ```
 */
export class MigrationBuilder {
  readonly #runtime: Runtime;
  readonly #old: Schema;
  readonly #new: Schema;
  readonly #vertices: ReadonlyMap<string, string>;
  readonly #edges: readonly [Edge, Edge][];

  /** @internal */
  constructor(
    runtime: Runtime,
    old: Schema,
    next: Schema,
    vertices: ReadonlyMap<string, string> = new Map(),
    edges: readonly [Edge, Edge][] = [],
  ) {
    this.#runtime = runtime;
    this.#old = old;
    this.#new = next;
    this.#vertices = vertices;
    this.#edges = edges;
  }

  /** Maps a vertex of the old schema to one of the new. */
  map(srcVertex: string, tgtVertex: string): MigrationBuilder {
    return this.#with(new Map([...this.#vertices, [srcVertex, tgtVertex]]), this.#edges);
  }

  /** Maps an edge. */
  mapEdge(srcEdge: Edge, tgtEdge: Edge): MigrationBuilder {
    return this.#with(this.#vertices, [...this.#edges, [srcEdge, tgtEdge]]);
  }

  /** Is refused: which edge joins two kinds is never in doubt here, since a migration maps edges and not kinds. */
  resolve(srcKind: string, tgtKind: string, _resolvedEdge: Edge): MigrationBuilder {
    throw new PanprotoMigrationError(`there is nothing to resolve between \`${srcKind}\` and \`${tgtKind}\``, {
      code: 'no-resolvers',
      help: 'map the edge itself: `mapEdge(from, to)`',
    });
  }

  /** The maps as plain values. */
  toSpec(): MigrationSpec {
    return { vertexMap: Object.fromEntries(this.#vertices), edgeMap: this.#edges, resolvers: [] };
  }

  /** The maps turned round; two vertices that go to one have no inverse, which is a `MigrationError`. */
  invert(): MigrationSpec {
    const turned = new Map<string, string>();
    for (const [from, to] of this.#vertices) {
      if (turned.has(to)) {
        throw new PanprotoMigrationError(`two vertices are mapped to \`${to}\``, { code: 'not-invertible', path: to });
      }
      turned.set(to, from);
    }
    return {
      vertexMap: Object.fromEntries(turned),
      edgeMap: this.#edges.map(([from, to]) => [to, from]),
      resolvers: [],
    };
  }

  /** The migration. One that leaves something open is a `MigrationError` of code `migration-undecided`. */
  compile(): CompiledMigration {
    const row = ({ src, tgt, kind, name }: Edge): WireMap => ({ src, tgt, kind, name });
    const migration = Migration.explicit(
      this.#runtime,
      this.#old,
      this.#new,
      Object.fromEntries(this.#vertices),
      this.#edges.map(([from, to]) => [row(from), row(to)]),
    );
    return new CompiledMigration(migration, migration.lens(), this.toSpec());
  }

  #with(vertices: ReadonlyMap<string, string>, edges: readonly [Edge, Edge][]): MigrationBuilder {
    return new MigrationBuilder(this.#runtime, this.#old, this.#new, vertices, edges);
  }
}

/** A migration that runs. Records are values, or JSON as text or bytes; results are values. @example `compiled.lift(record).data` */
export class CompiledMigration {
  /** The maps that it was made from. */
  readonly spec: MigrationSpec;
  /** The new object behind it. */
  readonly migration: Migration;
  /** Its lens. */
  readonly lens: Lens;

  /** @internal */
  constructor(migration: Migration, lens: Lens, spec: MigrationSpec) {
    this.migration = migration;
    this.lens = lens;
    this.spec = spec;
  }

  /** A record as the new schema has it. */
  lift(record: unknown): LiftResult {
    return this.lens._liftValue(record);
  }

  /** A record as the new schema has it, and what that cannot tell. */
  get(record: unknown): GetResult {
    return this.lens._getValue(record);
  }

  /** The record of a view and its complement. */
  put(view: unknown, complement: Uint8Array): LiftResult {
    return this.lens._putValue(view, complement);
  }

  [dispose](): void {
    this.lens.dispose();
  }
}

/** A lens with the documented results of published releases; `handle.lens` is the new one. @example `pp.lens(old, next).get(json)` */
export class LensHandle {
  /** The new object behind it. */
  readonly lens: Lens;

  /** @internal */
  constructor(lens: Lens) {
    this.lens = lens;
  }

  /** The lens that names decide. One that leaves something open is a `MigrationError`. */
  static autoGenerate(schema1: Schema, schema2: Schema, _wasm?: unknown, options: MigrateOptions = {}): LensHandle {
    return new LensHandle(schema1.lensTo(schema2, options));
  }

  /** A record as the new schema has it, and what that cannot tell. Bytes are JSON text; the view is a value. */
  get(record: unknown): GetResult {
    return this.lens._getValue(record);
  }

  /** The record of a view and its complement. */
  put(view: unknown, complement: Uint8Array): LiftResult {
    return this.lens._putValue(view, complement);
  }

  /** Checks both laws on a record. */
  checkLaws(instance: unknown): LawCheckResult {
    return this.lens.checkLaws(instance);
  }

  /** Checks that the unedited view put back is the record. */
  checkGetPut(instance: unknown): LawCheckResult {
    const checked = this.lens.checkLaws(instance);
    return checked.violation?.startsWith('GetPut') === false ? { holds: true, violation: null } : checked;
  }

  /** Checks that what is put is got again. */
  checkPutGet(instance: unknown): LawCheckResult {
    // Where the first law fails, the second was not tried: not proved is not true.
    return this.lens.checkLaws(instance);
  }

  [dispose](): void {
    this.lens.dispose();
  }
}
