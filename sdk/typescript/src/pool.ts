/**
 * Workers that convert lines, in order and with back-pressure, while the page stays responsive.
 */

import { checked } from './argument.js';
import { PanprotoUsageError, WasmError, toldError } from './errors.js';
import type { PanprotoError, ToldError } from './errors.js';
import { Feed } from './feed.js';
import type { Framing } from './feed.js';
import type { Lens } from './lens.js';
import { Lines, Slicer, joined, operation, reach } from './lines.js';
import type { LinesOptions } from './lines.js';
import type { Bytes } from './realm.js';
import type { Ran } from './runtime.js';
import { go, orAborted, piecesOf, streamOf } from './sources.js';
import type { BytesSource } from './sources.js';
import { dispose } from './stored.js';
import type { WireMap } from './wire.js';

/** One worker, whatever the runtime calls it. */
export interface Channel {
  post(message: WorkerRequest, transfer: ArrayBuffer[]): void;
  listen(onMessage: (answer: WorkerAnswer) => void, onError: (error: unknown) => void): void;
  close(): void;
}

/** What a worker is asked. */
export type WorkerRequest =
  | { readonly kind: 'module'; readonly module: WebAssembly.Module; readonly limits: WireMap | null }
  | { readonly kind: 'run'; readonly id: number; readonly lens: Uint8Array | null; readonly digest: string; readonly op: number; readonly flags: number; readonly input: Uint8Array };

/** What it answers; an error beside what ran is that of the record after it. */
export type WorkerAnswer = {
  readonly id: number;
  readonly ran?: { readonly output: Bytes; readonly records: number; readonly failures: number; readonly taken: number; readonly lines: number; readonly failed: readonly ToldError[] };
  readonly error?: ToldError;
};

/** Options of a {@link WorkerPool}. */
export interface PoolOptions {
  /** How many workers; one less than the machine has processors where it is left out, 4 at most. */
  readonly size?: number;
}

/** Options of {@link WorkerPool.convert}. */
export interface PoolConvertOptions extends LinesOptions {
  /**
   * How records follow one another: `lines` where it is left out. Lines are converted by all workers at once, other framings by
   * one: where a record ends is known only when the one before it is read.
   */
  readonly framing?: Framing;
  /** `lift` (the default) goes forwards, `create` backwards. */
  readonly direction?: 'lift' | 'create';
  /** Ends the conversion. */
  readonly signal?: AbortSignal;
  /** Is told how many records and bytes are done. */
  readonly onProgress?: (progress: { readonly records: number; readonly bytes: number }) => void;
}

/** Records as bytes: all of them, a file, a stream, or pieces. */
export type LinesSource = BytesSource;

interface Seat {
  readonly channel: Channel;
  readonly lenses: Set<string>;
  module: WebAssembly.Module | null;
  limits: WireMap | null;
  waiting: number;
}

/** What a worker made of a slice, how many lines of it that took, and what failed after them. */
type Came = Ran & { readonly lines: number; readonly ending: PanprotoError | null };

/** What a source ended with instead of its end. */
interface Broken {
  readonly broken: unknown;
}

interface Waiting {
  readonly resolve: (ran: Came) => void;
  readonly reject: (error: unknown) => void;
  readonly seat: Seat;
}

/** Slices that are under way for each worker. */
const AHEAD = 6;

/**
 * Bytes of a slice of lines. What the page does for one, a copy and two messages, is far shorter than a frame; lines are
 * counted, and failures placed, by the worker.
 */
const SLICE = 256 << 10;

/** A pool of workers. Its entry point, `@panproto/core/worker`, knows how to make them. */
export abstract class BasePool {
  readonly size: number;
  readonly #seats: Seat[] = [];
  readonly #waiting = new Map<number, Waiting>();
  #next = 0;
  #closed = false;

  constructor(options: PoolOptions = {}) {
    const processors = typeof navigator === 'undefined' ? 2 : navigator.hardwareConcurrency || 2;
    this.size = options.size ?? Math.min(4, Math.max(1, processors - 1));
    if (!Number.isInteger(this.size) || this.size < 1) {
      throw new PanprotoUsageError('a pool has at least one worker', { code: 'wrong-argument', path: 'size' });
    }
  }

  /** @internal */
  protected abstract _spawn(): Channel;

  /**
   * Converts records that are lines, or framed as `framing` says; pieces come in order, as they are asked for.
   *
   * @example `for await (const piece of pool.convert(lens, file, { signal })) send(piece);`
   */
  async *convert(lens: Lens, source: LinesSource, options: PoolConvertOptions = {}): AsyncGenerator<Bytes, void, undefined> {
    const { signal, onProgress } = options;
    const op = operation(options.direction);
    if (options.framing !== undefined && options.framing !== 'lines') return yield* this.#inOrder(checked('lens', 'lens', lens), op, source, options);
    const lines = new Lines(checked('lens', 'lens', lens), op, options);
    const { flags } = lines;
    const underWay: { readonly size: number; readonly ran: Promise<Came | PanprotoError | Broken>; there: boolean }[] = [];
    let bytes = 0;
    const settle = async function* (): AsyncGenerator<Bytes, void, undefined> {
      go(signal);
      const { size, ran } = underWay.shift() as (typeof underWay)[number];
      const came = await orAborted(ran, signal);
      if ('broken' in came) throw came.broken;
      const failed = came instanceof Error ? came : came.ending;
      if (failed !== null) lines.place(failed);
      if (came instanceof Error) throw came;
      const { output } = lines.settle({ bytes: size, lines: came.lines }, () => came);
      bytes += failed === null ? size : came.taken;
      onProgress?.({ records: lines.done, bytes });
      if (output.length > 0) yield output;
      if (failed !== null) throw failed;
    };
    for await (const slice of wholeLines(source, lens, signal)) {
      go(signal);
      // An error is the answer until it is its turn: nothing is unhandled meanwhile.
      if (!(slice instanceof Uint8Array)) underWay.push({ size: 0, ran: Promise.resolve(slice), there: false });
      else {
        const one = { size: slice.length, ran: this.#run(lens, op, flags, slice).catch((error: PanprotoError) => error), there: false };
        void one.ran.then(() => (one.there = true));
        underWay.push(one);
      }
      // What is there already is not kept until there is no place any more: a source may be slow.
      while (underWay.length >= this.size * AHEAD || underWay[0]?.there === true) yield* settle();
    }
    while (underWay.length > 0) yield* settle();
  }

  /**
   * The same as a stream, with back-pressure.
   *
   * @example `await pool.stream(lens, file).pipeTo(out);`
   */
  stream(lens: Lens, source: LinesSource, options: PoolConvertOptions = {}): ReadableStream<Bytes> {
    return streamOf(this.convert(lens, source, options));
  }

  /** Ends the workers. What is under way is an error of code `disposed`. */
  dispose(): void {
    this.#closed = true;
    for (const seat of this.#seats.splice(0)) this.#drop(seat, disposed());
  }

  [dispose](): void {
    this.dispose();
  }

  /** Pieces one after another, by one worker. */
  async *#inOrder(lens: Lens, op: number, source: BytesSource, options: PoolConvertOptions): AsyncGenerator<Bytes, void, undefined> {
    const { signal, onProgress } = options;
    const feed = new Feed(options.framing, options.onError, () => lens._runtime.recordBytes);
    const run = async function* (pool: BasePool, more: boolean): AsyncGenerator<Bytes, void, undefined> {
      for (let asked = feed.ask(more); asked !== null; asked = feed.ask(more)) {
        const under = pool.#run(lens, op, asked.flags, joined(asked.input)).catch((error: PanprotoError) => error);
        const came = await orAborted(under, signal);
        const output = feed.settle(() => {
          if (came instanceof Error) throw came;
          return came;
        });
        if (output === null) continue;
        onProgress?.({ records: feed.done, bytes: feed.bytes });
        if (output.length > 0) yield output;
      }
    };
    for await (const piece of piecesOf(source, signal)) {
      go(signal);
      feed.feed(piece);
      yield* run(this, true);
    }
    yield* run(this, false);
  }

  /** Runs bytes that are given away. */
  #run(lens: Lens, op: number, flags: number, input: Uint8Array): Promise<Came> {
    if (this.#closed) return Promise.reject(disposed());
    const seat = this.#seat();
    const stored = lens._stored;
    const { module, limits } = lens._runtime;
    if (seat.module !== module || seat.limits !== limits) {
      seat.channel.post({ kind: 'module', module, limits }, []);
      seat.module = module;
      seat.limits = limits;
      seat.lenses.clear();
    }
    const known = seat.lenses.has(stored.name);
    seat.lenses.add(stored.name);
    const id = this.#next++;
    seat.waiting++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, seat });
      const request = { kind: 'run', id, lens: known ? null : stored.bytes, digest: stored.name, op, flags, input } as const;
      seat.channel.post(request, [input.buffer as ArrayBuffer]);
    });
  }

  /** The worker that has least to do; a new one while there are fewer than there may be. */
  #seat(): Seat {
    const idle = this.#seats.find((seat) => seat.waiting === 0);
    if (idle !== undefined) return idle;
    if (this.#seats.length >= this.size) return this.#seats.reduce((best, seat) => (seat.waiting < best.waiting ? seat : best));
    const seat: Seat = { channel: this._spawn(), lenses: new Set(), module: null, limits: null, waiting: 0 };
    seat.channel.listen(
      (answer) => this.#answered(answer),
      (error) => {
        const at = this.#seats.indexOf(seat);
        if (at < 0) return;
        this.#seats.splice(at, 1);
        this.#drop(seat, new WasmError('a worker failed', { code: 'worker-failed', cause: error }));
      },
    );
    this.#seats.push(seat);
    return seat;
  }

  #answered({ id, ran, error }: WorkerAnswer): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    waiting.seat.waiting--;
    const ending = error === undefined ? null : toldError(error);
    if (ran !== undefined) waiting.resolve({ ...ran, text: '', second: new Uint8Array(), failed: ran.failed.map(toldError), ending });
    else waiting.reject(toldError(error as ToldError));
  }

  #drop(seat: Seat, error: PanprotoError): void {
    seat.channel.close();
    for (const [id, waiting] of this.#waiting) {
      if (waiting.seat !== seat) continue;
      this.#waiting.delete(id);
      waiting.reject(error);
    }
  }
}

/** The slices of a source, and what ends it before its end: that comes after them. */
async function* wholeLines(source: BytesSource, lens: Lens, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array | PanprotoError | Broken, void, undefined> {
  const slicer = new Slicer(SLICE, reach(lens._runtime.recordBytes));
  try {
    for await (const piece of piecesOf(source, signal)) {
      for (const slice of slicer.feed(piece)) {
        yield slice;
        if (slice instanceof Error) return;
      }
    }
  } catch (broken) {
    yield { broken };
    return;
  }
  const rest = slicer.finish();
  if (rest !== null) yield rest;
}

function disposed(): PanprotoUsageError {
  return new PanprotoUsageError('the pool was disposed', { code: 'disposed', help: 'make another one' });
}
