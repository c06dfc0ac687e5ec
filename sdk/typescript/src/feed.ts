/**
 * Streams in pieces: what the module did not take is kept and put before the next piece. Nothing of a stream stays inside of
 * the module, so an instance may be replaced between two pieces.
 */

import { PanprotoError, PanprotoUsageError } from './errors.js';
import { LIMIT_OF_TOLD, endless, failing, joined, linesIn, reach, shift } from './lines.js';
import type { OnError } from './lines.js';
import type { Bytes } from './realm.js';
import type { Ran } from './runtime.js';

/**
 * How records follow one another: a `lines` each, items of one JSON `array`, JSON `values` with anything white between them, or
 * `messagepack` values. The output of JSON is lines, that of MessagePack is MessagePack.
 */
export type Framing = 'lines' | 'array' | 'values' | 'messagepack';

const FRAMINGS: Readonly<Record<Framing, number>> = { lines: 1, array: 2, values: 3, messagepack: 4 };
const MORE = 1 << 8;
const CONTINUED = 1 << 9;

/** Bytes that are run at once. */
const SLICE = 1 << 20;

/** Pieces that are kept as they came; more of them are joined. */
const PIECES = 16;

/** What to run next: bytes, one piece after another. */
export interface Asked {
  readonly flags: number;
  readonly input: readonly Uint8Array[];
}

/** What is being run, how long it is, and whether the stream ends with it. */
interface Running {
  readonly input: readonly Uint8Array[];
  readonly length: number;
  readonly last: boolean;
}

/** Says what of a stream to run, and where in it its failures are. Whoever has it runs that: here, or in a worker. */
export class Feed {
  readonly #framing: Framing;
  readonly #onError: OnError | undefined;
  readonly #recordBytes: () => number;
  readonly #flags: number;
  /** No piece of this size holds more failures than the module tells: a record has a byte, and one after it unless it is MessagePack. */
  readonly #surelyTold: number;
  #held: Uint8Array[] = [];
  #length = 0;
  /** Nothing was taken of this much: asking again before there is more would take quadratic time. */
  #patience = 0;
  #size = SLICE;
  /** There is something that was not run. */
  #fresh = false;
  #begun = false;
  /** The newest piece is the caller's. */
  #borrowed = false;
  #done = false;
  #asked: Running | null = null;
  /** What the stream ends with, after the records before it. */
  #ending: { readonly error: PanprotoError; before: number } | null = null;
  #records = 0;
  #lines = 0;
  #offset = 0;

  /** @param recordBytes - the limit of a record */
  constructor(framing: Framing = 'lines', onError: OnError | undefined, recordBytes: () => number) {
    const code = Object.hasOwn(FRAMINGS, framing) ? FRAMINGS[framing] : undefined;
    if (code === undefined) {
      throw new PanprotoUsageError(`there is no framing \`${String(framing)}\``, {
        code: 'wrong-argument',
        path: 'framing',
        help: '`lines`, `array`, `values` or `messagepack`',
      });
    }
    this.#framing = framing;
    this.#surelyTold = framing === 'messagepack' ? LIMIT_OF_TOLD : 2 * LIMIT_OF_TOLD;
    this.#onError = onError;
    this.#recordBytes = recordBytes;
    this.#flags = code | (failing(onError) << 4);
  }

  /** How many records were taken. */
  get done(): number {
    return this.#records;
  }

  /** How many bytes. */
  get bytes(): number {
    return this.#offset;
  }

  /** Takes a piece, to be asked for at once. It is not changed, and its memory is not kept. */
  feed(piece: Uint8Array): void {
    if (piece.length === 0) return;
    this.#held.push(piece);
    this.#length += piece.length;
    this.#fresh = true;
    this.#borrowed = true;
  }

  /** What to run now, `more` of the stream coming or not; null where there is nothing. */
  ask(more: boolean): Asked | null {
    const ending = this.#ending;
    if (ending !== null) {
      if (ending.before === 0) throw ending.error;
      const input = this.#part(0, ending.before);
      this.#asked = { input, length: ending.before, last: false };
      ending.before = 0;
      return { flags: this.#flags | MORE | (this.#begun ? CONTINUED : 0), input };
    }
    if (this.#done || (more && (!this.#fresh || this.#length < this.#patience))) {
      this.#own();
      return null;
    }
    if (this.#held.length > PIECES) {
      this.#held = [joined(this.#held)];
      this.#borrowed = false;
    }
    const length = Math.min(this.#length, Math.max(this.#size, this.#patience));
    const input = this.#part(0, length);
    const last = !more && length === this.#length;
    this.#asked = { input, length, last };
    return { flags: this.#flags | (last ? 0 : MORE) | (this.#begun ? CONTINUED : 0), input };
  }

  /** What came of it: its output. Failures that are not raised are told. */
  settle(run: () => Ran): Bytes | null {
    const asked = this.#asked as Running;
    let ran: Ran;
    try {
      ran = run();
    } catch (error) {
      if (!(error instanceof PanprotoError)) throw error;
      const before = this.#ending === null ? (error.offset ?? 0) : 0;
      this.#place(error);
      if (before === 0) throw error;
      this.#ending = { error, before };
      return null;
    }
    const told = typeof this.#onError === 'function';
    if (told && this.#ending === null && ran.failures > ran.failed.length && asked.length > this.#surelyTold) {
      // More failures than are told at once: the same again, in smaller pieces.
      this.#size = Math.max(asked.length >> 1, this.#surelyTold);
      this.#patience = 0;
      return null;
    }
    for (const error of ran.failed) this.#place(error);
    this.#advance(asked, ran);
    if (typeof this.#onError === 'function') for (const error of ran.failed) this.#onError(error);
    return ran.output;
  }

  /** Copies the newest piece where it is kept: it is the caller's, who may use its memory again. */
  #own(): void {
    const newest = this.#held.at(-1);
    if (!this.#borrowed || newest === undefined) return;
    this.#held[this.#held.length - 1] = newest.slice();
    this.#borrowed = false;
  }

  #advance({ input, length, last }: Running, { records, failures, taken }: Ran): void {
    this.#records += records + failures;
    this.#offset += taken;
    if (this.#framing === 'lines') this.#count(input, taken);
    this.#begun ||= taken > 0;
    const all = length === this.#length;
    this.#held = this.#part(taken, this.#length);
    this.#length -= taken;
    this.#done = last;
    // What was run whole is run again only with more.
    this.#fresh = !all;
    this.#patience = taken > 0 || last ? 0 : this.#more(length);
    if (all) this.#own();
    if (taken > 0) this.#size = Math.min(SLICE, this.#size * 2);
  }

  /** How much has to be there, where that much held no whole record. */
  #more(length: number): number {
    if (2 * length <= SLICE) return 2 * length;
    const reached = reach(this.#recordBytes());
    if (length < reached) return Math.min(2 * length, reached);
    const error = endless(reached, this.#framing === 'lines' ? 1 : null);
    this.#place(error);
    throw error;
  }

  /** A part of what is held. */
  #part(from: number, to: number): Uint8Array[] {
    const part: Uint8Array[] = [];
    let start = 0;
    for (const piece of this.#held) {
      const end = start + piece.length;
      if (start >= from && end <= to) part.push(piece);
      else if (end > from && start < to) part.push(piece.subarray(Math.max(from - start, 0), to - start));
      start = end;
    }
    return part;
  }

  #count(input: readonly Uint8Array[], taken: number): void {
    let left = taken;
    for (const piece of input) {
      this.#lines += linesIn(piece, Math.min(left, piece.length));
      left -= piece.length;
      if (left <= 0) return;
    }
  }

  #place(error: PanprotoError): void {
    shift(error, this.#records, this.#lines, this.#offset);
  }
}
