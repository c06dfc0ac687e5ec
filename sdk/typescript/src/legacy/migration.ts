/**
 * Explicit migrations, and lenses with the results of published releases.
 */

import { wrong } from '../argument.js';
import { PanprotoError, PanprotoMigrationError } from '../errors.js';
import { Instance } from '../instance.js';
import type { LawCheckResult, Lens } from '../lens.js';
import { Migration } from '../migration.js';
import type { MigrateOptions } from '../migration.js';
import type { Runtime } from '../runtime.js';
import type { Schema } from '../schema.js';
import { dispose } from '../stored.js';
import { Log } from './log.js';
import type { Edge, GetResult, LiftResult, MigrationSpec } from './types.js';
import { toJson } from '../write.js';

/**
 * States a migration vertex by vertex and edge by edge. Every step gives a new builder.
 *
 * @example
 * ```ts
 * const migration = pp
 *   .migration(old, next)
 *   .map('com.example.post:body', 'com.example.post:body')
 *   .map('com.example.post:body.text', 'com.example.post:body.body')
 *   .compile();
 * ```
 */
export class MigrationBuilder {
  readonly #runtime: Runtime;
  readonly #old: Schema;
  readonly #new: Schema;
  readonly #vertices: Log<[string, string]>;
  readonly #edges: Log<[Edge, Edge]>;
  readonly #resolvers: Log<MigrationSpec['resolvers'][number]>;

  /** @internal */
  constructor(
    runtime: Runtime,
    old: Schema,
    next: Schema,
    vertices: Log<[string, string]> = new Log(),
    edges: Log<[Edge, Edge]> = new Log(),
    resolvers: Log<MigrationSpec['resolvers'][number]> = new Log(),
  ) {
    this.#runtime = runtime;
    this.#old = old;
    this.#new = next;
    this.#vertices = vertices;
    this.#edges = edges;
    this.#resolvers = resolvers;
  }

  /** Maps a vertex of the old schema to one of the new. */
  map(srcVertex: string, tgtVertex: string): MigrationBuilder {
    return this.#with(this.#vertices.and([srcVertex, tgtVertex]), this.#edges);
  }

  /** Maps an edge. */
  mapEdge(srcEdge: Edge, tgtEdge: Edge): MigrationBuilder {
    return this.#with(this.#vertices, this.#edges.and([srcEdge, tgtEdge]));
  }

  /** Says which edge joins two vertices where several could. */
  resolve(srcKind: string, tgtKind: string, resolvedEdge: Edge): MigrationBuilder {
    return this.#with(this.#vertices, this.#edges, this.#resolvers.and([[srcKind, tgtKind], resolvedEdge]));
  }

  /** The maps as plain values. */
  toSpec(): MigrationSpec {
    return { vertexMap: Object.fromEntries(this.#vertices.list()), edgeMap: this.#edges.list(), resolvers: this.#resolvers.list() };
  }

  /** The maps turned round; two vertices that go to one have no inverse, which is a `MigrationError`. */
  invert(): MigrationSpec {
    const turned = new Map<string, string>();
    for (const [from, to] of new Map(this.#vertices.list())) {
      if (turned.has(to)) {
        throw new PanprotoMigrationError(`two vertices are mapped to \`${to}\``, { code: 'not-invertible', path: to });
      }
      turned.set(to, from);
    }
    return {
      vertexMap: Object.fromEntries(turned),
      edgeMap: this.#edges.list().map(([from, to]) => [to, from]),
      resolvers: [],
    };
  }

  /** The migration. One that leaves something open is a `MigrationError` of code `migration-undecided`. */
  compile(): CompiledMigration {
    const migration = Migration.explicit(this.#runtime, this.#old, this.#new, toJson(mappingOf(this.toSpec())));
    return new CompiledMigration(migration, migration.lens(), this.toSpec());
  }

  #with(
    vertices: Log<[string, string]>,
    edges: Log<[Edge, Edge]>,
    resolvers = this.#resolvers,
  ): MigrationBuilder {
    return new MigrationBuilder(this.#runtime, this.#old, this.#new, vertices, edges, resolvers);
  }
}

/** A migration that runs. Records are values, JSON as text or bytes, or instances; results are values. @example `compiled.lift(record).data` */
export class CompiledMigration {
  /** The maps that it was made from. */
  readonly spec: MigrationSpec;
  /** The new object behind it; `null` where no single migration does what two composed ones do. */
  readonly migration: Migration | null;
  /** Its lens. */
  readonly lens: Lens;

  /** @internal */
  constructor(migration: Migration | null, lens: Lens, spec: MigrationSpec) {
    this.migration = migration;
    this.lens = lens;
    this.spec = spec;
  }

  /** This migration and then another. */
  compose(next: CompiledMigration): CompiledMigration {
    if (!(next instanceof CompiledMigration)) throw wrong('next', 'a compiled migration', 'compile it first: `pp.migration(old, next).map(…).compile()`');
    const lens = this.lens.andThen(next.lens);
    return new CompiledMigration(composed(this.migration, next.migration), lens, composedSpec(this.spec, next.spec));
  }

  /** A record as the new schema has it. */
  lift(record: unknown): LiftResult {
    return this.lens._liftValue(recordOf(record));
  }

  /** A record as the new schema has it, and what that cannot tell. */
  get(record: unknown): GetResult {
    return this.lens._getValue(recordOf(record));
  }

  /** The record of a view and its complement. */
  put(view: unknown, complement: Uint8Array): LiftResult {
    return this.lens._putValue(recordOf(view), complement);
  }

  [dispose](): void {
    this.lens.dispose();
  }
}

/** A lens with the documented results of published releases; `handle.lens` is the new one. @example `pp.lens(old, old).get(json).view` */
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

  /** The lens of a chain on a schema. */
  static fromChain(chain: { readonly chain: { lens(schema: Schema): Lens } }, schema: Schema, _wasm?: unknown): LensHandle {
    return new LensHandle(chain.chain.lens(schema));
  }

  /** This lens and then another. */
  compose(next: LensHandle): LensHandle {
    if (!(next instanceof LensHandle)) throw wrong('next', 'a lens of `pp.lens`', 'a `Lens` has `andThen`');
    return new LensHandle(this.lens.andThen(next.lens));
  }

  /** A record as the new schema has it, and what that cannot tell. Bytes are JSON text; the view is a value. */
  get(record: unknown): GetResult {
    return this.lens._getValue(recordOf(record));
  }

  /** The record of a view and its complement. */
  put(view: unknown, complement: Uint8Array): LiftResult {
    return this.lens._putValue(recordOf(view), complement);
  }

  /** Checks both laws on a record. */
  checkLaws(instance: unknown): LawCheckResult {
    return this.lens.checkLaws(recordOf(instance));
  }

  /** Checks that the unedited view put back is the record. */
  checkGetPut(instance: unknown): LawCheckResult {
    const checked = this.lens.checkLaws(recordOf(instance));
    return checked.violation?.startsWith('GetPut') === false ? { holds: true, violation: null } : checked;
  }

  /** Checks that what is put is got again. */
  checkPutGet(instance: unknown): LawCheckResult {
    // Where the first law fails, the second was not tried: not proved is not true.
    return this.lens.checkLaws(recordOf(instance));
  }

  [dispose](): void {
    this.lens.dispose();
  }
}

/** The maps one after the other; what the second does not map is gone. */
function composedSpec(first: MigrationSpec, second: MigrationSpec): MigrationSpec {
  const key = ({ src, tgt, kind, name }: Edge): string => JSON.stringify([src, tgt, kind, name ?? null]);
  const vertices = new Map(Object.entries(second.vertexMap));
  const edges = new Map(second.edgeMap.map(([from, to]) => [key(from), to]));
  const vertexMap = Object.entries(first.vertexMap).flatMap(([from, through]): [string, string][] => {
    const to = vertices.get(through);
    return to === undefined ? [] : [[from, to]];
  });
  const edgeMap = first.edgeMap.flatMap(([from, through]): [Edge, Edge][] => {
    const to = edges.get(key(through));
    return to === undefined ? [] : [[from, to]];
  });
  return { vertexMap: Object.fromEntries(vertexMap), edgeMap, resolvers: second.resolvers };
}

function composed(first: Migration | null, second: Migration | null): Migration | null {
  if (first === null || second === null) return null;
  try {
    return first.andThen(second);
  } catch (error) {
    if (error instanceof PanprotoError && error.code === 'migrations-not-fusable') return null;
    throw error;
  }
}

/** A record, which may be an instance: those were the records of published releases. @internal */
export function recordOf(given: unknown): unknown {
  return given instanceof Instance ? given.toJson() : given;
}

/** A migration of published releases as the engine reads it. @internal */
export function mappingOf(spec: MigrationSpec): object {
  return { vertex_map: spec.vertexMap, edge_map: spec.edgeMap, resolver: spec.resolvers };
}
