/**
 * Records that cross together.
 */

import { PanprotoError } from './errors.js';
import type { Numbers } from './json.js';
import { inUnitsOf, lentFor, returned } from './records.js';
import type { Form } from './records.js';
import type { Ran, Run, Runtime, Stored } from './runtime.js';

/** Records and bytes that cross together. */
const MOST = { records: 256, bytes: 64 << 10 };

const NEWLINE = 10;
const LINES = 1;

/** Where a record of the chunk is, and how it was given. */
interface Member {
  readonly form: Form;
  readonly text: string | null;
  readonly start: number;
  readonly end: number;
}

/** A chunk that is filled, run and emptied, again and again. */
export class Chunk {
  readonly #op: number;
  readonly #numbers: Numbers | undefined;
  #bytes = new Uint8Array(MOST.bytes * 2);
  #at = 0;
  #members: Member[] = [];
  #before = 0;
  /** A record is text with line ends, and crosses by itself. */
  #broken = false;

  constructor(op: number, numbers: Numbers | undefined) {
    this.#op = op;
    this.#numbers = numbers;
  }

  /** How many records were run. */
  get done(): number {
    return this.#before;
  }

  /** Whether there is nothing in it. */
  get empty(): boolean {
    return this.#members.length === 0;
  }

  /** Takes a record; whether the chunk is full. What runs of the user's (getters, proxies) runs here. */
  add(record: unknown): boolean {
    const { form, bytes, text } = placed(this.#before + this.#members.length, () => lentFor(record));
    const start = this.#at;
    const end = start + bytes.length;
    if (end >= this.#bytes.length) {
      const grown = new Uint8Array(Math.max(end + 1, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, start));
      this.#bytes = grown;
    }
    this.#bytes.set(bytes, start);
    this.#bytes[end] = NEWLINE;
    this.#at = end + 1;
    this.#broken ||= form !== 'value' && bytes.includes(NEWLINE);
    this.#members.push({ form, text, start, end });
    return this.#members.length >= MOST.records || this.#at >= MOST.bytes;
  }

  /** What becomes of the records, in order; empties the chunk. */
  *run(runtime: Runtime, lens: Stored): Generator<unknown, void, undefined> {
    const members = this.#members;
    const views = this.#together(runtime, lens);
    for (let at = 0; at < members.length; at++) {
      const { form, text, start, end } = members[at] as Member;
      const number = this.#before + at;
      let view = views?.[at];
      if (view === undefined) {
        // By itself: what it says of its place then counts from its own beginning.
        const input = [this.#bytes.subarray(start, end)];
        const ran = placed(number, () => inUnitsOf(text, () => runtime.run(lens, { op: this.#op, flags: 0, input })));
        view = ran.output;
      }
      const whole = view;
      yield placed(number, () => returned(whole, form, this.#numbers));
    }
    this.#before += members.length;
    this.#members = [];
    this.#at = 0;
    this.#broken = false;
  }

  /** The views of all, as lines; null where they have to be run one by one, so that the failing one is found. */
  #together(runtime: Runtime, lens: Stored): readonly (Uint8Array | string)[] | null {
    if (this.#broken || this.#members.length < 2) return null;
    const asText = this.#members.every(({ form }) => form !== 'bytes');
    const run: Run = { op: this.#op, flags: LINES, input: [this.#bytes.subarray(0, this.#at)], asText };
    let ran: Ran;
    try {
      ran = runtime.run(lens, run);
    } catch (error) {
      if (!(error instanceof PanprotoError) || error.record === null) throw error;
      return null;
    }
    if (ran.records !== this.#members.length) return null;
    return asText ? ran.text.split('\n') : cut(ran.output);
  }
}

/** Tells an error which record it is about. */
function placed<T>(record: number, step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (error instanceof PanprotoError) Object.assign(error, { record, offset: null, line: null });
    throw error;
  }
}

/** The lines of an output, without their newlines. */
function cut(output: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  let from = 0;
  for (let at = output.indexOf(NEWLINE); at >= 0; at = output.indexOf(NEWLINE, from)) {
    lines.push(output.slice(from, at));
    from = at + 1;
  }
  return lines;
}
