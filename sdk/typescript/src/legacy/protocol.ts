/**
 * Protocols: what a schema language allows.
 */

import { textOf } from '../argument.js';
import { PanprotoUsageError } from '../errors.js';
import type { Runtime } from '../runtime.js';
import { dispose } from '../stored.js';
import type { WireMap } from '../wire.js';
import { SchemaBuilder } from './builder.js';
import { runtimeOf } from './module.js';
import type { WasmModule } from './module.js';
import type { EdgeRule, ProtocolSpec } from './types.js';
import { toJson } from '../write.js';

/**
 * A schema language: its name, and what it allows.
 *
 * @example
 * ```ts
 * const schema = pp.protocol('atproto').schema().vertex('post', 'record', { nsid: 'app.bsky.feed.post' }).build();
 * ```
 */
export class Protocol {
  /** What it allows. */
  readonly spec: ProtocolSpec;
  readonly #runtime: Runtime;
  readonly #text: string;
  readonly #builtin: boolean;

  /** @internal */
  constructor(runtime: Runtime, text: string, builtin: boolean) {
    this.#runtime = runtime;
    this.#text = text;
    this.#builtin = builtin;
    const told = JSON.parse(text) as Record<string, unknown>;
    this.spec = {
      name: told['name'] as string,
      schemaTheory: told['schema_theory'] as string,
      instanceTheory: told['instance_theory'] as string,
      edgeRules: (told['edge_rules'] as Record<string, unknown>[]).map((rule) => ({
        edgeKind: rule['edge_kind'] as string,
        srcKinds: rule['src_kinds'] as string[],
        tgtKinds: rule['tgt_kinds'] as string[],
      })),
      objKinds: told['obj_kinds'] as string[],
      constraintSorts: told['constraint_sorts'] as string[],
    };
  }

  /** @internal */
  static load(runtime: Runtime, name: string): Protocol {
    const wanted = textOf('name', name).replaceAll('_', '-');
    const all = runtime.call('protocols') as readonly WireMap[];
    const found = all.find((told) => told['name'] === wanted);
    if (found !== undefined) return new Protocol(runtime, found['spec'] as string, true);
    throw new PanprotoUsageError(`there is no built-in protocol \`${name}\``, {
      code: 'unknown-protocol',
      help: `there are ${all.map((told) => `\`${String(told['name'])}\``).join(', ')}; others are described with \`defineProtocol\``,
    });
  }

  /** @internal */
  static define(runtime: Runtime, spec: ProtocolSpec): Protocol {
    for (const part of ['edgeRules', 'objKinds', 'constraintSorts'] as const) {
      if (Array.isArray((spec as ProtocolSpec | undefined)?.[part])) continue;
      throw new PanprotoUsageError(`a protocol has \`${part}\`, which is a list`, {
        code: 'wrong-argument',
        path: part,
        help: "begin with another one: `{ ...pp.protocol('atproto').spec, name: 'mine' }`",
      });
    }
    const text = toJson({
      name: spec.name,
      schema_theory: spec.schemaTheory,
      instance_theory: spec.instanceTheory,
      edge_rules: spec.edgeRules.map((rule) => ({
        edge_kind: rule.edgeKind,
        src_kinds: rule.srcKinds,
        tgt_kinds: rule.tgtKinds,
      })),
      obj_kinds: spec.objKinds,
      constraint_sorts: spec.constraintSorts,
    });
    const told = runtime.call('protocol.define', { spec: text }) as WireMap;
    return new Protocol(runtime, told['spec'] as string, false);
  }

  /** @internal */
  get _request(): WireMap {
    return this.#builtin ? { protocol: this.name } : { spec: this.#text };
  }

  /** What it is called. */
  get name(): string {
    return this.spec.name;
  }

  /** Which kinds its edges may join. */
  get edgeRules(): readonly EdgeRule[] {
    return this.spec.edgeRules;
  }

  /** Its constraints. */
  get constraintSorts(): readonly string[] {
    return this.spec.constraintSorts;
  }

  /** Its kinds of vertices. */
  get objectKinds(): readonly string[] {
    return this.spec.objKinds;
  }

  /** A builder of schemas of this protocol. */
  schema(): SchemaBuilder {
    return new SchemaBuilder(this.#runtime, this.name);
  }

  /** Nothing to let go of: kept for code written for published releases. */
  [dispose](): void {}
}

/** Names of the built-in protocols. @example `getProtocolNames().includes('atproto')` */
export function getProtocolNames(wasm?: WasmModule): readonly string[] {
  return (runtimeOf(wasm).call('protocols') as readonly WireMap[]).map((told) => told['name'] as string);
}

/** The description of a built-in protocol. @example `getBuiltinProtocol('atproto')?.objKinds.includes('record') === true` */
export function getBuiltinProtocol(name: string, wasm?: WasmModule): ProtocolSpec | undefined {
  const runtime = runtimeOf(wasm);
  return getProtocolNames(runtime).includes(name.replaceAll('_', '-')) ? Protocol.load(runtime, name).spec : undefined;
}
