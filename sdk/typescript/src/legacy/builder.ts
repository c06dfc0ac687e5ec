/**
 * Schemas put together by hand.
 */

import { PanprotoSchemaError } from '../errors.js';
import type { Runtime } from '../runtime.js';
import type { WireMap } from '../wire.js';
import { Log } from './log.js';
import { BuiltSchema } from './schema.js';
import type { Edge, EdgeOptions, VertexOptions } from './types.js';
import { toJson } from '../write.js';

/**
 * Builds a schema step by step. Every step gives a new builder; the one before stays as it was.
 *
 * @example
 * ```ts
 * const schema = pp
 *   .protocol('json-schema')
 *   .schema()
 *   .vertex('user', 'object')
 *   .vertex('user.name', 'string')
 *   .edge('user', 'user.name', 'prop', { name: 'name' })
 *   .constraint('user.name', 'maxLength', '80')
 *   .build();
 * ```
 */
export class SchemaBuilder {
  readonly #runtime: Runtime;
  readonly #protocol: string;
  /** Vertices have their ids as names. */
  readonly #steps: Log<WireMap>;

  /** @internal */
  constructor(runtime: Runtime, protocol: string, steps: Log<WireMap> = new Log()) {
    this.#runtime = runtime;
    this.#protocol = protocol;
    this.#steps = steps;
  }

  /** Adds a vertex. */
  vertex(id: string, kind: string, options: VertexOptions = {}): SchemaBuilder {
    if (this.#steps.has(id)) throw refused('duplicate-vertex', `vertex \`${id}\` is declared twice`);
    return this.#with({ op: 'vertex', id, kind, nsid: options.nsid }, id);
  }

  /** Adds an edge between two vertices. */
  edge(src: string, tgt: string, kind: string, options: EdgeOptions = {}): SchemaBuilder {
    for (const vertex of [src, tgt]) this.#known(vertex);
    return this.#with({ op: 'edge', src, tgt, kind, name: options.name });
  }

  /** Adds an edge between several vertices; the signature names them by labels, one of which is the parent's. */
  hyperEdge(id: string, kind: string, signature: Record<string, string>, parentLabel: string): SchemaBuilder {
    for (const vertex of Object.values(signature)) this.#known(vertex);
    return this.#with({ op: 'hyper_edge', id, kind, signature, parent: parentLabel });
  }

  /** Adds a constraint. A string is JSON text where it is that (`'300'`), else a string (`'datetime'`). */
  constraint(vertexId: string, sort: string, value: unknown): SchemaBuilder {
    this.#known(vertexId);
    return this.#with({ op: 'constraint', vertex: vertexId, sort, value: jsonText(value) });
  }

  /** Makes members of a vertex required, by edge or by name. */
  required(vertexId: string, edges: readonly (Edge | string)[]): SchemaBuilder {
    this.#known(vertexId);
    const names = edges.map((edge) => (typeof edge === 'string' ? edge : edge.name));
    return this.#with({ op: 'required', vertex: vertexId, edges: names });
  }

  /** Gives a vertex the value that stands for an absent one. */
  default(vertexId: string, value: unknown): SchemaBuilder {
    this.#known(vertexId);
    return this.#with({ op: 'default', vertex: vertexId, value: toJson(value) });
  }

  /** Lets values of a vertex be null. */
  nullable(vertexId: string): SchemaBuilder {
    this.#known(vertexId);
    return this.#with({ op: 'nullable', vertex: vertexId });
  }

  /** Makes a vertex one where data begins. */
  root(vertexId: string, name?: string): SchemaBuilder {
    this.#known(vertexId);
    return this.#with({ op: 'root', vertex: vertexId, name });
  }

  /** The schema. Steps that do not make one are a `SchemaValidationError`. */
  build(): BuiltSchema {
    const answer = this.#runtime.call('schema.build', { protocol: this.#protocol, steps: this.#steps.list() });
    return new BuiltSchema(this.#runtime, answer as WireMap);
  }

  #known(vertex: string): void {
    if (!this.#steps.has(vertex)) throw refused('unknown-vertex', `there is no vertex \`${vertex}\``, 'declare it first');
  }

  #with(step: WireMap, vertex?: string): SchemaBuilder {
    return new SchemaBuilder(this.#runtime, this.#protocol, this.#steps.and(step, vertex));
  }
}

function refused(code: string, message: string, help?: string): PanprotoSchemaError {
  return new PanprotoSchemaError(message, [message], { code, help: help ?? null });
}

function jsonText(value: unknown): string {
  if (typeof value !== 'string') return toJson(value);
  try {
    JSON.parse(value);
    return value;
  } catch {
    return toJson(value);
  }
}
