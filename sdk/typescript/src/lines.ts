/**
 * Newline-delimited records, in slices of at most 1 MiB that end where lines end.
 */

import { PanprotoError } from './errors.js';
import type { Lens } from './lens.js';
import type { Ran } from './runtime.js';

/** Bytes of a slice; a longer line is a slice of its own. */
const SLICE = 1 << 20;

const NEWLINE = 10;

/** Framing and failures, as `pp_run` takes them. */
const LINES = 1;
export const FAILING = { raise: 0, skip: 1, collect: 2 } as const;

/** Failures that the module tells of one call. */
export const LIMIT_OF_TOLD = 1000;

/** The header of a complement: magic, version, fingerprint. A stream of complements has it once. */
const HEADER = 36;

/** `raise` ends with the error of a record that fails, `skip` leaves it out, and a function is told each error and leaves it out too. */
export type OnError = 'raise' | 'skip' | ((error: PanprotoError) => void);

/** What happens to a record that fails. */
export interface LinesOptions {
  /**
   * `raise` (the default) ends with its error, `skip` leaves it out, and a function is told each error and leaves it out too.
   * (`putNdjson` tells at most 1,000 of a slice of 1 MiB.)
   */
  readonly onError?: OnError;
}

/** What `getNdjson` gives. */
export interface GotLines {
  /** The views, a line each. */
  readonly views: Uint8Array;
  /** What they cannot tell, in step with them. */
  readonly complements: Uint8Array;
}

/** Converts lines slice by slice, and knows where in the whole it is. */
export class Lines {
  readonly #lens: Lens;
  readonly #op: number;
  readonly #onError: LinesOptions['onError'];
  #records = 0;
  #lines = 0;
  #offset = 0;
  #first = true;

  constructor(lens: Lens, op: number, options: LinesOptions) {
    this.#lens = lens;
    this.#op = op;
    this.#onError = options.onError;
  }

  /** Converts a slice of whole lines. `complements` are those of its records. */
  slice(input: Uint8Array, complements?: Uint8Array): { output: Uint8Array; second: Uint8Array } {
    const parts = complements === undefined ? [input] : [lengthOf(complements), complements, input];
    if (complements !== undefined) return this.settle(sizeOf(input), () => this.#lens._run(this.#op, this.flags, parts));
    return this.settle(sizeOf(input), () => runLines(input, this.flags, (some) => this.#lens._run(this.#op, this.flags, [some])));
  }

  /** How a slice is run. */
  get flags(): number {
    const onError = this.#onError ?? 'raise';
    return LINES | (FAILING[typeof onError === 'function' ? 'collect' : onError] << 4);
  }

  /** What came of a slice, here or in a worker, with the places of its errors in the whole. */
  settle(size: LinesSize, run: () => Ran): { output: Uint8Array; second: Uint8Array } {
    let ran;
    try {
      ran = run();
    } catch (error) {
      if (error instanceof PanprotoError) this.#place(error);
      throw error;
    }
    for (const error of ran.failed) this.#place(error);
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

  #place(error: PanprotoError): void {
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

/** The size of a slice. */
export function sizeOf(input: Uint8Array): LinesSize {
  return { bytes: input.length, lines: linesIn(input, input.length) };
}

/** Runs whole lines; where more of them fail than the module tells at once, in smaller slices, so that all are told. */
export function runLines(input: Uint8Array, flags: number, run: (input: Uint8Array) => Ran): Ran {
  const ran = run(input);
  if (flags >> 4 !== FAILING.collect || ran.failures <= ran.failed.length) return ran;
  const middle = input.indexOf(NEWLINE, input.length >> 1) + 1;
  if (middle === 0 || middle === input.length) return ran;
  const rest = input.subarray(middle);
  const [first, second] = [input.subarray(0, middle), rest].map((half) => runLines(half, flags, run)) as [Ran, Ran];
  const before = { records: first.records + first.failures, lines: linesIn(input, middle) };
  for (const error of second.failed) shift(error, before.records, before.lines, middle);
  return {
    output: concat([first.output, second.output]),
    text: '',
    second: concat([first.second, second.second.subarray(HEADER)]),
    records: first.records + second.records,
    failures: first.failures + second.failures,
    taken: input.length,
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
  let count = 0;
  for (let at = input.indexOf(NEWLINE); at >= 0 && at < end; at = input.indexOf(NEWLINE, at + 1)) count++;
  return count;
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

/** The complements of the records of each slice, taken from a stream of complements. */
export class Complements {
  readonly #bytes: Uint8Array;
  readonly #header: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#header = bytes.subarray(0, HEADER);
    this.#at = this.#header.length;
  }

  /** The complements of the next lines; of the last ones, all that are left, so that the module sees what is too much. */
  next(lines: Uint8Array, last: boolean): Uint8Array {
    const from = this.#at;
    if (last) this.#at = this.#bytes.length;
    else for (let record = records(lines); record > 0 && this.#at < this.#bytes.length; record--) this.#skip();
    return concat([this.#header, this.#bytes.subarray(from, this.#at)]);
  }

  /** Steps over one body: its length, the payload, and a checksum if there is a payload. The module checks them. */
  #skip(): void {
    let length = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = this.#bytes[this.#at++] ?? 0;
      length += (byte & 0x7f) * shift;
      if (byte < 0x80 || shift > 2 ** 42) break;
    }
    this.#at = Math.min(this.#at + (length > 0 ? length + 4 : 0), this.#bytes.length);
  }
}

/** Lines that are not blank. */
function records(lines: Uint8Array): number {
  let count = 0;
  let blank = true;
  for (const byte of lines) {
    if (byte === NEWLINE) {
      if (!blank) count++;
      blank = true;
    } else if (byte !== 32 && byte !== 9 && byte !== 13) blank = false;
  }
  return blank ? count : count + 1;
}

function lengthOf(bytes: Uint8Array): Uint8Array {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, bytes.length, true);
  return length;
}

/** One array of several. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0] as Uint8Array;
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
  #carried: Uint8Array[] = [];
  #length = 0;

  /** @param size - bytes of a slice; a longer line is a slice of its own */
  constructor(size: number) {
    this.#size = size;
  }

  /** The slices that are whole with this piece. */
  *feed(piece: Uint8Array): Generator<Uint8Array, void, undefined> {
    let at = 0;
    while (at < piece.length) {
      const most = Math.max(1, this.#size - this.#length);
      let end = piece.lastIndexOf(NEWLINE, at + most - 1) + 1;
      if (end <= at) end = piece.indexOf(NEWLINE, at) + 1;
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
    const slice = new Uint8Array(this.#length + last.length);
    let at = 0;
    for (const part of [...this.#carried, last]) {
      slice.set(part, at);
      at += part.length;
    }
    this.#carried = [];
    this.#length = 0;
    return slice;
  }
}

/** Complements before the views, as `put` takes them. */
export function putInput(complement: Uint8Array, view: Uint8Array): readonly Uint8Array[] {
  return [lengthOf(complement), complement, view];
}
