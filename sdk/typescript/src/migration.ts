/**
 * Migrations: what happens to each field on the way from one schema to another.
 */

import { membersOf, storedOf, wrong } from './argument.js';
import { coverageOf } from './coverage.js';
import type { Coverage, CoverageRecords } from './coverage.js';
import { PanprotoError, PanprotoLimitError, PanprotoParseError, WasmError } from './errors.js';
import { Lens } from './lens.js';
import { hex } from './runtime.js';
import type { Runtime } from './runtime.js';
import { Schema } from './schema.js';
import { StoredObject } from './stored.js';
import { Float } from './wire.js';
import type { Wire, WireMap } from './wire.js';
import { toJson } from './write.js';

/** What a person knows that names do not tell. */
export interface MigrateOptions {
  /** Old paths to new paths, `null` for what is gone: `{ text: 'body', 'items[].value': 'items[].amount', note: null }`. */
  readonly hints?: Readonly<Record<string, string | null>>;
  /** Values for new fields that nothing fills, by their new paths. */
  readonly defaults?: Readonly<Record<string, unknown>>;
  /** Values for old fields, by their old paths, where a view is put back without a complement. */
  readonly sourceDefaults?: Readonly<Record<string, unknown>>;
  /** The member that tells the items of a list: `{ items: 'id' }`. */
  readonly keys?: Readonly<Record<string, string>>;
  /** Paths whose keywords that panproto does not know are accepted. */
  readonly trust?: readonly string[];
  /** Unions that are matched by trying their arms: all, or those at these paths. */
  readonly match?: 'exactly-one' | readonly string[];
  /** Take candidates that are likely, or have at least this score, instead of asking. */
  readonly accept?: 'likely' | number;
  /** Which definition of the old schema. */
  readonly oldRoot?: string;
  /** Which definition of the new one. */
  readonly newRoot?: string;
  /** Hints by the ids of vertices, with restrictions and preferences; JSON text or data. */
  readonly hintSpec?: HintSpec | string;
}

/** How good a candidate has to be. */
export type Stringency = 'strict' | 'balanced' | 'lenient' | 'exploratory';

/** Hints in the form of published releases. Anchors decide; the others restrict or rank. */
export interface HintSpec {
  /** Ids of old vertices to ids of new ones. */
  readonly anchors?: Readonly<Record<string, string>>;
  readonly constraints?: readonly HintConstraint[];
  /** Names that mean the same. */
  readonly alias_clusters?: readonly (readonly string[])[];
  readonly stringency?: Stringency;
}

/** What restricts or ranks candidates. */
export type HintConstraint =
  | { readonly type: 'scope'; readonly under: string; readonly targets: string }
  | { readonly type: 'exclude_targets' | 'exclude_sources'; readonly vertices: readonly string[] }
  | { readonly type: 'prefer'; readonly predicate: HintPredicate; readonly weight: number };

/** What is preferred. */
export type HintPredicate =
  | { readonly kind: 'same_edge_name' | 'same_kind' }
  | { readonly kind: 'similar_name'; readonly threshold?: number };

/** What an answer could be. */
export interface Candidate {
  readonly answer: string;
  readonly score: number;
  readonly why: string;
}

/** What a migration could not decide. */
export interface Question {
  readonly code: string;
  readonly path: string;
  /** Whether the path is one of the new schema. */
  readonly inTarget: boolean;
  readonly candidates: readonly Candidate[];
  readonly why: string;
  readonly help: string;
}

/** A step of a migration. */
export interface MigrationChange {
  readonly kind: string;
  readonly from: string | null;
  readonly to: string | null;
  readonly why: string;
  readonly score: number | null;
  readonly lossless: boolean;
}

/** What {@link Migration.toJSON} gives and {@link Migration.fromJSON} reads; the Python package reads it too. */
export interface SavedMigration {
  readonly format: string;
  readonly digest: string;
  readonly decided: boolean;
  readonly lossless: boolean;
  readonly questions: readonly WireMap[];
  readonly changes: readonly WireMap[];
  readonly bytes: string;
}

const FORMAT = 'panproto migration 1';

/**
 * A migration between two schemas. Where something is undecided it has questions and no lens.
 *
 * @example
 * ```ts
 * const migration = pp.migrate(old, next, { hints: { text: 'body' } });
 * for (const question of migration.questions) console.log(question.path, question.candidates);
 * const lens = migration.lens();
 * ```
 */
export class Migration extends StoredObject {
  /** Whether there are no questions. */
  readonly decided: boolean;
  /** Whether views tell everything that records do. */
  readonly lossless: boolean;
  /** What could not be decided. */
  readonly questions: readonly Question[];
  /** What happens, renames as such. */
  readonly changes: readonly MigrationChange[];
  #schemas: readonly [Schema, Schema] | null;
  readonly #told: Pick<SavedMigration, 'questions' | 'changes'>;

  /** @internal */
  constructor(runtime: Runtime, answer: WireMap, schemas: readonly [Schema, Schema] | null = null) {
    super(runtime, 'migration', answer);
    this.#schemas = schemas;
    this.decided = answer['decided'] as boolean;
    this.lossless = answer['lossless'] as boolean;
    this.#told = {
      questions: answer['questions'] as unknown as readonly WireMap[],
      changes: answer['changes'] as unknown as readonly WireMap[],
    };
    this.questions = questionsOf(this.#told.questions);
    this.changes = this.#told.changes as unknown as MigrationChange[];
  }

  /** @internal */
  static between(runtime: Runtime, old: Schema, next: Schema, options: MigrateOptions): Migration {
    const objects = [storedOf('schema', 'old', old), storedOf('schema', 'next', next)] as const;
    const answer = runtime.call('migration.between', requestBetween(old, next, options), objects);
    return new Migration(runtime, answer as WireMap, [old, next]);
  }

  /** @internal */
  static explicit(runtime: Runtime, old: Schema, next: Schema, mapping: string): Migration {
    const objects = [storedOf('schema', 'old', old), storedOf('schema', 'next', next)] as const;
    const answer = runtime.call('migration.explicit', { old: objects[0].digest, new: objects[1].digest, mapping }, objects);
    return new Migration(runtime, answer as WireMap, [old, next]);
  }

  /** @internal */
  static load(runtime: Runtime, saved: unknown): Migration {
    const parsed: unknown = typeof saved === 'string' ? parse(saved) : saved;
    const told = (typeof parsed === 'object' && parsed !== null ? parsed : {}) as Partial<SavedMigration>;
    const lists = Array.isArray(told.questions) && Array.isArray(told.changes);
    const flags = typeof told.decided === 'boolean' && typeof told.lossless === 'boolean';
    if (told.format !== FORMAT || typeof told.bytes !== 'string' || !lists || !flags) throw unknownSaved();
    const bytes = fromBase64(told.bytes);
    let digest: Uint8Array;
    try {
      digest = (runtime.call('define', { kind: 'migration', bytes }) as WireMap)['digest'] as Uint8Array;
    } catch (cause) {
      if (cause instanceof WasmError || cause instanceof PanprotoLimitError) throw cause;
      throw damaged('its content cannot be read', cause);
    }
    if (hex(digest) !== told.digest) throw damaged('its digest does not fit its content');
    return new Migration(runtime, { ...(told as WireMap), bytes, digest });
  }

  /** The schema of the records. @example `migration.source.fields().map((field) => field.name)` */
  get source(): Schema {
    return this.#ends()[0];
  }

  /** The schema of the views. @example `migration.target.fields().map((field) => field.name)` */
  get target(): Schema {
    return this.#ends()[1];
  }

  /** Both schemas are in the bytes of a migration. */
  #ends(): readonly [Schema, Schema] {
    if (this.#schemas !== null) return this.#schemas;
    const told = this._runtime.call('migration.schemas', { migration: this._stored.digest }, [this._stored]) as WireMap;
    const schema = (end: 'source' | 'target'): Schema => new Schema(this._runtime, told[end] as WireMap);
    return (this.#schemas = [schema('source'), schema('target')]);
  }

  /**
   * The lens of the migration. While there are questions this is a `PanprotoMigrationError` of code `migration-undecided`.
   *
   * @example `const { view, complement } = migration.lens().get(record);`
   */
  lens(): Lens {
    const answer = this._runtime.call('lens.build', { migration: this._stored.digest }, [this._stored]);
    return new Lens(this._runtime, answer as WireMap);
  }

  /**
   * One migration that does what this one and then another do; `migrations-not-fusable` where none does exactly that: then
   * compose the lenses.
   *
   * @example `migration.andThen(migration.invert()).lens().lift(record)`
   */
  andThen(next: Migration): Migration {
    const objects = [this._stored, storedOf('migration', 'next', next)] as const;
    const answer = this._runtime.call('migration.compose', { first: objects[0].digest, second: objects[1].digest }, objects);
    return new Migration(this._runtime, answer as WireMap, [this.source, next.target]);
  }

  /**
   * The migration that undoes this one. Where something is lost it is an error that says what: `dropped-vertices`, `dropped-edges`,
   * `not-bijective`, `edge-not-bijective`.
   *
   * @example `migration.invert().lens().lift({ body: 'hello' })`
   */
  invert(): Migration {
    const answer = this._runtime.call('migration.invert', { migration: this._stored.digest }, [this._stored]);
    return new Migration(this._runtime, answer as WireMap, [this.target, this.source]);
  }

  /**
   * A dry run over records: how many have a valid view, and why the others have none.
   *
   * @example `migration.coverage([{ text: 'hello' }, { text: 1 }]).failures`
   */
  coverage(records: CoverageRecords): Coverage {
    return coverageOf(this._runtime, 'migration', this._stored, records);
  }

  /**
   * What can be saved, and read again by `pp.loadMigration`.
   *
   * @example `await writeFile('v1-v2.json', JSON.stringify(migration));`
   */
  toJSON(): SavedMigration {
    return {
      format: FORMAT,
      digest: this.digest,
      decided: this.decided,
      lossless: this.lossless,
      questions: this.#told.questions,
      changes: this.#told.changes,
      bytes: toBase64(this.toBytes()),
    };
  }

  /** The steps and the questions in words. */
  override toString(): string {
    const lines = this.changes.map(({ kind, from, to, why }) => `${kind} ${from ?? '—'} → ${to ?? '—'} (${why})`);
    lines.push(...this.questions.map((question) => `? ${question.path}: ${question.why}`));
    lines.push(this.lossless ? 'lossless' : 'the complement keeps what the new schema cannot hold');
    return lines.join('\n');
  }
}

/** @internal */
export function requestBetween(old: Schema, next: Schema, options: MigrateOptions): WireMap {
  return {
    old: old._stored.digest,
    new: next._stored.digest,
    hints: options.hints,
    defaults: texts('defaults', options.defaults),
    source_defaults: texts('sourceDefaults', options.sourceDefaults),
    keys: options.keys,
    trust: options.trust,
    match: options.match,
    accept: score(options.accept),
    old_root: options.oldRoot,
    new_root: options.newRoot,
    hint_spec: typeof options.hintSpec === 'object' ? toJson(options.hintSpec) : options.hintSpec,
  };
}

/** @internal */
export function questionsOf(list: Wire): Question[] {
  return (list as readonly WireMap[]).map((question) => ({
    code: question['code'] as string,
    path: question['path'] as string,
    inTarget: question['in_target'] as boolean,
    candidates: question['candidates'] as unknown as Candidate[],
    why: question['why'] as string,
    help: question['help'] as string,
  }));
}

/** Values as JSON text. What cannot be one is told with its place among the options. */
function texts(name: string, values: Readonly<Record<string, unknown>> | undefined): WireMap | undefined {
  if (values === undefined) return undefined;
  const texts = membersOf(name, values).map(([path, value]) => {
    const place = `${name}.${path}`;
    if (value === undefined) throw wrong(place, 'a value', 'leave it out, or give `null`');
    try {
      return [path, toJson(value)];
    } catch (error) {
      if (error instanceof PanprotoError) Object.assign(error, { path: error.path ? `${place}.${error.path}` : place });
      throw error;
    }
  });
  return Object.fromEntries(texts) as WireMap;
}

function score(accept: 'likely' | number | undefined): Wire {
  return typeof accept === 'number' ? new Float(accept) : accept;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw unknownSaved(error);
  }
}

function damaged(how: string, cause?: unknown): PanprotoParseError {
  const help = 'save it again with `JSON.stringify(migration)`';
  return new PanprotoParseError(`the saved migration was damaged: ${how}`, { code: 'migration-file', help, cause });
}

function unknownSaved(cause?: unknown): PanprotoParseError {
  return new PanprotoParseError('this is no migration that this version knows', {
    code: 'migration-file',
    help: 'save it again with `JSON.stringify(migration)`',
    cause,
  });
}

function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (let at = 0; at < bytes.length; at += 0x2000) binary += String.fromCharCode(...bytes.subarray(at, at + 0x2000));
  return btoa(binary);
}

function fromBase64(text: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text), (byte) => byte.charCodeAt(0));
  } catch (error) {
    throw unknownSaved(error);
  }
}
