/**
 * Instances: data as trees, tables or graphs over a schema, and what can be asked of them.
 */

import { listOf, storedOf, textOf, wrong } from './argument.js';
import { editOf } from './edit.js';
import type { Edit } from './edit.js';
import { PanprotoUsageError } from './errors.js';
import type { PanprotoError } from './errors.js';
import { Expression } from './expr.js';
import type { ExprTree } from './expr.js';
import { fromJson } from './json.js';
import { Migration } from './migration.js';
import type { Bytes } from './realm.js';
import { decodeText, given, inUnitsOf } from './records.js';
import { readError } from './runtime.js';
import type { Runtime, Stored } from './runtime.js';
import { Schema } from './schema.js';
import { dispose } from './stored.js';
import type { WireMap } from './wire.js';
import { toJson } from './write.js';

/** The shapes of an instance: a tree, tables, a graph. */
export type InstanceShape = 'wtype' | 'functor' | 'graph';

/** Something that is wrong with an instance, or that cannot be told. */
export interface InstanceIssue {
  /** The rule, as `type-mismatch`. */
  readonly type: string;
  readonly message: string;
  /** Where in the data. */
  readonly path: string | null;
  readonly node: number | null;
  readonly vertex: string | null;
  readonly validity: 'invalid' | 'unknown';
}

/** What {@link Instance.check} finds. */
export type InstanceCheck =
  | { readonly valid: true; readonly decided: boolean; readonly issues: readonly InstanceIssue[] }
  | { readonly valid: false; readonly decided: true; readonly issues: readonly InstanceIssue[] };

/** A question to an instance. */
export interface Query {
  /** The vertex of the nodes in question, by id. */
  readonly anchor: string;
  /** An expression over the members of a node, `attrs`, `self`, `_id`, `_anchor`, `_value` and `_children_count`: text or tree. */
  readonly predicate?: string | Expression | ExprTree;
  /** The member that orders the matches. */
  readonly groupBy?: string;
  /** The members of a match that are told. */
  readonly project?: readonly string[];
  readonly limit?: number;
  /** Edges from a node to those in question. */
  readonly path?: readonly string[];
}

/** A node that fits a query. */
export interface QueryMatch {
  readonly nodeId: number;
  readonly anchor: string;
  readonly value: unknown;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** What {@link Instance.query} gives. */
export interface QueryResult {
  readonly matches: readonly QueryMatch[];
  /** Where the predicate failed. */
  readonly errors: readonly PanprotoError[];
}

/** A part of an instance, and the rest. */
export interface Restricted {
  readonly instance: Instance;
  /** What was dropped, of a tree: `section` puts it back. */
  readonly complement: string | null;
}

/** What an instance is moved along. */
export type Along = Migration | MappingAlong;

/** A mapping as data, with the schemas that it leads from and to. */
export interface MappingAlong {
  /** `vertex_map`, `surviving_verts`, `edge_map`, …: `docs/abi.md`. */
  readonly mapping: object;
  readonly source: Schema;
  readonly target: Schema;
}

/**
 * Data over a schema. Immutable.
 *
 * @example
 * ```ts
 * const instance = pp.instance(schema, { author: { name: 'Ada' } });
 * instance.check().valid;
 * instance.query({ anchor: instance.schema.graph().vertices[0].id }).matches;
 * ```
 */
export class Instance {
  /** Its schema. */
  readonly schema: Schema;
  readonly shape: InstanceShape;
  /** How many nodes, or rows. */
  readonly elementCount: number;
  readonly #text: string;

  /** @internal */
  constructor(schema: Schema, told: WireMap) {
    this.schema = schema;
    this.#text = told['instance'] as string;
    this.shape = told['shape'] as InstanceShape;
    this.elementCount = told['elements'] as number;
  }

  /** @internal */
  static read(schema: Schema, record: unknown, root?: string): Instance {
    const { bytes, text } = given(record);
    const stored = storedOf('schema', 'schema', schema);
    const told = inUnitsOf(text, () => schema._runtime.call('instance.read', { schema: stored.digest, record: bytes, root }, [stored]));
    return new Instance(schema, told as WireMap);
  }

  /** @internal */
  static tables(schema: Schema, records: readonly unknown[], root?: string): Instance {
    const stored = storedOf('schema', 'schema', schema);
    const request = { schema: stored.digest, records: listOf('records', records).map((record) => given(record).bytes), root };
    return new Instance(schema, schema._runtime.call('instance.tables', request, [stored]) as WireMap);
  }

  /** The instance of a JSON record, with the form of published releases. @example `Instance.fromJson(schema, '{"author": {"name": "Ada"}}').elementCount` */
  static fromJson(schema: Schema, json: Uint8Array | string, _wasm?: unknown): Instance {
    return Instance.read(schema, json);
  }

  /** An instance of the published shape: what `data` gives. @example `Instance.of(instance.schema, instance.data).equals(instance)` */
  static of(schema: Schema, data: object | string): Instance {
    const stored = storedOf('schema', 'schema', schema);
    const text = typeof data === 'string' ? data : toJson(data);
    const counted = schema._runtime.call('instance.count', { instance: text, schema: stored.digest }, [stored]) as WireMap;
    return new Instance(schema, { ...counted, instance: text });
  }

  /** All nodes and arcs, tables or edges, as plain values. @example `Object.keys(instance.data)` */
  get data(): Readonly<Record<string, unknown>> {
    return fromJson(this.#text, 'text') as Record<string, unknown>;
  }

  /** The plain record. @example `instance.record()` */
  record(): unknown {
    return fromJson(this.#record(), 'text');
  }

  /** The plain record as bytes of JSON. @example `new TextDecoder().decode(instance.toJson())` */
  toJson(): Bytes {
    return new TextEncoder().encode(this.#record());
  }

  /** Everything that is wrong. @example `instance.check().issues.map((issue) => issue.path)` */
  check(): InstanceCheck {
    const told = this.#call('instance.check', {}) as WireMap;
    const issues = told['issues'] as unknown as InstanceIssue[];
    if (told['valid'] === true) return { valid: true, decided: told['decided'] as boolean, issues };
    return { valid: false, decided: true, issues };
  }

  /** The same in the form of published releases: what is not decided is not valid. @example `instance.validate().isValid` */
  validate(): InstanceValidationResult {
    const told = this.#call('instance.check', {}) as WireMap;
    return { isValid: told['valid'] === true && told['decided'] === true, errors: told['errors'] as unknown as string[] };
  }

  /** The same in another shape; `no-counterpart` where there is none. @example `instance.convert('functor').convert('wtype').record()` */
  convert(to: InstanceShape): Instance {
    return new Instance(this.schema, this.#call('instance.convert', { to }) as WireMap);
  }

  /** The nodes that fit a query. @example `instance.query({ anchor: 'com.example.post:body', predicate: 'text == "hello"' }).matches` */
  query(query: Query): QueryResult {
    const told = this.#call('query.run', { query: toJson(queryOf(query)) }) as WireMap;
    const matches = fromJson(told['matches'] as string, 'text') as Record<string, unknown>[];
    return {
      matches: matches.map((match) => ({
        nodeId: match['node_id'] as number,
        anchor: match['anchor'] as string,
        value: plainValue(match['value']),
        fields: Object.fromEntries(Object.entries(match['fields'] as object).map(([name, value]) => [name, plainValue(value)])),
      })),
      errors: (told['errors'] as readonly WireMap[]).map(readError),
    };
  }

  /**
   * The instance with an edit, whole or not at all.
   *
   * @example `pp.instance(post, { text: 'hello' }).edit([{ op: 'replace', path: '/text', value: 'edited' }]).record()`
   */
  edit(edit: Edit): Instance {
    return new Instance(this.schema, this.#call('edit.apply', editOf(edit)) as WireMap);
  }

  /** The part that a migration keeps, and the rest. @example `instance.restrict(migration).instance.record()` */
  restrict(along: Along): Restricted {
    const told = this.#moved('instance.restrict', along);
    return { instance: new Instance(along.target, told), complement: told['complement'] as string | null };
  }

  /** The instance at the other end of a mapping that adds. */
  extend(along: Along): Instance {
    return new Instance(along.target, this.#moved('instance.extend', along));
  }

  /** The products of fibers along a mapping. */
  pi(along: Along, limit?: number): Instance {
    return new Instance(along.target, this.#moved('instance.pi', along, { limit }));
  }

  /** The whole again, of a part and what was dropped. @example `restricted.instance.section(restricted.complement, instance.schema).equals(instance)` */
  section(complement: string, schema: Schema): Instance {
    return new Instance(schema, this.schema._runtime.call('instance.section', { instance: this.#text, complement }) as WireMap);
  }

  /** The nodes that go to a vertex. @example `instance.fiber(migration, 'com.example.post:body')` */
  fiber(along: Along, anchor: string, predicate?: string): number[] {
    const [request, objects] = fromOf(along);
    return this.schema._runtime.call('instance.fiber', { ...request, instance: this.#text, anchor, predicate }, objects) as number[];
  }

  /** The nodes that go to each vertex. @example `Object.keys(instance.fibers(migration))` */
  fibers(along: Along): Record<string, number[]> {
    const [request, objects] = fromOf(along);
    return this.schema._runtime.call('instance.fibers', { ...request, instance: this.#text }, objects) as unknown as Record<string, number[]>;
  }

  /** The parts of a tree that go to each vertex, as plain records. @example `Object.entries(instance.groups(migration))` */
  groups(along: Along): Record<string, unknown[]> {
    const [request, objects] = fromOf(along);
    const told = this.schema._runtime.call('instance.groups', { ...request, instance: this.#text }, objects) as Readonly<Record<string, readonly string[]>>;
    return Object.fromEntries(Object.entries(told).map(([vertex, parts]) => [vertex, parts.map((part) => fromJson(part, 'text'))]));
  }

  /**
   * Pairs of nodes, of this instance and another, that go to one vertex along their mappings.
   *
   * @example `instance.join(migration, instance, migration).length`
   */
  join(along: Along, other: Instance, otherAlong: Along): [node: number, other: number][] {
    const request = {
      left: { instance: this.#text, mapping: mappingText(along) },
      right: { instance: textIn('other', other), mapping: mappingText(otherAlong) },
    };
    return this.schema._runtime.call('instance.join', request) as unknown as [number, number][];
  }

  /** A mapping as an instance of the schema of the maps between its two schemas. @example `Instance.curry(migration).check().valid` */
  static curry(along: Along): Instance {
    const [request, objects] = fromOf(along);
    const [target, source] = [along.target, along.source];
    const ends = [source._stored, target._stored] as const;
    const maps = source._runtime.call('instance.hom', { old: ends[0].digest, new: ends[1].digest }, ends) as WireMap;
    return new Instance(new Schema(source._runtime, maps), source._runtime.call('instance.curry', request, objects) as WireMap);
  }

  /** The mapping that an instance of a schema of maps says, from the schema where it begins. @example `Instance.curry(migration).eval(old)` */
  eval(source: Schema): Readonly<Record<string, unknown>> {
    const stored = storedOf('schema', 'source', source);
    const told = source._runtime.call('instance.eval', { schema: stored.digest, instance: this.#text }, [stored]) as WireMap;
    return fromJson(told['mapping'] as string, 'text') as Record<string, unknown>;
  }

  /** Whether another instance is the same, over the same schema. */
  equals(other: unknown): boolean {
    return other instanceof Instance && other.#text === this.#text && other.schema.equals(this.schema);
  }

  /** The published shape as JSON text. */
  get _text(): string {
    return this.#text;
  }

  /** The published shape as bytes of JSON. */
  get _bytes(): Uint8Array {
    return new TextEncoder().encode(this.#text);
  }

  /** The published shape as plain values. */
  toJSON(): Readonly<Record<string, unknown>> {
    return this.data;
  }

  #record(): string {
    return (this.#call('instance.write', {}) as WireMap)['record'] as string;
  }

  #call(op: string, request: WireMap): unknown {
    const stored = this.schema._stored;
    return this.schema._runtime.call(op, { ...request, instance: this.#text, schema: stored.digest }, [stored]);
  }

  #moved(op: string, along: Along, rest: WireMap = {}): WireMap {
    const [request, objects] = alongOf(along);
    return this.schema._runtime.call(op, { ...rest, ...request, instance: this.#text }, objects) as WireMap;
  }
}

/** A value as instances hold it, with a tag that says its kind, as a plain one. Its depth is that of a record. */
function plainValue(tagged: unknown): unknown {
  if (typeof tagged !== 'object' || tagged === null) return tagged === 'Null' ? null : tagged;
  if (Array.isArray(tagged)) return tagged.map(plainValue);
  const [kind, value] = Object.entries(tagged)[0] as [string, unknown];
  const all = (members: object): object => Object.fromEntries(Object.entries(members).map(([name, member]) => [name, plainValue(member)]));
  switch (kind) {
    case 'Present':
      return plainValue(value);
    case 'Bytes':
      return Uint8Array.from(value as number[]);
    case 'CidLink':
      return { $link: value };
    case 'Blob': {
      const { ref_, mime, size } = value as Record<string, unknown>;
      return { $type: 'blob', ref: { $link: ref_ }, mimeType: mime, size };
    }
    case 'List':
      return (value as unknown[]).map(plainValue);
    case 'Unknown':
      return all(value as object);
    case 'Opaque': {
      const { type_, fields } = value as { type_: unknown; fields: object };
      return { $type: type_, ...all(fields) };
    }
    case 'Bool':
    case 'Int':
    case 'Float':
    case 'Number':
    case 'Str':
    case 'Token':
      return value;
    default:
      return tagged;
  }
}

/** Whether an instance is valid, as published releases told it. */
export interface InstanceValidationResult {
  readonly isValid: boolean;
  readonly errors: readonly string[];
}

/**
 * The formats whose documents become instances and come from them.
 *
 * @example `pp.io().parse('atproto', post, '{"text": "hello"}').elementCount`
 */
export class IoRegistry {
  readonly #runtime: Runtime;
  readonly #categories: Readonly<Record<string, readonly string[]>>;
  #protocols: readonly string[] | null = null;

  /** @internal */
  constructor(runtime: Runtime, categories: Readonly<Record<string, readonly string[]>>) {
    this.#runtime = runtime;
    this.#categories = categories;
  }

  /** Names of the formats. @example `pp.io().protocols.includes('atproto')` */
  get protocols(): readonly string[] {
    return (this.#protocols ??= this.#runtime.call('instance.protocols') as readonly string[]);
  }

  /** The formats by category; those that the engine has. @example `pp.io().categories` */
  get categories(): Readonly<Record<string, readonly string[]>> {
    const here = Object.entries(this.#categories).map(([category, names]) => [category, names.filter((name) => this.hasProtocol(name))] as const);
    return Object.fromEntries(here.filter(([, names]) => names.length > 0));
  }

  /** Whether there is a format. @example `pp.io().hasProtocol('atproto')` */
  hasProtocol(name: string): boolean {
    return this.protocols.includes(named(name));
  }

  /** A document becomes an instance. @example `pp.io().parse('atproto', post, '{"text": "hello"}').record()` */
  parse(protocolName: string, schema: Schema, input: Uint8Array | string): Instance {
    const stored = storedOf('schema', 'schema', schema);
    const { bytes, text } = given(input);
    const request = { protocol: named(protocolName), schema: stored.digest, document: bytes };
    return new Instance(schema, inUnitsOf(text, () => this.#runtime.call('instance.parse', request, [stored])) as WireMap);
  }

  /** An instance becomes a document. @example `pp.io().emit('atproto', post, pp.instance(post, { text: 'hello' }))` */
  emit(protocolName: string, schema: Schema, instance: Instance): Bytes {
    const stored = storedOf('schema', 'schema', schema);
    const request = { protocol: named(protocolName), schema: stored.digest, instance: textIn('instance', instance) };
    return (this.#runtime.call('instance.emit', request, [stored]) as WireMap)['document'] as Bytes;
  }

  /** Nothing to let go of: kept for code written for published releases. */
  dispose(): void {}

  /** Nothing to let go of. */
  [dispose](): void {}
}

/** Published releases wrote `json_schema`. */
function named(name: string): string {
  return textOf('name', name).replaceAll('_', '-');
}

/** The text of an instance in a call. */
function textIn(path: string, instance: Instance): string {
  if (instance instanceof Instance) return instance._text;
  throw wrong(path, 'an instance', 'make it first: `pp.instance(schema, record)`');
}

/** @internal */
export function queryOf(query: Query): object {
  if (typeof query !== 'object' || query === null) throw wrong('query', 'a query', 'it has at least `{ anchor }`, the id of a vertex');
  const { predicate } = query;
  return {
    anchor: query.anchor,
    ...(predicate === undefined ? {} : { predicate: predicate instanceof Expression ? predicate.ast : predicate }),
    ...(query.groupBy === undefined ? {} : { group_by: query.groupBy }),
    ...(query.project === undefined ? {} : { project: query.project }),
    ...(query.limit === undefined ? {} : { limit: query.limit }),
    ...(query.path === undefined ? {} : { path: query.path }),
  };
}

/** @internal */
export function alongOf(along: Along): [WireMap, Stored[]] {
  if (along instanceof Migration) return [{ migration: along._stored.digest }, [along._stored]];
  const { mapping, source, target } = (along ?? {}) as MappingAlong;
  if (typeof mapping !== 'object' || !(source instanceof Schema) || !(target instanceof Schema)) {
    throw new PanprotoUsageError('an instance is moved along a migration, or `{ mapping, source, target }`', { code: 'wrong-argument', path: 'along' });
  }
  return [
    { mapping: toJson(mapping), schema: source._stored.digest, target: target._stored.digest },
    [source._stored, target._stored],
  ];
}

/** What asks from where a mapping leads, and not whereto. */
function fromOf(along: Along): [WireMap, Stored[]] {
  const [{ target: _, ...request }, objects] = alongOf(along);
  return [request, objects];
}

/** The mapping as JSON text. */
function mappingText(along: Along): string {
  if (!(along instanceof Migration)) return alongOf(along)[0]['mapping'] as string;
  const told = along._runtime.call('instance.mapping', { migration: along._stored.digest }, [along._stored]);
  return (told as WireMap)['mapping'] as string;
}

/** The text of an instance that is given as one, or as bytes. @internal */
export function instanceText(instance: Instance | Uint8Array | string): string {
  if (instance instanceof Instance) return instance._text;
  if (typeof instance === 'string') return instance;
  if (instance instanceof Uint8Array) return decodeText(instance);
  throw wrong('instance', 'an instance', 'make it first: `pp.instance(schema, record)`');
}
