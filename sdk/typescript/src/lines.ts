/**
 * Newline-delimited records, in slices of at most 1 MiB that end where lines end.
 */

import { PanprotoError, PanprotoLimitError, PanprotoUsageError } from './errors.js';
import type { Lens } from './lens.js';
import type { Bytes } from './realm.js';
import { RunOp } from './runtime.js';
import type { Ran } from './runtime.js';

/** Bytes of a slice; a longer line is a slice of its own. */
export const SLICE = 1 << 20;

export const NEWLINE = 10;

/** Framing and failures, as `pp_run` takes them. */
const LINES = 1;
export const FAILING = { raise: 0, skip: 1, collect: 2 } as const;

/** Failures that the module tells of one call. */
export const LIMIT_OF_TOLD = 1000;

/** The header of a complement: magic, version, fingerprint. A stream of complements has it once. */
export const HEADER = 36;

/** `raise` ends with the error of a record that fails (a stream after the records before it), `skip` leaves it out, and a function is told each error and leaves it out too. */
export type OnError = 'raise' | 'skip' | ((error: PanprotoError) => void);

/** How the module is told; what is no policy is refused, as a failure would be lost with it. */
export function failing(onError: OnError | undefined): number {
  if (onError === undefined || onError === 'raise') return FAILING.raise;
  if (onError === 'skip') return FAILING.skip;
  if (typeof onError === 'function') return FAILING.collect;
  throw new PanprotoUsageError(`\`${String(onError)}\` does not say what happens to a record that fails`, {
    code: 'wrong-argument',
    path: 'onError',
    help: '`raise`, `skip`, or a function that is told each error',
  });
}

/** The operation of a direction. */
export function operation(direction: 'lift' | 'create' | undefined): number {
  if (direction === undefined || direction === 'lift') return RunOp.lift;
  if (direction === 'create') return RunOp.create;
  throw new PanprotoUsageError(`there is no direction \`${String(direction)}\``, {
    code: 'wrong-argument',
    path: 'direction',
    help: '`lift` or `create`; what has complements goes back by `putNdjson`',
  });
}

/** What follows the limit of a record before nobody waits for its end any more: a record that ends within it can be skipped. */
const GRACE = SLICE;

/** Bytes within which a record ends. */
export function reach(recordBytes: number): number {
  return recordBytes + GRACE;
}

/** The error of a record that does not end within reach. */
export function endless(reached: number, line: number | null): PanprotoLimitError {
  return new PanprotoLimitError(`a record passes the limit of ${reached - GRACE} bytes`, {
    code: 'limit-size',
    help: 'raise the limit `recordBytes` if the input is trusted',
    record: 0,
    offset: 0,
    line,
  });
}

/** What happens to a record that fails. */
export interface LinesOptions {
  /** `raise` (the default) ends with its error (a stream after the records before it), `skip` leaves it out, and a function is told each error and leaves it out too. */
  readonly onError?: OnError;
}

/** What `getNdjson` gives. */
export interface GotLines {
  /** The views, a line each. */
  readonly views: Bytes;
  /** What they cannot tell, in step with them. */
  readonly complements: Bytes;
}

/** Converts lines slice by slice, and knows where in the whole it is. */
export class Lines {
  readonly #lens: Lens;
  readonly #op: number;
  readonly #onError: LinesOptions['onError'];
  /** What the slices are cut from, where it is here. */
  readonly #whole: Uint8Array | undefined;
  #records = 0;
  #lines = 0;
  /** Lines of the whole are counted up to here: only errors tell them, so it is done as late as can be. */
  #counted = 0;
  #offset = 0;
  #first = true;

  constructor(lens: Lens, op: number, options: LinesOptions, whole?: Uint8Array) {
    this.#lens = lens;
    this.#op = op;
    this.#onError = options.onError;
    this.#whole = whole;
  }

  /** Converts a slice of whole lines. */
  slice(input: Uint8Array): { output: Bytes; second: Bytes } {
    const run = (some: Uint8Array): Ran => this.#lens._run(this.#op, this.flags, [some]);
    return this.settle({ bytes: input.length, lines: 0 }, () => runLines(input, this.flags, run));
  }

  /** How a slice is run. */
  get flags(): number {
    return LINES | (failing(this.#onError) << 4);
  }

  /**
   * What came of a slice, here or in a worker, with the places of its errors in the whole. Its lines are told where the whole is
   * not here.
   */
  settle(size: LinesSize, run: () => Ran): { output: Bytes; second: Bytes } {
    let ran;
    try {
      ran = run();
    } catch (error) {
      if (error instanceof PanprotoError) this.place(error);
      throw error;
    }
    for (const error of ran.failed) this.place(error);
    const second = this.#op === 2 && !this.#first ? ran.second.subarray(HEADER) : ran.second;
    this.#first = false;
    this.#records += ran.records + ran.failures;
    this.#offset += size.bytes;
    this.#lines += size.lines;
    // Only now: everything is copied out, and the callback may call the lens again.
    const onError = this.#onError;
    if (typeof onError === 'function') for (const error of ran.failed) onError(error);
    return { output: ran.output, second };
  }

  /** How many records were taken. */
  get done(): number {
    return this.#records;
  }

  /** Tells an error of the slice that is settled next its place in the whole. */
  place(error: PanprotoError): void {
    if (this.#whole !== undefined && this.#counted < this.#offset) {
      this.#lines += linesIn(this.#whole.subarray(this.#counted), this.#offset - this.#counted);
      this.#counted = this.#offset;
    }
    shift(error, this.#records, this.#lines, this.#offset);
  }
}

/** Whether flags say that an input is whole lines, and all that there are. */
export function isWholeLines(flags: number): boolean {
  return (flags & 0xf) === LINES && flags >> 8 === 0;
}

/** How much a slice of lines is. */
export interface LinesSize {
  readonly bytes: number;
  readonly lines: number;
}

/** Runs whole lines; where more of them fail than the module tells at once, in smaller slices, so that all are told. */
export function runLines(input: Uint8Array, flags: number, run: (input: Uint8Array) => Ran): Ran {
  const ran = run(input);
  if (flags >> 4 !== FAILING.collect || ran.failures <= ran.failed.length) return ran;
  const middle = input.indexOf(NEWLINE, input.length >> 1) + 1;
  if (middle === 0 || middle === input.length) return ran;
  const rest = input.subarray(middle);
  const [first, second] = [input.subarray(0, middle), rest].map((half) => runLines(half, flags, run)) as [Ran, Ran];
  return joinRan(first, second, { lines: linesIn(input, middle), bytes: middle, second: HEADER });
}

/** What came of whole lines, or of those before the one that failed, and its error. */
export function runBefore(input: Uint8Array, run: (input: Uint8Array) => Ran): [ran: Ran, error: PanprotoError | null] {
  try {
    return [run(input), null];
  } catch (error) {
    if (!(error instanceof PanprotoError) || !error.offset) throw error;
    return [run(input.subarray(0, error.offset)), error];
  }
}

/** What came of two parts; `of` the first: its lines and bytes, and what to leave out of the second output of the second. */
export function joinRan(first: Ran, second: Ran, of: { readonly lines: number; readonly bytes: number; readonly second: number }): Ran {
  for (const error of second.failed) shift(error, first.records + first.failures, of.lines, of.bytes);
  return {
    output: concat([first.output, second.output]),
    text: '',
    second: concat([first.second, second.second.subarray(of.second)]),
    records: first.records + second.records,
    failures: first.failures + second.failures,
    taken: first.taken + second.taken,
    failed: [...first.failed, ...second.failed],
  };
}

/** Errors of a part count from its beginning; those of a whole from its own. */
export function shift(error: PanprotoError, records: number, lines: number, offset: number): void {
  const place = error as { record: number | null; line: number | null; offset: number | null };
  if (place.record !== null) place.record += records;
  if (place.line !== null) place.line += lines;
  if (place.offset !== null) place.offset += offset;
}

/** Line ends before a place. */
export function linesIn(input: Uint8Array, end: number): number {
  const searched = forSearch(input);
  let count = 0;
  for (let at = searched.indexOf(NEWLINE); at >= 0 && at < end; at = searched.indexOf(NEWLINE, at + 1)) count++;
  return count;
}

/** What some runtimes have beside the language, if it does what is wanted of it. */
const buffers = ((): { from(buffer: ArrayBufferLike, offset: number, length: number): Uint8Array } | null => {
  try {
    const { Buffer } = globalThis as { Buffer?: { from(buffer: ArrayBufferLike, offset: number, length: number): Uint8Array } };
    return Buffer?.from(Uint8Array.of(0, NEWLINE).buffer, 1, 1).indexOf(NEWLINE) === 0 ? Buffer : null;
  } catch {
    return null;
  }
})();

/** The same bytes, to look for bytes in: a `Buffer` does that ten times as fast. */
export function forSearch(bytes: Uint8Array): Uint8Array {
  return buffers === null ? bytes : buffers.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Slices that end where lines end. */
export function* slices(data: Uint8Array): Generator<Uint8Array, void, undefined> {
  let start = 0;
  while (start < data.length) {
    let end = data.length;
    if (end - start > SLICE) {
      end = data.lastIndexOf(NEWLINE, start + SLICE - 1) + 1;
      if (end <= start) end = data.indexOf(NEWLINE, start) + 1 || data.length;
    }
    yield data.subarray(start, end);
    start = end;
  }
}

/** One array of several. */
export function concat(parts: readonly Bytes[]): Bytes {
  return parts.length === 1 ? (parts[0] as Bytes) : joined(parts);
}

/** One that is nobody else's. */
export function joined(parts: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Cuts pieces of lines, cut anywhere, into slices of whole lines that are copies: they can be given away. */
export class Slicer {
  readonly #size: number;
  readonly #reach: number;
  #carried: Uint8Array[] = [];
  #length = 0;

  /**
   * @param size - bytes of a slice; a longer line is a slice of its own
   * @param reached - bytes within which a line ends
   */
  constructor(size: number, reached: number) {
    this.#size = size;
    this.#reach = reached;
  }

  /** The slices that are whole with this piece. */
  *feed(piece: Uint8Array): Generator<Uint8Array | PanprotoLimitError, void, undefined> {
    let at = 0;
    while (at < piece.length) {
      const most = Math.max(1, this.#size - this.#length);
      let end = piece.lastIndexOf(NEWLINE, at + most - 1) + 1;
      if (end <= at) end = piece.indexOf(NEWLINE, at) + 1;
      const length = this.#length + (end === 0 ? piece.length : end) - at;
      if (length > this.#reach) return yield endless(this.#reach, 1);
      if (end === 0) break;
      yield this.#joined(piece.subarray(at, end));
      at = end;
    }
    if (at === piece.length) return;
    this.#carried.push(piece.slice(at));
    this.#length += piece.length - at;
  }

  /** What is left, without its newline. */
  finish(): Uint8Array | null {
    return this.#length === 0 ? null : this.#joined(new Uint8Array());
  }

  #joined(last: Uint8Array): Uint8Array {
    const slice = joined([...this.#carried, last]);
    this.#carried = [];
    this.#length = 0;
    return slice;
  }
}
