/**
 * The way in.
 */

import { checked, wrong } from './argument.js';
import { Chains } from './chain.js';
import { compileMigration } from './declaration.js';
import type { DeclarationOptions, MigrationDeclaration } from './declaration.js';
import { EditLens } from './edit-lens.js';
import type { EditTransform, LensAlong } from './edit-lens.js';
import type { ExistenceReport } from './errors.js';
import { Expression } from './expr.js';
import type { ExprTree } from './expr.js';
import { Versions } from './graph.js';
import type { Conversion } from './graph.js';
import { Instance, IoRegistry } from './instance.js';
import type { Along } from './instance.js';
import { load, loadSync } from './load.js';
import type { ModuleSource } from './load.js';
import { Migration } from './migration.js';
import type { MigrateOptions, SavedMigration } from './migration.js';
import { bytesOf, encodeText, inUnitsOf } from './records.js';
import { proposalsOf, spanOf } from './proposals.js';
import type { CandidateOptions, Overlap, Proposals } from './proposals.js';
import { Runtime } from './runtime.js';
import { Schema } from './schema.js';
import { dispose } from './stored.js';
import { SymmetricLens } from './symmetric.js';
import { Theories } from './theories.js';
import { Theory } from './theory.js';
import type { TheorySource } from './theory.js';
import type { WireMap } from './wire.js';
import { checkExistence } from './legacy/analysis.js';
import { ProtolensChainHandle } from './legacy/chain.js';
import { FullDiffReport, diffReport } from './legacy/check.js';
import { PROTOCOL_CATEGORIES } from './legacy/constants.js';
import { CompiledMigration, LensHandle, MigrationBuilder, recordOf } from './legacy/migration.js';
import { DataSetHandle, Repository } from './legacy/missing.js';
import type { WasmModule } from './legacy/module.js';
import { Protocol } from './legacy/protocol.js';
import { BuiltSchema, check } from './legacy/schema.js';
import type { ValidationResult } from './legacy/schema.js';
import type { MigrationResult } from './legacy/types-missing.js';
import type { DiffReport, MigrationSpec, ProtocolSpec } from './legacy/types.js';
import { toJson } from './write.js';

/** A schema language. */
export type Language = 'atproto' | 'json-schema' | (string & {});

/** A document of a schema language: text, bytes, or what `JSON.parse` gives. */
export type Document = string | Uint8Array | object | boolean;

/** Options of {@link Panproto.parseSchema}. */
export interface ParseOptions {
  /** The version of the language, where documents do not tell. */
  readonly dialect?: string;
  /** Whether formats restrict, in languages where that is a choice. */
  readonly assertFormat?: boolean;
  /** The definition where records begin, where the language leaves it open. */
  readonly root?: string;
}

/** What the module may use; passing a limit is a `PanprotoLimitError`. */
export interface Limits {
  /** Nesting of records and documents. */
  readonly depth?: number;
  /** Bytes of a document. */
  readonly documentBytes?: number;
  /** Documents of a schema. */
  readonly documents?: number;
  /** Bytes that the module holds at once, 1 GiB unless set and never less than 4 MiB; an input and its output are among them. */
  readonly memoryBytes?: number;
  /** Bytes of a record. */
  readonly recordBytes?: number;
  /** States of a lens. */
  readonly states?: number;
  /** Steps of an operation. */
  readonly steps?: number;
}

/**
 * The engine: parses schemas, finds migrations, makes lenses.
 *
 * @example
 * ```ts
 * const pp = await Panproto.init();
 * const old = pp.parseSchema('atproto', v1);
 * const next = pp.parseSchema('atproto', v2);
 * const lens = pp.migrate(old, next, { hints: { text: 'body' } }).lens();
 * ```
 */
export class Panproto {
  readonly #runtime: Runtime;
  #chains: Chains | null = null;
  #theories: Theories | null = null;

  /** @internal */
  protected constructor(module: WebAssembly.Module) {
    this.#runtime = new Runtime(module);
  }

  /**
   * Loads the module: the one that the entry point brings, or what is given.
   *
   * @example `const pp = await Panproto.init(new URL('/static/panproto.wasm', location.href));`
   */
  static async init(source?: ModuleSource | Promise<ModuleSource>): Promise<Panproto> {
    return new Panproto(await load(source));
  }

  /**
   * The same without waiting. Browsers allow it in workers, or with a compiled module.
   *
   * @example `const pp = Panproto.initSync();`
   */
  static initSync(source?: Uint8Array | ArrayBuffer | WebAssembly.Module): Panproto {
    return new Panproto(loadSync(source));
  }

  /** Version of the engine. @example `pp.version` */
  get version(): string {
    return (this.#runtime.call('hello') as WireMap)['version'] as string;
  }

  /**
   * Sets limits for the operations that follow, and gives those that hold.
   *
   * @example `pp.setLimits({ recordBytes: 1 << 20 });`
   */
  setLimits(limits: Limits): Required<Limits> {
    const request: Record<string, number | undefined> = {};
    for (const [name, key] of LIMITS) request[key] = limits[name];
    const held = this.#runtime.setLimits(request);
    return Object.fromEntries(LIMITS.map(([name, key]) => [name, held[key]])) as unknown as Required<Limits>;
  }

  /**
   * Parses the documents of a schema language to one schema.
   *
   * @param language - `atproto` or `json-schema`
   * @param documents - one document, or several that refer to each other
   * @example `const schema = pp.parseSchema('json-schema', { type: 'object', properties: { id: { type: 'string' } } });`
   */
  parseSchema(language: Language, documents: Document | readonly Document[], options: ParseOptions = {}): Schema {
    return new Schema(this.#runtime, this._parse(language, documents, options));
  }

  /**
   * The migration between two schemas: what names and hints decide, and questions for the rest.
   *
   * @example `const lens = pp.migrate(old, next, { hints: { text: 'body' } }).lens();`
   */
  migrate(old: Schema, next: Schema, options: MigrateOptions = {}): Migration {
    return Migration.between(this.#runtime, schemaOf('old', old), schemaOf('next', next), options);
  }

  /**
   * Ways to answer what names and hints leave open, best first. None is accepted: each has the hints that accept it.
   *
   * @example `const [best] = pp.candidates(old, next, { stringency: 'exploratory' }).candidates;`
   */
  candidates(old: Schema, next: Schema, options: CandidateOptions = {}): Proposals {
    return proposalsOf(this.#runtime, schemaOf('old', old), schemaOf('next', next), options);
  }

  /** What of the old schema has a counterpart in the new one. @example `pp.span(old, next, { hints: { text: 'body' } }).isTotal` */
  span(old: Schema, next: Schema, options: Pick<MigrateOptions, 'hints' | 'hintSpec'> = {}): Overlap {
    return spanOf(this.#runtime, schemaOf('old', old), schemaOf('next', next), options);
  }

  /**
   * A migration that was saved by `JSON.stringify(migration)`, here or by the Python package.
   *
   * @example `const lens = pp.loadMigration(await readFile('v1-v2.json', 'utf8')).lens();`
   */
  loadMigration(saved: string | SavedMigration): Migration {
    return Migration.load(this.#runtime, saved);
  }

  /**
   * A built-in protocol.
   *
   * @example `pp.protocol('atproto').schema().vertex('post', 'record').build()`
   */
  protocol(name: string): Protocol {
    return Protocol.load(this.#runtime, name);
  }

  /** A protocol of one's own. @example `pp.defineProtocol({ ...pp.protocol('atproto').spec, name: 'mine' })` */
  defineProtocol(spec: ProtocolSpec): Protocol {
    return Protocol.define(this.#runtime, spec);
  }

  /** Names of the built-in protocols. @example `pp.listProtocols().includes('atproto')` */
  listProtocols(): string[] {
    return (this.#runtime.call('protocols') as readonly WireMap[]).map((protocol) => protocol['name'] as string);
  }

  /**
   * The schema of ATProto Lexicon documents.
   *
   * @example `const post = pp.parseLexicon(text);`
   */
  parseLexicon(lexicon: Document | readonly Document[]): BuiltSchema {
    return new BuiltSchema(this.#runtime, this._parse('atproto', lexicon, {}));
  }

  /**
   * States a migration vertex by vertex.
   *
   * @example `pp.migration(old, next).map('com.example.post:body.text', 'com.example.post:body.body').toSpec()`
   */
  migration(src: Schema, tgt: Schema): MigrationBuilder {
    return new MigrationBuilder(this.#runtime, schemaOf('src', src), schemaOf('tgt', tgt));
  }

  /** What changed, and whether it is compatible. @example `pp.diff(old, next).compatibility` */
  diff(oldSchema: Schema, newSchema: Schema): DiffReport {
    return diffReport(schemaOf('oldSchema', oldSchema), schemaOf('newSchema', newSchema));
  }

  /** Every structural change, by ids. @example `pp.diffFull(old, next).classify(protocol).isBreaking` */
  diffFull(oldSchema: Schema, newSchema: Schema): FullDiffReport {
    return new FullDiffReport(schemaOf('oldSchema', oldSchema), schemaOf('newSchema', newSchema));
  }

  /** The schema itself: what is built is canonical. @example `pp.normalize(schema)` */
  normalize(schema: BuiltSchema): BuiltSchema {
    return schema.normalize();
  }

  /** What a schema breaks of a protocol. @example `pp.validateSchema(schema, pp.protocol('atproto')).isValid` */
  validateSchema(schema: Schema, protocol: Protocol): ValidationResult {
    return check(this.#runtime, schemaOf('schema', schema), protocol);
  }

  /**
   * A record of one schema as a record of another; bytes are JSON text, and the answer is a value.
   *
   * @example `await pp.convert(record, { from: old, to: next, hints: { text: 'body' } })`
   */
  async convert(data: Uint8Array | string | object, options: { from: Schema; to: Schema } & MigrateOptions): Promise<unknown> {
    if (typeof options !== 'object' || options === null) throw wrong('options', '`{ from, to }`, the schemas', 'pass them: `pp.convert(record, { from: old, to: next })`');
    const { from, to, ...rest } = options;
    return this.migrate(from, to, rest).lens()._liftValue(recordOf(data)).data;
  }

  /** The lens between two schemas with the results of published releases. @example `pp.lens(old, next, { hints: { text: 'body' } }).get(record).view` */
  lens(from: Schema, to: Schema, options: MigrateOptions = {}): LensHandle {
    return new LensHandle(this.migrate(from, to, options).lens());
  }

  /**
   * What makes chains: changes that apply to every schema that has what they speak of.
   *
   * @example `pp.chain.renameField('author', 'name', 'displayName').addField('author', 'verified', 'boolean', { default: false })`
   */
  get chain(): Chains {
    return (this.#chains ??= new Chains(this.#runtime));
  }

  /**
   * An expression, of its text or its tree.
   *
   * @example `pp.parseExpr('if age >= 18 then "adult" else "minor"').evaluate({ age: 20 })`
   */
  parseExpr(source: string | ExprTree): Expression {
    return Expression.parse(this.#runtime, source);
  }

  /**
   * A theory, of its specification or by the name of a built-in one. Others that it extends may be given.
   *
   * @example `pp.theory('ThGraph').sorts`
   */
  theory(source: TheorySource, registry: readonly TheorySource[] = []): Theory {
    return Theory.create(this.#runtime, source, registry);
  }

  /**
   * What speaks of several theories, or of none: composed morphisms, natural transformations, refined sorts.
   *
   * @example `pp.theories.substitute('m(x, y)', 'x', 'e()').text`
   */
  get theories(): Theories {
    return (this.#theories ??= new Theories(this.#runtime));
  }

  /** Names of the built-in theories. @example `pp.listTheories().includes('ThGraph')` */
  listTheories(): string[] {
    return (this.#runtime.call('theory.builtin') as WireMap)['names'] as unknown as string[];
  }

  /**
   * A record as an instance of its schema: a tree that can be queried and moved.
   *
   * @example `pp.instance(post, { text: 'hello' }).elementCount`
   */
  instance(schema: Schema, record: unknown, options: { readonly root?: string } = {}): Instance {
    return Instance.read(schemaOf('schema', schema), record, options.root);
  }

  /**
   * The tables of several records at once.
   *
   * @example `pp.tables(old, [{ text: 'a' }, { text: 'b' }]).shape // 'functor'`
   */
  tables(schema: Schema, records: readonly unknown[], options: { readonly root?: string } = {}): Instance {
    return Instance.tables(schemaOf('schema', schema), records, options.root);
  }

  /**
   * The migration that a declaration states: paths to paths, computed values, conditions, defaults. What does not fit the
   * schemas is a `PanprotoTypeCheckError` with its path.
   *
   * A declaration that is text, JSON or YAML, has its schemas inside; what is wrong with it has a `span` there.
   *
   * @example `pp.compileMigration({ source: old, target: next, fields: { text: 'body' } })`
   */
  compileMigration(declaration: MigrationDeclaration | string, options: DeclarationOptions = {}): Migration {
    return compileMigration(this, declaration, options);
  }

  /**
   * Two schemas over what they share, kept in step.
   *
   * @example `pp.symmetric(old, next, { hints: { text: 'body' } }).syncLeftToRight({ text: 'hello' }).record`
   */
  symmetric(left: Schema, right: Schema, options: Omit<MigrateOptions, 'hintSpec'> = {}): SymmetricLens {
    return SymmetricLens.between(schemaOf('left', left), schemaOf('right', right), options);
  }

  /**
   * What translates edits of a record to edits of its view and back, without the record: along a migration, a mapping, or a lens
   * of any steps (`{ lens: chain.lens(schema), target: chain.target(schema) }`).
   *
   * @example `pp.editLens(migration, pp.instance(old, { text: 'hello' })).view.record()`
   */
  editLens(along: Along | LensAlong, instance: Instance, transforms: readonly EditTransform[] = []): EditLens {
    return EditLens.open(along, instance, transforms);
  }

  /**
   * Versions and the conversions between them: the cheapest way from one to another.
   *
   * @example `pp.versions([{ source: 'v1', target: 'v2', by: migration }]).lens('v1', 'v2').lift(record)`
   */
  versions(conversions: readonly Conversion[]): Versions {
    return new Versions(this.#runtime, conversions);
  }

  /** Whether an explicit migration can exist, and every reason why not. @example `pp.checkExistence(old, next, pp.migration(old, next)).errors` */
  checkExistence(src: Schema, tgt: Schema, migration: MigrationBuilder | MigrationSpec): ExistenceReport {
    const spec = migration instanceof MigrationBuilder ? migration.toSpec() : migration;
    return checkExistence(schemaOf('src', src), schemaOf('tgt', tgt), spec);
  }

  /** One compiled migration and then another. @example `pp.compose(compiled, compiled).lift(record).data` */
  compose(m1: CompiledMigration, m2: CompiledMigration): CompiledMigration {
    if (!(m1 instanceof CompiledMigration)) throw wrong('m1', 'a compiled migration', 'compile it first: `pp.migration(old, next).map(…).compile()`');
    return m1.compose(m2);
  }

  /** One lens and then another. @example `pp.composeLenses(pp.lens(old, old), pp.lens(old, old)).get(record).view` */
  composeLenses(l1: LensHandle, l2: LensHandle): LensHandle {
    if (!(l1 instanceof LensHandle)) throw wrong('l1', 'a lens of `pp.lens`', 'a `Lens` has `andThen`');
    return l1.compose(l2);
  }

  /** The chain between two schemas with the results of published releases. @example `pp.protolensChain(old, old).toJson()` */
  protolensChain(from: Schema, to: Schema, options: MigrateOptions = {}): ProtolensChainHandle {
    return ProtolensChainHandle.autoGenerate(schemaOf('from', from), schemaOf('to', to), undefined, options);
  }

  /** The formats whose documents become instances. @example `pp.io().protocols` */
  io(): IoRegistry {
    return new IoRegistry(this.#runtime, PROTOCOL_CATEGORIES);
  }

  /** A record as an instance. @deprecated Use {@link Panproto.instance}. @example `pp.parseJson(post, '{"text": "hello"}').elementCount` */
  parseJson(schema: Schema, json: Uint8Array | string): Instance {
    return this.instance(schema, json);
  }

  /** The record of an instance as bytes of JSON. @deprecated Use `instance.toJson()`. @example `pp.toJson(post, pp.instance(post, { text: 'hello' }))` */
  toJson(_schema: Schema, instance: Instance): Uint8Array {
    return instance.toJson();
  }

  /** Not available: a `PanprotoUsageError` of code `not-available`. */
  initRepo(protocolName: string): Repository {
    return Repository.init(protocolName);
  }

  /** Not available: a `PanprotoUsageError` of code `not-available`. */
  dataSet(data: unknown, schema: Schema): DataSetHandle {
    return DataSetHandle.fromData(data, schema);
  }

  /** Not available: a `PanprotoUsageError` of code `not-available`. */
  migrateData(_data: DataSetHandle, from: Schema, _to: Schema): MigrationResult {
    return DataSetHandle.fromData(null, from).migrateForward(from, from);
  }

  /** What names the loaded module, for functions of published releases that take it. */
  get _wasm(): WasmModule {
    return this.#runtime;
  }

  /** @internal */
  get _runtime(): Runtime {
    return this.#runtime;
  }

  /** @internal */
  _parse(language: Language, documents: Document | readonly Document[], options: ParseOptions): WireMap {
    const list = Array.isArray(documents) ? (documents as readonly Document[]) : [documents as Document];
    const texts = list.map((document) => (typeof document === 'string' ? document : null));
    const request = {
      language,
      documents: list.map((document) => {
        if (typeof document === 'string') return encodeText(document);
        return bytesOf(document) ?? encodeText(toJson(document));
      }),
      dialect: options.dialect,
      assert_format: options.assertFormat,
      root: options.root,
    };
    return inUnitsOf(
      (document) => texts[document] ?? null,
      () => this.#runtime.call('schema.parse', request),
    ) as WireMap;
  }

  /** Lets go of the module's memory. What was made stays as it is, and can be used with another `Panproto`. */
  dispose(): void {
    this.#runtime.close();
  }

  [dispose](): void {
    this.dispose();
  }
}

const LIMITS = [
  ['depth', 'depth'],
  ['documentBytes', 'document_bytes'],
  ['documents', 'documents'],
  ['memoryBytes', 'memory_bytes'],
  ['recordBytes', 'record_bytes'],
  ['states', 'states'],
  ['steps', 'steps'],
] as const;

function schemaOf(name: string, value: Schema): Schema {
  return checked('schema', name, value);
}
