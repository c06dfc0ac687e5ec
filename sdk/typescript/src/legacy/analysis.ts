/**
 * What can be asked of migrations, instances and versions, with the names of published releases.
 */

import { PanprotoError, PanprotoUsageError } from '../errors.js';
import type { ExistenceError, ExistenceReport } from '../errors.js';
import { Chain } from '../chain.js';
import type { OpticKind } from '../chain.js';
import type { CoverageReport } from '../coverage.js';
import { Versions } from '../graph.js';
import { Instance, instanceText } from '../instance.js';
import type { QueryMatch } from '../instance.js';
import { Migration } from '../migration.js';
import { decodeText } from '../records.js';
import type { Runtime, Stored } from '../runtime.js';
import { Schema } from '../schema.js';
import type { Wire, WireMap } from '../wire.js';
import type { ProtolensChainHandle } from './chain.js';
import { exprTree } from './expr.js';
import { CompiledMigration, mappingOf, recordOf } from './migration.js';
import { runtimeOf } from './module.js';
import type { WasmModule } from './module.js';
import type { Protocol } from './protocol.js';
import type { Fiber, FiberDecomposition, GraphEdge, InstanceQuery, MigrationSpec, PreferredPath } from './types.js';
import type { Panproto } from '../panproto.js';
import { toJson } from '../write.js';

/** Dry runs and classification. @example `new MigrationAnalysis(pp).opticKind(pp.protolensChain(old, old), old)` */
export class MigrationAnalysis {
  constructor(_panproto: Panproto) {}

  /** Runs a migration over records without keeping anything; records are values, text, bytes or instances. */
  dryRun(compiled: CompiledMigration, instances: unknown[], _srcSchema: Schema, _tgtSchema: Schema): CoverageReport {
    return compiled.lens.coverage(instances.map(recordOf)).report;
  }

  /** What kind of optic a chain is on a schema. */
  opticKind(chain: ProtolensChainHandle, schema: Schema): OpticKind {
    return chain.chain.optic(schema);
  }
}

/** The nodes of an instance that fit a query. @example `executeQuery({ anchor: 'com.example.post:body' }, instance).length` */
export function executeQuery(query: InstanceQuery, instance: Instance, _wasm?: WasmModule): QueryMatch[] {
  const { predicate, projection, ...rest } = query;
  const found = instance.query({
    ...(rest as object),
    anchor: query.anchor,
    ...(predicate === undefined ? {} : { predicate: exprTree(predicate) }),
    ...(projection === undefined ? {} : { project: projection }),
  });
  const [failed] = found.errors;
  if (failed !== undefined) throw failed;
  return [...found.matches];
}

/** The nodes that go to a vertex. Instances and migrations are objects or their bytes. @example `fiberAt(instance, migration, 'com.example.post:body')` */
export function fiberAt(
  instance: Instance | Uint8Array,
  migration: Migration | CompiledMigration | Uint8Array,
  targetAnchor: string,
  wasm?: WasmModule,
): Fiber {
  return fibersOf('instance.fiber', instance, migration, wasm, { anchor: targetAnchor }) as Fiber;
}

/** The nodes that go to each vertex. @example `fiberDecomposition(instance, migration)` */
export function fiberDecomposition(
  instance: Instance | Uint8Array,
  migration: Migration | CompiledMigration | Uint8Array,
  wasm?: WasmModule,
): FiberDecomposition {
  return fibersOf('instance.fibers', instance, migration, wasm, {}) as FiberDecomposition;
}

/** The schema of the maps from one schema to another, as bytes; schemas are objects or their bytes. @example `polyHom(old, next).length` */
export function polyHom(sourceSchema: Schema | Uint8Array, targetSchema: Schema | Uint8Array, wasm?: WasmModule): Uint8Array {
  const runtime = runtimeOf(wasm);
  const old = storedOf(runtime, 'schema', sourceSchema);
  const next = storedOf(runtime, 'schema', targetSchema);
  const told = runtime.call('instance.hom', { old: old.digest, new: next.digest }, [old, next]) as WireMap;
  return told['bytes'] as Uint8Array;
}

/** The cheapest way between versions; `null` where there is none. @example `preferredPath([{ source: 'a', target: 'b', chain: new TextEncoder().encode('[]') }], 'a', 'b')` */
export function preferredPath(edges: GraphEdge[], sourceSchema: string, targetSchema: string, wasm?: WasmModule): PreferredPath | null {
  try {
    const { cost, steps } = versionsOf(edges, wasm).path(sourceSchema, targetSchema);
    return { cost, steps: [...steps] };
  } catch (error) {
    if (error instanceof PanprotoError && NO_WAY.includes(error.code)) return null;
    throw error;
  }
}

/** What the cheapest way costs; infinite where there is none. @example `distance([{ source: 'a', target: 'b', chain: new TextEncoder().encode('[]') }], 'a', 'b')` */
export function distance(edges: GraphEdge[], sourceSchema: string, targetSchema: string, wasm?: WasmModule): number {
  try {
    return versionsOf(edges, wasm).distance(sourceSchema, targetSchema);
  } catch (error) {
    if (error instanceof PanprotoError && NO_WAY.includes(error.code)) return Infinity;
    throw error;
  }
}

/** A version that no edge names has no way to it either. */
const NO_WAY = ['no-conversion-path', 'unknown-version'];

/** @internal */
export function checkExistence(src: Schema, tgt: Schema, spec: MigrationSpec, protocol?: Protocol): ExistenceReport {
  const objects = [src._stored, tgt._stored] as const;
  const request = { ...protocol?._request, old: objects[0].digest, new: objects[1].digest, mapping: toJson(mappingOf(spec)) };
  const told = src._runtime.call('migration.existence', request, objects) as WireMap;
  const errors = told['errors'] as readonly WireMap[];
  const findings = told['findings'] as readonly WireMap[];
  return {
    valid: told['valid'] as boolean,
    errors: errors.map((published, at): ExistenceError => {
      const detail = Object.values(published)[0] as Record<string, unknown>;
      const found = findings[at] as WireMap;
      const place = typeof found['path'] === 'string' && found['path'] !== '' ? ` at \`${found['path']}\`` : '';
      const about = Object.entries(detail).map(([name, value]) => `${name} \`${Array.isArray(value) ? value.join(', ') : String(value)}\``);
      const said = typeof detail['message'] === 'string' ? detail['message'] : about.join(', ');
      const message = `${String(found['code'])}${place}${said === '' ? '' : `: ${said}`}`;
      return { kind: kebab(found['kind'] as string) as ExistenceError['kind'], message, detail };
    }),
  };
}

function versionsOf(edges: readonly GraphEdge[], wasm: WasmModule | undefined): Versions {
  const runtime = runtimeOf(wasm);
  return new Versions(
    runtime,
    edges.map(({ source, target, chain }) => ({ source, target, by: new Chain(runtime, decodeText(chain)) })),
  );
}

function fibersOf(
  op: string,
  instance: Instance | Uint8Array,
  migration: Migration | CompiledMigration | Uint8Array,
  wasm: WasmModule | undefined,
  rest: WireMap,
): Wire {
  const runtime = instance instanceof Instance ? instance.schema._runtime : runtimeOf(wasm);
  const stored = storedOf(runtime, 'migration', migration instanceof CompiledMigration ? migration.migration : migration);
  return runtime.call(op, { ...rest, migration: stored.digest, instance: instanceText(instance) }, [stored]);
}

function storedOf(runtime: Runtime, kind: 'schema' | 'migration', given: unknown): Stored {
  if (given instanceof Schema || given instanceof Migration) return given._stored;
  if (given instanceof Uint8Array) return runtime.define(kind, given);
  throw new PanprotoUsageError(`this is no ${kind}`, { code: 'wrong-argument', path: kind });
}

function kebab(name: string): string {
  return name.replace(/(?<=.)[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
}
