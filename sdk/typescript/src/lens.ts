/**
 * Lenses: records forwards and back.
 */

import { storedOf } from './argument.js';
import { Chunk } from './chunk.js';
import { coverageOf } from './coverage.js';
import type { Coverage, CoverageRecords } from './coverage.js';
import { PanprotoUsageError } from './errors.js';
import type { Numbers, Source } from './json.js';
import { Feed } from './feed.js';
import type { Framing } from './feed.js';
import { HEADER, Lines, concat, operation, slices } from './lines.js';
import type { GotLines, LinesOptions } from './lines.js';
import { groups, putInput, runGroup } from './put.js';
import type { Group } from './put.js';
import { bytesOf, decodeText, encodeText, given, inUnitsOf, lentFor, remember, remembered, returned } from './records.js';
import type { Form } from './records.js';
import type { Bytes } from './realm.js';
import { RunOp, hex } from './runtime.js';
import type { Ran, Runtime } from './runtime.js';
import { asTheyCome, go, orAborted, piecesOf, turn } from './sources.js';
import type { BytesSource } from './sources.js';
import { StoredObject } from './stored.js';
import { decode } from './wire.js';
import type { Wire, WireMap } from './wire.js';

/** What `get` gives. */
export interface Got<View = unknown> {
  /** The record as the new schema has it. */
  readonly view: View;
  /** What the view cannot tell; `put` wants it back. Confidential like the record. */
  readonly complement: Bytes;
}

/** Whether the laws hold on a record. */
export interface LawCheckResult {
  readonly holds: boolean;
  readonly violation: string | null;
}

/** A statement about a lens, made before anything runs. */
export interface Statement {
  readonly code: string;
  readonly path: string;
  readonly text: string;
}

/** What {@link Lens.spec} says. */
export interface LensSpec {
  /** Where `get` may refuse a record. */
  readonly partial: readonly Statement[];
  /** Where a view that is valid cannot be put back. */
  readonly viewDomain: readonly Statement[];
  /** Old fields that need a default when there is no complement. */
  readonly needsDefault: readonly Statement[];
  /** What the complement keeps. */
  readonly complement: readonly Statement[];
  /** Whether views tell everything that records do. */
  readonly lossless: boolean;
}

/** A remark on a record that was put back. */
export interface PutNote {
  readonly code: string;
  readonly path: string;
  readonly record: number;
}

/** Why a lens is no isomorphism. */
export interface Obstruction {
  readonly kind: 'DroppedVertices' | 'DroppedEdges' | 'NotBijective' | 'EdgeNotBijective';
  readonly message: string;
  readonly reasons: readonly { readonly kind: string; readonly code: string; readonly path: string; readonly inTarget: boolean; readonly why: string }[];
}

/** A lens in fewer stages. */
export interface FusedLens {
  readonly lens: Lens;
  /** Why the stages that are left stay apart. */
  readonly obstacles: readonly { readonly path: string; readonly why: string }[];
}

/** Options of record operations on values. */
export interface RecordOptions {
  /** What happens to a number that no JavaScript number holds; see {@link Numbers}. */
  readonly numbers?: Numbers;
}

/** Options of {@link Lens.put}. */
export interface PutOptions extends RecordOptions {
  /** Is told remarks, as that items of a list could not be told apart. */
  readonly onNote?: (note: PutNote) => void;
}

/** Options of {@link Lens.convert}. */
export interface ConvertOptions extends RecordOptions {
  /** `lift` (the default) goes forwards, `create` backwards. */
  readonly direction?: 'lift' | 'create';
  /** Ends the conversion: between chunks, and where the next record does not come. */
  readonly signal?: AbortSignal;
  /** Is told how many records are done, between chunks. */
  readonly onProgress?: (done: number) => void;
}

/** Options of {@link Lens.stream}. */
export interface StreamOptions extends LinesOptions {
  /** `lift` (the default) goes forwards, `create` backwards. */
  readonly direction?: 'lift' | 'create';
  /** How records follow one another: `lines` where it is left out. */
  readonly framing?: Framing;
}

/** Options of {@link Lens.convertBytes}. */
export interface ConvertBytesOptions extends StreamOptions {
  /** Ends the conversion: between slices, and where the next piece does not come. */
  readonly signal?: AbortSignal;
  /** Is told how many records and bytes are done. */
  readonly onProgress?: (progress: { readonly records: number; readonly bytes: number }) => void;
}

/** A header that is there already. */
const NOTHING = new Uint8Array(0);

/** The form of a record, what came of it (bytes for bytes, text for the other forms), and the second output. */
type OneRan = readonly [form: Form, output: Bytes | string, second: Bytes];

/**
 * A lens between two schemas. Records are values, or JSON as text or bytes: what comes out has the form of what went in.
 *
 * @example
 * ```ts
 * const { view, complement } = lens.get(record);
 * const restored = lens.put({ ...view, body: 'edited' }, complement);
 * ```
 */
export class Lens extends StoredObject {
  /** What complements of this lens are bound to, in hexadecimal. */
  readonly fingerprint: string;
  readonly #spec: LensSpec;

  /** @internal */
  constructor(runtime: Runtime, answer: WireMap) {
    super(runtime, 'lens', answer);
    this.fingerprint = hex(answer['fingerprint'] as Uint8Array);
    this.#spec = specOf(answer['spec'] as WireMap);
  }

  /** @internal */
  _run(op: number, flags: number, input: readonly Uint8Array[]): Ran {
    return this._runtime.run(this._stored, { op, flags, input });
  }

  /**
   * A record as the new schema has it.
   *
   * @example `lens.lift({ text: 'hello' })`
   */
  lift<Record = unknown>(record: Record, options: RecordOptions = {}): Record extends string ? string : Record extends Uint8Array ? Bytes : unknown {
    return this.#one(RunOp.lift, record, options) as never;
  }

  /**
   * A record as the new schema has it, and what that cannot tell.
   *
   * @example `const { view, complement } = lens.get(record);`
   */
  get(record: string, options?: RecordOptions): Got<string>;
  get(record: Uint8Array, options?: RecordOptions): Got<Bytes>;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a view has the shape of a schema that is not known here
  get(record: unknown, options?: RecordOptions): Got<any>;
  get(record: unknown, options: RecordOptions = {}): Got {
    const [form, output, complement] = this.#run(RunOp.get, record);
    if (form === 'value') remember(complement, output as string);
    return { view: returned(output, form, options.numbers), complement };
  }

  /**
   * The record of a view, edited or not, and its complement. An edit that the old schema cannot carry is refused with its path.
   *
   * @example `lens.put({ ...view, body: 'edited' }, complement)`
   */
  put<View = unknown>(view: View, complement: Uint8Array, options: PutOptions = {}): View extends string ? string : View extends Uint8Array ? Bytes : unknown {
    const [form, output, second] = this.#put(view, complement);
    const record = returned(output, form, options.numbers);
    if (options.onNote !== undefined) for (const note of notes(second)) options.onNote(note);
    return record as never;
  }

  /**
   * The record of a view without a complement: defaults fill what the view cannot tell.
   *
   * @example `lens.create({ body: 'hello' })`
   */
  create<View = unknown>(view: View, options: RecordOptions = {}): View extends string ? string : View extends Uint8Array ? Bytes : unknown {
    return this.#one(RunOp.create, view, options) as never;
  }

  /**
   * Checks on a record that nothing is lost: the unedited view put back is the record, and what is put is got again. A record
   * that the lens refuses is an error, not a violation.
   *
   * @example `console.assert(lens.checkLaws(record).holds);`
   */
  checkLaws(record: unknown): LawCheckResult {
    const { bytes, text } = given(record);
    const checked = inUnitsOf(text, () =>
      this._runtime.call('lens.check', { lens: this._stored.digest, record: bytes }, [this._stored]),
    ) as WireMap;
    return { holds: checked['holds'] as boolean, violation: checked['violation'] as string | null };
  }

  /**
   * What may fail, what the complement keeps, and what needs a default: said before anything runs.
   *
   * @example `for (const { path, text } of lens.spec().needsDefault) console.log(path, text);`
   */
  spec(): LensSpec {
    return this.#spec;
  }

  /**
   * This lens and then another, whose records are the views of this one.
   *
   * @example `lens.andThen(migration.invert().lens()).lift(record)`
   */
  andThen(next: Lens): Lens {
    const objects = [this._stored, storedOf('lens', 'next', next)] as const;
    const answer = this._runtime.call('lens.compose', { first: objects[0].digest, second: objects[1].digest }, objects);
    return new Lens(this._runtime, answer as WireMap);
  }

  /**
   * The same in as few stages as give the same values and refusals; members that are made stand where the last schema
   * declares them.
   *
   * @example `lens.fuse().lens.lift(record)`
   */
  fuse(): FusedLens {
    const told = this._runtime.call('lens.fuse', { lens: this._stored.digest }, [this._stored]) as WireMap;
    return { lens: new Lens(this._runtime, told), obstacles: told['obstacles'] as unknown as FusedLens['obstacles'] };
  }

  /**
   * Why it is no isomorphism; `null` where it is one.
   *
   * @example `lens.obstruction()?.reasons.map((reason) => reason.path)`
   */
  obstruction(): Obstruction | null {
    const told = this._runtime.call('lens.obstruction', { lens: this._stored.digest }, [this._stored]) as WireMap;
    if (told['obstruction'] === null) return null;
    const reasons = (told['reasons'] as readonly WireMap[]).map((reason) => ({
      kind: reason['kind'] as string,
      code: reason['code'] as string,
      path: reason['path'] as string,
      inTarget: reason['in_target'] as boolean,
      why: reason['why'] as string,
    }));
    return { kind: reasons[0]?.kind as Obstruction['kind'], message: told['obstruction'] as string, reasons };
  }

  /**
   * A dry run over records: how many have a valid view, and why the others have none.
   *
   * @example `lens.coverage('{"text":"a"}\n{"text":1}\n').percent`
   */
  coverage(records: CoverageRecords): Coverage {
    return coverageOf(this._runtime, 'lens', this._stored, records);
  }

  /**
   * Newline-delimited records to views. Every line is whole; the last may lack its newline.
   *
   * @example `await writeFile('v2.ndjson', lens.liftNdjson(await readFile('v1.ndjson')));`
   */
  liftNdjson(data: Uint8Array, options: LinesOptions = {}): Bytes {
    return this.#lines(RunOp.lift, data, options);
  }

  /**
   * Newline-delimited records to views and complements, which stay in step.
   *
   * @example `const { views, complements } = lens.getNdjson(data);`
   */
  getNdjson(data: Uint8Array, options: LinesOptions = {}): GotLines {
    const whole = linesOf(data);
    const lines = new Lines(this, RunOp.get, options, whole);
    const views: Bytes[] = [];
    const complements: Bytes[] = [];
    for (const slice of atLeastOne(whole)) {
      const { output, second } = lines.slice(slice);
      views.push(output);
      complements.push(second);
    }
    return { views: concat(views), complements: concat(complements) };
  }

  /**
   * Newline-delimited views and their complements to records.
   *
   * @example `lens.putNdjson(views, complements)`
   */
  putNdjson(views: Uint8Array, complements: Uint8Array, options: LinesOptions = {}): Bytes {
    const kept = bytesOf(complements);
    if (kept === null) {
      throw new PanprotoUsageError('complements are the bytes that `getNdjson` gave', {
        code: 'wrong-argument',
        path: 'complements',
      });
    }
    const whole = linesOf(views);
    const lines = new Lines(this, RunOp.put, options, whole);
    const header = kept.subarray(0, HEADER);
    const outputs: Bytes[] = [];
    const { flags } = lines;
    const run = ({ views: some, bodies }: Group): Ran => this._run(RunOp.put, flags, putInput(header, bodies, some));
    for (const group of groups(whole, kept)) {
      const size = { bytes: group.views.length, lines: 0 };
      outputs.push(lines.settle(size, () => runGroup(group, flags, run)).output);
    }
    return concat(outputs);
  }

  /**
   * Newline-delimited views to records, without complements.
   *
   * @example `lens.createNdjson(views)`
   */
  createNdjson(views: Uint8Array, options: LinesOptions = {}): Bytes {
    return this.#lines(RunOp.create, views, options);
  }

  /**
   * Converts records one after another, in order, as they are asked for. They cross in chunks.
   *
   * @example
   * ```ts
   * for await (const view of lens.convert(records, { signal, onProgress: (done) => console.log(done) })) send(view);
   * ```
   */
  async *convert(records: Iterable<unknown> | AsyncIterable<unknown>, options: ConvertOptions = {}): AsyncGenerator<unknown, void, undefined> {
    const { signal, onProgress } = options;
    const chunk = new Chunk(operation(options.direction), options.numbers);
    if (!isRecords(records)) {
      throw new PanprotoUsageError('records are an array or another iterable', {
        code: 'wrong-argument',
        path: 'records',
        help: 'one record is converted by `lens.lift(record)`, bytes of many by `lens.convertBytes(bytes)`',
      });
    }
    // What a record cannot be is told after the records before it.
    let failed: { readonly error: unknown } | null = null;
    const send = function* (lens: Lens): Generator<unknown, void, undefined> {
      if (!chunk.empty) {
        yield* chunk.run(lens._runtime, lens._stored);
        onProgress?.(chunk.done);
      }
      if (failed !== null) throw failed.error;
    };
    const isFull = (record: unknown): boolean => {
      go(signal);
      try {
        return chunk.add(record);
      } catch (error) {
        failed = { error };
        return true;
      }
    };
    if (Symbol.iterator in records) {
      // What is there at once is not waited for, one by one.
      for (const record of records) {
        if (isFull(record instanceof Promise ? await orAborted(record, signal) : record)) for (const view of send(this)) yield view;
      }
    } else {
      for await (const record of signal === undefined ? records : asTheyCome(records, signal)) if (isFull(record)) for (const view of send(this)) yield view;
    }
    go(signal);
    for (const view of send(this)) yield view;
  }

  /**
   * A stream of records to one of views, in constant memory and with back-pressure. Records may be cut anywhere. They are lines,
   * unless `framing` says otherwise: items of one JSON array, JSON values after one another, MessagePack.
   *
   * @example `await file.stream().pipeThrough(lens.stream()).pipeTo(out);`
   */
  stream(options: StreamOptions = {}): TransformStream<Uint8Array, Bytes> {
    const op = operation(options.direction);
    const feed = new Feed(options.framing, options.onError, () => this._runtime.recordBytes);
    const send = async (more: boolean, controller: TransformStreamDefaultController<Bytes>): Promise<void> => {
      let several = false;
      for (const output of this.#fed(op, feed, more)) {
        // Of a large piece, one slice at a time: a page that writes it stays responsive.
        if (several) await turn();
        several = true;
        if (output.length > 0) controller.enqueue(output);
      }
    };
    return new TransformStream<Uint8Array, Bytes>({
      transform: (chunk, controller) => {
        feed.feed(chunkOf(chunk));
        return send(true, controller);
      },
      flush: (controller) => send(false, controller),
    });
  }

  /**
   * The records of a file, a stream or pieces to views, as they are asked for; what {@link Lens.stream} does for what is no stream.
   *
   * @example `for await (const piece of lens.convertBytes(file, { onProgress: ({ records }) => console.log(records) })) send(piece);`
   */
  async *convertBytes(source: BytesSource, options: ConvertBytesOptions = {}): AsyncGenerator<Bytes, void, undefined> {
    const { signal, onProgress } = options;
    const op = operation(options.direction);
    const feed = new Feed(options.framing, options.onError, () => this._runtime.recordBytes);
    const send = async function* (lens: Lens, more: boolean): AsyncGenerator<Bytes, void, undefined> {
      for (const output of lens.#fed(op, feed, more)) {
        onProgress?.({ records: feed.done, bytes: feed.bytes });
        if (output.length > 0) yield output;
        go(signal);
      }
    };
    for await (const piece of piecesOf(source, signal)) {
      go(signal);
      feed.feed(piece);
      yield* send(this, true);
    }
    yield* send(this, false);
  }

  /** @internal */
  _liftValue(record: unknown): { readonly data: unknown; readonly _rawBytes: Uint8Array } {
    return valueOf(this.#run(RunOp.lift, record)[1]);
  }

  /** @internal */
  _getValue(record: unknown): Got {
    const [, output, complement] = this.#run(RunOp.get, record);
    const text = typeof output === 'string' ? output : decodeText(output);
    remember(complement, text);
    return { view: returned(text, 'value', undefined), complement };
  }

  /** @internal */
  _putValue(view: unknown, complement: Uint8Array): { readonly data: unknown; readonly _rawBytes: Uint8Array } {
    return valueOf(this.#put(view, complement)[1]);
  }

  #put(view: unknown, complement: Uint8Array): OneRan {
    const kept = bytesOf(complement);
    if (kept === null) {
      throw new PanprotoUsageError('a complement is the bytes that `get` gave', { code: 'wrong-argument', path: 'complement' });
    }
    return this.#run(RunOp.put, view, kept, remembered(complement));
  }

  #one(op: number, record: unknown, options: RecordOptions): unknown {
    const [form, output] = this.#run(op, record);
    return returned(output, form, options.numbers);
  }

  /** Runs one record; `complement` is that of a view. */
  #run(op: number, record: unknown, complement?: Uint8Array, old?: Source): OneRan {
    const { form, bytes, text } = lentFor(record, old);
    const input = complement === undefined ? [bytes] : putInput(NOTHING, complement, bytes);
    const asText = form !== 'bytes';
    const run = (): Ran => this._runtime.run(this._stored, { op, flags: 0, input, asText });
    const ran = text === null ? run() : inUnitsOf(text, run);
    return [form, asText ? ran.text : ran.output, ran.second];
  }

  #lines(op: number, data: Uint8Array, options: LinesOptions): Bytes {
    const whole = linesOf(data);
    const lines = new Lines(this, op, options, whole);
    const outputs: Bytes[] = [];
    for (const slice of slices(whole)) outputs.push(lines.slice(slice).output);
    return concat(outputs);
  }

  *#fed(op: number, feed: Feed, more: boolean): Generator<Bytes, void, undefined> {
    for (let asked = feed.ask(more); asked !== null; asked = feed.ask(more)) {
      const { flags, input } = asked;
      const output = feed.settle(() => this._run(op, flags, input));
      if (output !== null) yield output;
    }
  }
}

function valueOf(output: Uint8Array | string): { readonly data: unknown; readonly _rawBytes: Uint8Array } {
  const _rawBytes = typeof output === 'string' ? encodeText(output) : output;
  return { data: returned(output, 'value', undefined), _rawBytes };
}

/** Text and bytes can be iterated too, but what comes is no record. */
function isRecords(records: unknown): records is Iterable<unknown> | AsyncIterable<unknown> {
  if (typeof records !== 'object' || records === null || bytesOf(records) !== null) return false;
  return Symbol.iterator in records || Symbol.asyncIterator in records;
}

function linesOf(data: unknown): Uint8Array {
  const bytes = bytesOf(data);
  if (bytes !== null) return bytes;
  throw new PanprotoUsageError('lines are bytes', {
    code: 'wrong-argument',
    help: 'encode text first: `new TextEncoder().encode(text)`',
  });
}

function chunkOf(chunk: unknown): Uint8Array {
  return typeof chunk === 'string' ? encodeText(chunk) : linesOf(chunk);
}

/** So that what has no line at all is run too: complements have a header, and left-over ones are refused. */
function* atLeastOne(data: Uint8Array): Generator<Uint8Array, void, undefined> {
  if (data.length === 0) yield data;
  else yield* slices(data);
}

function notes(bytes: Uint8Array): PutNote[] {
  return bytes.length === 0 ? [] : (decode(bytes) as unknown as PutNote[]);
}

function specOf(spec: WireMap): LensSpec {
  const list = (name: string): readonly Statement[] => spec[name] as Wire as unknown as Statement[];
  return Object.freeze({
    partial: list('partial'),
    viewDomain: list('view_domain'),
    needsDefault: list('needs_default'),
    complement: list('complement'),
    lossless: spec['lossless'] as boolean,
  });
}
