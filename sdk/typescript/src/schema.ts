/**
 * Schemas: what a record may look like.
 */

import { Diff } from './diff.js';
import { fromJson } from './json.js';
import { Migration } from './migration.js';
import type { MigrateOptions } from './migration.js';
import type { Lens } from './lens.js';
import { hex, readError } from './runtime.js';
import type { Runtime } from './runtime.js';
import { StoredObject } from './stored.js';
import type { PanprotoError } from './errors.js';
import type { Wire, WireMap } from './wire.js';

/** A declared member of a definition. */
export interface Field {
  readonly name: string;
  /** A kind, `array<…>`, or the name of the definition behind a reference. */
  readonly type: string;
  readonly required: boolean;
  readonly nullable: boolean;
  /** The value that stands for an absent one, where the schema has it. */
  readonly default: unknown;
  readonly doc: string | null;
  /** The vertex of its value. */
  readonly vertex: string;
  readonly constraints: readonly FieldConstraint[];
}

/** A constraint; its value is what the schema says, as a value. */
export interface FieldConstraint {
  readonly sort: string;
  readonly value: unknown;
}

/** A definition where data begins. */
export interface Root {
  readonly name: string;
  readonly role: string;
}

/** A vertex of a schema's graph. */
export interface GraphVertex {
  readonly id: string;
  readonly kind: string;
  readonly types: readonly string[];
  readonly nullable: boolean;
  readonly open: boolean;
  readonly nsid: string | null;
  readonly doc: string | null;
  readonly default: unknown;
  readonly constraints: readonly FieldConstraint[];
}

/** An edge of a schema's graph. */
export interface SchemaEdge {
  readonly src: string;
  readonly tgt: string;
  readonly kind: string;
  readonly name: string | null;
  readonly required: boolean;
}

/** An edge between several vertices. */
export interface SchemaHyperEdge {
  readonly id: string;
  readonly kind: string;
  /** Vertices by label. */
  readonly signature: Readonly<Record<string, string>>;
  /** Which label is the parent's. */
  readonly parentLabel: string;
}

/** Expressions of a schema, as trees. */
export interface SchemaExpressions {
  readonly defaults: Readonly<Record<string, unknown>>;
  readonly mergers: Readonly<Record<string, unknown>>;
  readonly policies: Readonly<Record<string, unknown>>;
  readonly coercions: readonly { readonly from: string; readonly to: string; readonly forward: unknown; readonly inverse: unknown; readonly class: string }[];
}

/** A schema as a graph. */
export interface SchemaGraph {
  readonly protocol: string;
  readonly dialect: string;
  readonly vertices: readonly GraphVertex[];
  readonly edges: readonly SchemaEdge[];
  readonly hyperEdges: readonly SchemaHyperEdge[];
  /** Defaults, mergers, policies and coercions that are expressions. */
  readonly expressions: SchemaExpressions;
}

/**
 * A schema. Immutable: two schemas that say the same have one digest.
 *
 * @example
 * ```ts
 * const schema = pp.parseSchema('atproto', lexicon);
 * for (const field of schema.fields()) console.log(field.name, field.type, field.required);
 * ```
 */
export class Schema extends StoredObject {
  /** The schema language: `atproto`, `json-schema`, … */
  readonly protocol: string;
  /** The version of the language. */
  readonly dialect: string;
  /** Digest of what can change data or a verdict, in hexadecimal: documentation is left out. */
  readonly shapeDigest: string;
  /** Definitions where data begins. */
  readonly roots: readonly Root[];
  /** What the parser noticed: warnings and notes. */
  readonly diagnostics: readonly PanprotoError[];
  /** How many vertices the graph has. */
  readonly vertexCount: number;
  /** How many edges. */
  readonly edgeCount: number;

  /** @internal */
  constructor(runtime: Runtime, answer: WireMap) {
    super(runtime, 'schema', answer);
    this.protocol = answer['protocol'] as string;
    this.dialect = answer['dialect'] as string;
    this.shapeDigest = hex(answer['shape_digest'] as Uint8Array);
    this.roots = answer['roots'] as unknown as Root[];
    this.diagnostics = ((answer['diagnostics'] ?? []) as readonly Wire[]).map(readError);
    this.vertexCount = answer['vertices'] as number;
    this.edgeCount = answer['edges'] as number;
  }

  /**
   * The declared members of a definition, in declaration order.
   *
   * @param root - a definition, as `#replyRef` or by its whole name; the main one where it is left out
   * @example `schema.fields('#replyRef').map((field) => field.name)`
   */
  fields(root?: string): Field[] {
    const { digest } = this._stored;
    const fields = this._runtime.call('schema.fields', { schema: digest, root }, [this._stored]) as readonly WireMap[];
    return fields.map((field) => ({
      name: field['name'] as string,
      type: field['type'] as string,
      required: field['required'] as boolean,
      nullable: field['nullable'] as boolean,
      default: valueOf(field['default']),
      doc: field['doc'] as string | null,
      vertex: field['vertex'] as string,
      constraints: constraintsOf(field['constraints']),
    }));
  }

  /**
   * Every vertex and edge.
   *
   * @example `schema.graph().edges.filter((edge) => edge.required)`
   */
  graph(): SchemaGraph {
    const graph = this._runtime.call('schema.graph', { schema: this._stored.digest }, [this._stored]) as WireMap;
    return {
      protocol: graph['protocol'] as string,
      dialect: graph['dialect'] as string,
      vertices: (graph['vertices'] as readonly WireMap[]).map((vertex) => ({
        ...(vertex as unknown as GraphVertex),
        default: valueOf(vertex['default']),
        constraints: constraintsOf(vertex['constraints']),
      })),
      edges: graph['edges'] as unknown as SchemaEdge[],
      hyperEdges: (graph['hyper_edges'] as readonly WireMap[]).map((edge) => ({
        id: edge['id'] as string,
        kind: edge['kind'] as string,
        signature: edge['signature'] as unknown as Record<string, string>,
        parentLabel: edge['parent_label'] as string,
      })),
      expressions: expressionsOf(graph['enrichment'] as WireMap),
    };
  }

  /**
   * The schema as documents of its language.
   *
   * @example `const [text] = schema.print();`
   */
  print(): string[] {
    const printed = this._runtime.call('schema.print', { schema: this._stored.digest }, [this._stored]) as WireMap;
    return printed['documents'] as unknown as string[];
  }

  /**
   * What changes from this schema to another one.
   *
   * @example `for (const change of old.diff(next)) console.log(String(change));`
   */
  diff(next: Schema): Diff {
    return new Diff(this, next);
  }

  /**
   * The migration to another schema: what names and hints decide, and questions for the rest.
   *
   * @example `const migration = old.migrateTo(next, { hints: { text: 'body' } });`
   */
  migrateTo(next: Schema, options: MigrateOptions = {}): Migration {
    return Migration.between(this._runtime, this, next, options);
  }

  /**
   * The lens to another schema, in one step.
   *
   * @example `const lens = old.lensTo(next, { hints: { text: 'body' } });`
   */
  lensTo(next: Schema, options: MigrateOptions = {}): Lens {
    return this.migrateTo(next, options).lens();
  }

  /** What a console shows. */
  toJSON(): { readonly protocol: string; readonly digest: string; readonly roots: readonly Root[] } {
    return { protocol: this.protocol, digest: this.digest, roots: this.roots };
  }
}

/** A value that crossed as JSON text; `undefined` where there is none. */
export function valueOf(text: Wire): unknown {
  return typeof text === 'string' ? fromJson(text, 'text') : undefined;
}

function expressionsOf(told: WireMap): SchemaExpressions {
  const values = (map: Wire): Record<string, unknown> =>
    Object.fromEntries(Object.entries(map as WireMap).map(([id, text]) => [id, valueOf(text)]));
  return {
    defaults: values(told['defaults']),
    mergers: values(told['mergers']),
    policies: values(told['policies']),
    coercions: (told['coercions'] as readonly WireMap[]).map((one) => ({
      from: one['from'] as string,
      to: one['to'] as string,
      forward: valueOf(one['forward']),
      inverse: valueOf(one['inverse']),
      class: one['class'] as string,
    })),
  };
}

function constraintsOf(constraints: Wire): FieldConstraint[] {
  return (constraints as readonly WireMap[]).map((constraint) => ({
    sort: constraint['sort'] as string,
    value: valueOf(constraint['value']),
  }));
}
