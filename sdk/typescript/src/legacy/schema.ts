/**
 * Schemas with the members of published releases.
 */

import { wrong } from '../argument.js';
import type { Runtime } from '../runtime.js';
import { Schema } from '../schema.js';
import type { SchemaEdge } from '../schema.js';
import type { WireMap } from '../wire.js';
import type { Protocol } from './protocol.js';
import type { Constraint, Edge, SchemaData, SchemaValidationIssue, Variant, Vertex } from './types.js';
import { toJson } from '../write.js';

/**
 * A {@link Schema} that also has `data`, `vertices` and `edges`.
 *
 * @example `Object.keys(pp.parseLexicon(text).vertices)`
 */
export class BuiltSchema extends Schema {
  #data: SchemaData | null = null;

  /** @internal */
  // eslint-disable-next-line @typescript-eslint/no-useless-constructor -- the declaration of this one is stripped
  constructor(runtime: Runtime, answer: WireMap) {
    super(runtime, answer);
  }

  /** Everything as plain values. */
  get data(): SchemaData {
    this._check();
    return (this.#data ??= this.#read());
  }

  /** Vertices by id. */
  get vertices(): Readonly<Record<string, Vertex>> {
    return this.data.vertices;
  }

  /** All edges. */
  get edges(): readonly Edge[] {
    return this.data.edges;
  }

  /** The schema itself: what is built is canonical. */
  normalize(): BuiltSchema {
    this._check();
    return this;
  }

  /**
   * What the schema breaks of a protocol.
   *
   * @example `schema.validate(pp.protocol('atproto')).isValid`
   */
  validate(protocol: Protocol): ValidationResult {
    return check(this._runtime, this, protocol);
  }

  #read(): SchemaData {
    const graph = this.graph();
    const vertices = record<Vertex>();
    const constraints = record<Constraint[]>();
    const required = record<Edge[]>();
    const variants = record<Variant[]>();
    for (const vertex of graph.vertices) {
      const { id, kind, nsid } = vertex;
      vertices[id] = nsid === null ? { id, kind } : { id, kind, nsid };
      if (vertex.constraints.length > 0) {
        constraints[id] = vertex.constraints.map(({ sort, value }) => ({
          sort,
          value: typeof value === 'string' ? value : toJson(value),
        }));
      }
    }
    const edges = graph.edges.map((edge) => {
      const row = edgeOf(edge);
      if (edge.required) (required[edge.src] ??= []).push(row);
      if (edge.kind === 'variant') {
        (variants[edge.src] ??= []).push({ id: edge.tgt, parent_vertex: edge.src, tag: edge.name ?? undefined });
      }
      return row;
    });
    return {
      protocol: graph.protocol,
      vertices,
      edges,
      hyperEdges: Object.fromEntries(graph.hyperEdges.map((edge) => [edge.id, edge])),
      constraints,
      required,
      variants,
      orderings: {},
      recursionPoints: {},
      usageModes: {},
      spans: {},
      nominal: {},
    };
  }
}

/** What a schema breaks of its protocol. @example `if (!result.isValid) console.table(result.issues);` */
export class ValidationResult {
  /** Every finding, with its `type`. */
  readonly issues: readonly SchemaValidationIssue[];

  constructor(issues: readonly SchemaValidationIssue[]) {
    this.issues = issues;
  }

  /** Whether there is none. */
  get isValid(): boolean {
    return this.issues.length === 0;
  }

  /** How many there are. */
  get errorCount(): number {
    return this.issues.length;
  }
}

/** @internal */
export function check(runtime: Runtime, schema: Schema, protocol: Protocol): ValidationResult {
  if ((protocol as Partial<Protocol> | null | undefined)?._request === undefined) throw wrong('protocol', 'a protocol', "get it first: `pp.protocol('atproto')`");
  const request = { schema: schema._stored.digest, ...protocol._request };
  const found = runtime.call('schema.check', request, [schema._stored]) as readonly WireMap[];
  return new ValidationResult(
    found.map((issue) => ({ type: issue['code'] as string, message: issue['message'], path: issue['path'], help: issue['help'] })),
  );
}

function edgeOf({ src, tgt, kind, name }: SchemaEdge): Edge {
  return name === null ? { src, tgt, kind } : { src, tgt, kind, name };
}

/** A record whose keys are ids: a vertex may be called `__proto__`. */
function record<T>(): Record<string, T> {
  return Object.create(null) as Record<string, T>;
}
