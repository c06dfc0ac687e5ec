/**
 * Chains: changes that do not name a schema, and apply to every schema that has what they speak of.
 */

import { checked, membersOf, storedOf, textOf } from './argument.js';
import { PanprotoUsageError } from './errors.js';
import type { PanprotoError } from './errors.js';
import { fromJson } from './json.js';
import { Lens } from './lens.js';
import { Migration, questionsOf, requestBetween } from './migration.js';
import type { MigrateOptions, Question } from './migration.js';
import { readError } from './runtime.js';
import type { Runtime } from './runtime.js';
import { Schema } from './schema.js';
import { StepMaker } from './steps.js';
import type { Step } from './steps.js';
import type { WireMap } from './wire.js';
import { toJson } from './write.js';

/** What kind of optic something is. */
export type OpticKind = 'iso' | 'lens' | 'prism' | 'affine' | 'traversal';

/** What a chain says of one of its steps. */
export interface StepSummary {
  readonly stepType: string;
  /** In words. */
  readonly text: string;
  /** 0 for a rename, more for what is added or dropped, infinite where it cannot be told. */
  readonly cost: number;
  readonly lossless: boolean;
  readonly optic: OpticKind;
}

/** Whether a chain applies to a schema; if not, why. */
export type Applicability =
  | { readonly applies: true; readonly reasons: readonly [] }
  | { readonly applies: false; readonly reasons: readonly PanprotoError[] };

/** To which of many schemas a chain applies. */
export interface Fleet {
  /** Names of those. */
  readonly applied: readonly string[];
  /** The others, with the reasons. */
  readonly skipped: Readonly<Record<string, readonly PanprotoError[]>>;
}

/** What a chain needs and keeps, whatever the schema. */
export interface ChainSpec {
  readonly kind: 'Empty' | 'DataCaptured' | 'DefaultsRequired' | 'Mixed';
  readonly forwardDefaults: readonly ChainElement[];
  readonly capturedData: readonly ChainElement[];
  readonly summary: string;
}

/** One thing that a {@link ChainSpec} speaks of. */
export interface ChainElement {
  readonly elementName: string;
  readonly elementKind: string;
  readonly description: string;
  readonly suggestedDefault?: unknown;
}

/** What a chain that was found between two schemas leaves open. */
export interface FoundChain {
  readonly chain: Chain;
  /** Whether the chain does all that the migration does. */
  readonly exact: boolean;
  /** What steps do not express, in words. */
  readonly residue: readonly string[];
  /** What could not be decided, and was taken as gone and new. */
  readonly questions: readonly Question[];
}

/** What a lens document says beside its steps. */
export interface LensDocument {
  readonly chain: Chain;
  readonly id: string;
  readonly description: string;
  /** Name of the schema of the records. */
  readonly source: string;
  /** Name of the schema of the views. */
  readonly target: string;
  /** Whether its author says that it can be inverted. */
  readonly invertible: boolean;
  readonly extensions: unknown;
}

/** Options of {@link Chains.document}. */
export interface DocumentOptions {
  /** Without it, the first character tells. */
  readonly format?: 'json' | 'yaml';
  /** Documents that it refers to. */
  readonly documents?: readonly string[];
  /** For `auto`: the schemas whose migration it stands for. */
  readonly old?: Schema;
  readonly new?: Schema;
}

/**
 * Steps one after another. Immutable; the methods of steps give a chain with one more.
 *
 * @example
 * ```ts
 * const chain = pp.chain.renameField('author', 'name', 'displayName').addField('author', 'verified', 'boolean', { default: false });
 * if (chain.appliesTo(schema).applies) chain.lens(schema).lift({ author: { name: 'Ada' } });
 * ```
 */
export class Chain extends StepMaker<Chain> {
  readonly #runtime: Runtime;
  readonly #given: string;
  #told: WireMap | null;

  /** @internal */
  constructor(runtime: Runtime, json: string, told: WireMap | null = null) {
    super();
    this.#runtime = runtime;
    this.#given = json;
    this.#told = told;
  }

  /** @internal */
  static told(runtime: Runtime, told: WireMap): Chain {
    return new Chain(runtime, told['json'] as string, told);
  }

  get #about(): WireMap {
    return (this.#told ??= this.#runtime.call('chain.parse', { chain: this.#given }) as WireMap);
  }

  /** @internal */
  get _json(): string {
    return this.#given;
  }

  /** @internal */
  get _runtime(): Runtime {
    return this.#runtime;
  }

  /** What is done, in order. @example `chain.steps.map((step) => step.text)` */
  get steps(): readonly StepSummary[] {
    return (this.#about['steps'] as readonly WireMap[]).map((step) => ({
      stepType: step['step_type'] as string,
      text: step['text'] as string,
      cost: step['cost'] as number,
      lossless: step['lossless'] as boolean,
      optic: step['optic'] as OpticKind,
    }));
  }

  /** How many steps. */
  get length(): number {
    return (this.#about['steps'] as readonly WireMap[]).length;
  }

  /** What it costs: nothing for renames, something for what is added or dropped. */
  get cost(): number {
    // The sum of nothing is -0.
    return (this.#about['cost'] as number) + 0;
  }

  /** Whether views tell everything that records do. */
  get lossless(): boolean {
    return this.#about['lossless'] as boolean;
  }

  /** What it needs and keeps, before it runs. @example `chain.spec.capturedData.map((field) => field.description)` */
  get spec(): ChainSpec {
    const told = fromJson(this.#about['spec'] as string, 'text') as Record<string, unknown>;
    return {
      kind: told['kind'] as ChainSpec['kind'],
      forwardDefaults: (told['forward_defaults'] as Record<string, unknown>[]).map(elementOf),
      capturedData: (told['captured_data'] as Record<string, unknown>[]).map(elementOf),
      summary: told['summary'] as string,
    };
  }

  /** What kind of optic it is, on a schema or whatever the schema. @example `chain.optic(schema) === 'iso'` */
  optic(schema?: Schema): OpticKind {
    if (schema === undefined) return this.#about['optic'] as OpticKind;
    return this.#on('chain.optic', schema) as OpticKind;
  }

  /** One chain and then another. @example `pp.chain.renameField('', 'a', 'b').andThen(pp.chain.removeField('', 'c'))` */
  andThen(other: Chain): Chain {
    return Chain.told(this.#runtime, this.#runtime.call('chain.compose', { first: this.#given, second: chainOf(other)._json }) as WireMap);
  }

  /** Whether it applies to a schema, or the reasons of the first step that does not. @example `chain.appliesTo(schema).applies` */
  appliesTo(schema: Schema): Applicability {
    const told = this.#on('chain.check', schema) as WireMap;
    if (told['applies'] === true) return { applies: true, reasons: [] };
    return { applies: false, reasons: (told['reasons'] as readonly WireMap[]).map(readError) };
  }

  /** The lens of this chain on a schema. @example `const { view, complement } = chain.lens(schema).get(record);` */
  lens(schema: Schema): Lens {
    return new Lens(this.#runtime, this.#on('chain.lens', schema) as WireMap);
  }

  /** The schema that it leads to. @example `chain.target(schema).fields().map((field) => field.name)` */
  target(schema: Schema): Schema {
    return new Schema(this.#runtime, this.#on('chain.target', schema) as WireMap);
  }

  /**
   * The same as one migration; an error of code `migrations-not-fusable` where it takes several.
   *
   * @example `chain.migration(schema).changes`
   */
  migration(schema: Schema): Migration {
    return new Migration(this.#runtime, this.#on('chain.migration', schema) as WireMap);
  }

  /** The chain that leads back; an error of code `no-inverse` where there is none. @example `chain.andThen(chain.inverse(schema)).lens(schema)` */
  inverse(schema: Schema): Chain {
    return Chain.told(this.#runtime, this.#on('chain.inverse', schema) as WireMap);
  }

  /** A shorter chain of the same meaning. @example `chain.simplify().length <= chain.length` */
  simplify(): Chain {
    return Chain.told(this.#runtime, this.#runtime.call('chain.simplify', { chain: this.#given }) as WireMap);
  }

  /** The same as one step. @example `chain.fuse().length` */
  fuse(): Chain {
    return Chain.told(this.#runtime, this.#runtime.call('chain.fuse', { chain: this.#given }) as WireMap);
  }

  /** The same for schemas of a morphism's codomain. @example `chain.lift({ sort_map: {}, op_map: {} })` */
  lift(morphism: object): Chain {
    const request = { chain: this.#given, morphism: toJson(morphism) };
    return Chain.told(this.#runtime, this.#runtime.call('chain.lift', request) as WireMap);
  }

  /**
   * To which of many schemas it applies, and why not to the others. Names of a list are its indices.
   *
   * @example `chain.fleet({ post, profile }).skipped['profile']?.[0]?.help`
   */
  fleet(schemas: Readonly<Record<string, Schema>> | readonly Schema[]): Fleet {
    const named = membersOf('schemas', schemas);
    const objects = named.map(([name, schema]) => schemaOf(name, schema)._stored);
    const digests = Object.fromEntries(named.map(([name], at) => [name, objects[at]?.digest]));
    const told = this.#runtime.call('chain.fleet', { chain: this.#given, schemas: digests }, objects) as WireMap;
    const skipped = (told['skipped'] as readonly WireMap[]).map((one) => [
      one['name'] as string,
      (one['reasons'] as readonly WireMap[]).map(readError),
    ]);
    return { applied: told['applied'] as unknown as string[], skipped: Object.fromEntries(skipped) as Fleet['skipped'] };
  }

  /** Whether another chain has the same steps. */
  equals(other: unknown): boolean {
    return other instanceof Chain && other.toText() === this.toText();
  }

  /** The canonical JSON text: what `pp.chain.parse` reads. @example `pp.chain.parse(chain.toText()).equals(chain)` */
  toText(): string {
    return this.#about['json'] as string;
  }

  /** The steps as plain values. */
  toJSON(): readonly Step[] {
    return fromJson(this.toText(), 'text') as Step[];
  }

  /** The steps in words, a line each. */
  override toString(): string {
    return (this.#about['listing'] as string).trimEnd();
  }

  /** @internal */
  protected override _step(step: Step): Chain {
    const steps = this.#given === '[]' ? [] : (fromJson(this.#about['json'] as string, 'text') as Step[]);
    return new Chain(this.#runtime, toJson([...steps, step]));
  }

  #on(op: string, schema: Schema): unknown {
    const { digest } = schemaOf('schema', schema)._stored;
    return this.#runtime.call(op, { chain: this.#given, schema: digest }, [schema._stored]);
  }
}

/**
 * What makes chains: `pp.chain`. Its methods of steps make chains of one step.
 *
 * @example `const chain = pp.chain.renameField('author', 'name', 'displayName');`
 */
export class Chains extends StepMaker<Chain> {
  readonly #runtime: Runtime;

  /** @internal */
  constructor(runtime: Runtime) {
    super();
    this.#runtime = runtime;
  }

  /** The chain without steps. */
  get empty(): Chain {
    return new Chain(this.#runtime, '[]');
  }

  /** The chain of a JSON text, or of steps as values; checked. @example `pp.chain.parse('[{"step_type": "remove_field", "name": "note"}]').steps` */
  parse(steps: string | readonly Step[]): Chain {
    const chain = typeof steps === 'string' ? steps : toJson(steps);
    return Chain.told(this.#runtime, this.#runtime.call('chain.parse', { chain }) as WireMap);
  }

  /**
   * The chain that leads from one schema to another, as far as names and hints decide and steps can say it.
   *
   * @example `pp.chain.between(old, next, { hints: { text: 'body' } }).chain.steps`
   */
  between(old: Schema, next: Schema, options: MigrateOptions = {}): FoundChain {
    const objects = [schemaOf('old', old)._stored, schemaOf('next', next)._stored] as const;
    return this.#found(this.#runtime.call('chain.between', requestBetween(old, next, options), objects) as WireMap);
  }

  /** The chain of a migration. @example `pp.chain.fromMigration(migration).exact` */
  fromMigration(migration: Migration): FoundChain {
    const stored = storedOf('migration', 'migration', migration);
    return this.#found(this.#runtime.call('chain.from_migration', { migration: stored.digest }, [stored]) as WireMap);
  }

  /** The chain of a lens document, in JSON or YAML. @example `pp.chain.document('id: drop\nsteps:\n  - remove_field: note\n', { format: 'yaml' }).chain.steps` */
  document(text: string, options: DocumentOptions = {}): LensDocument {
    const sides = [options.old, options.new].flatMap((schema) => (schema === undefined ? [] : [storedOf('schema', 'options', schema)]));
    const told = this.#runtime.call(
      'document.chain',
      {
        document: text,
        format: options.format ?? (textOf('text', text).trimStart().startsWith('{') ? 'json' : 'yaml'),
        documents: options.documents,
        old: options.old?._stored.digest,
        new: options.new?._stored.digest,
      },
      sides,
    ) as WireMap;
    return {
      chain: Chain.told(this.#runtime, told),
      id: told['id'] as string,
      description: told['description'] as string,
      source: told['source'] as string,
      target: told['target'] as string,
      invertible: told['invertible'] as boolean,
      extensions: typeof told['extensions'] === 'string' ? fromJson(told['extensions'], 'text') : null,
    };
  }

  /** @internal */
  protected override _step(step: Step): Chain {
    return new Chain(this.#runtime, toJson([step]));
  }

  #found(told: WireMap): FoundChain {
    return {
      chain: Chain.told(this.#runtime, told),
      exact: told['exact'] as boolean,
      residue: told['residue'] as unknown as string[],
      questions: questionsOf(told['questions']),
    };
  }
}

function elementOf(element: Record<string, unknown>): ChainElement {
  const told = {
    elementName: element['element_name'] as string,
    elementKind: element['element_kind'] as string,
    description: element['description'] as string,
  };
  return 'suggested_default' in element ? { ...told, suggestedDefault: element['suggested_default'] } : told;
}

/** @internal */
export function chainOf(value: unknown): Chain {
  if (value instanceof Chain) return value;
  throw new PanprotoUsageError('this is not a chain', { code: 'wrong-argument', path: 'chain', help: 'make one: `pp.chain.renameField(…)`' });
}

function schemaOf(name: string, value: Schema): Schema {
  return checked('schema', name, value);
}
