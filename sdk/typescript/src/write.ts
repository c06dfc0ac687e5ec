/**
 * JavaScript values to JSON, without a change on the way: what JSON cannot say is refused with its path.
 */

import { PanprotoDataError, PanprotoLimitError } from './errors.js';
import { JsonNumber, pathOf } from './json.js';
import type { Source } from './json.js';

/** Nesting that values may have; the module's own limit is at most this. */
const DEPTH = 4096;

/** Strings up to here are written unit by unit; for longer ones the runtime's own encoder is faster. */
const SHORT = 192;

/** Space that is kept for the next value. */
const KEPT = 1 << 20;

const utf8 = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** The space that the next value is written to; none while one is being written, whose getters may write another. */
let spare: Uint8Array | null = new Uint8Array(4096);

/**
 * The JSON of a value, as UTF-8. Getters and proxies run here, before anything crosses to the module, each member once.
 *
 * @param value - what to write
 * @param old - text that the value may come from: a number or text that is the same there keeps its spelling, and an
 *   object with integer-like keys its order
 */
export function toBytes(value: unknown, old?: Source): Uint8Array {
  return lentBytes(value, old).slice();
}

/** The same, in space that the next value is written to: for what is copied at once. */
export function lentBytes(value: unknown, old?: Source): Uint8Array {
  const writer = new Writer(spare ?? new Uint8Array(4096));
  spare = null;
  try {
    writer.write(value, old);
    return writer.bytes.subarray(0, writer.at);
  } catch (error) {
    throw writer.refusal(error);
  } finally {
    if (writer.bytes.length <= KEPT) spare = writer.bytes;
  }
}

/** The same as text. */
export function toJson(value: unknown, old?: Source): string {
  return decoder.decode(lentBytes(value, old));
}

const keys = new Map<string, Uint8Array>();

/** `"key":`, kept for the next record: records of one kind have the same keys. */
function keyBytes(key: string): Uint8Array {
  const known = keys.get(key);
  if (known !== undefined) return known;
  // Half of a surrogate pair becomes an escape.
  const made = utf8.encode(`${JSON.stringify(key)}:`);
  if (key.length <= 64) {
    if (keys.size >= 4096) keys.clear();
    keys.set(key, made);
  }
  return made;
}

/** An array or object that is being written. */
interface Frame {
  readonly value: object;
  readonly keys: readonly string[] | null;
  readonly length: number;
  readonly old: Source | undefined;
  /** Which item or member is being written. */
  at: number;
  written: boolean;
}

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_LIST, CLOSE_LIST, OPEN, CLOSE] = [0x5b, 0x5d, 0x7b, 0x7d];

/** Writes a value with a stack of its own: values may nest deeper than calls may. */
class Writer {
  bytes: Uint8Array;
  at = 0;
  readonly #open: Frame[] = [];
  #refused: unknown = null;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  write(root: unknown, old: Source | undefined): void {
    this.#value(root, old);
    for (;;) {
      const frame = this.#open.at(-1);
      if (frame === undefined) return;
      const at = ++frame.at;
      if (at >= frame.length) {
        this.#byte(frame.keys === null ? CLOSE_LIST : CLOSE);
        this.#open.pop();
      } else if (frame.keys === null) {
        if (at > 0) this.#byte(COMMA);
        this.#value((frame.value as readonly unknown[])[at], frame.old?.items?.[at]);
      } else {
        const key = frame.keys[at] as string;
        const member = (frame.value as Record<string, unknown>)[key];
        // As in JSON.stringify, an optional member that is not there may be `undefined`.
        if (member === undefined) continue;
        if (frame.written) this.#byte(COMMA);
        frame.written = true;
        this.#raw(keyBytes(key));
        this.#value(member, frame.old?.members?.get(key));
      }
    }
  }

  #value(value: unknown, old: Source | undefined): void {
    switch (typeof value) {
      case 'string':
        if (old?.token !== undefined && old.isText(value)) this.#text(old.token);
        else this.#string(value);
        return;
      case 'number':
        this.#number(value, old);
        return;
      case 'boolean':
        this.#text(value ? 'true' : 'false');
        return;
      case 'bigint':
        this.#text(value.toString());
        return;
      case 'object':
        if (value === null) this.#text('null');
        else if (value instanceof JsonNumber) this.#text(value.text);
        else this.#container(value, old);
        return;
      default:
        throw this.#refuse(typeof value === 'undefined' ? '`undefined`' : `a ${typeof value}`);
    }
  }

  #number(value: number, old: Source | undefined): void {
    if (!Number.isFinite(value)) throw this.#refuse(String(value));
    if (old?.token !== undefined && Object.is(Number(old.token), value)) this.#text(old.token);
    else if (Object.is(value, -0)) this.#text('-0');
    // The shortest text of an integer that is not safe is another integer.
    else if (!Number.isSafeInteger(value) && Number.isInteger(value) && Math.abs(value) < 1e21) this.#text(BigInt(value).toString());
    else this.#text(String(value));
  }

  #container(value: object, old: Source | undefined): void {
    if (this.#open.length >= DEPTH) throw this.#tooDeep(value);
    if (Array.isArray(value)) {
      this.#open.push({ value, keys: null, length: value.length, old, at: -1, written: false });
      this.#byte(OPEN_LIST);
      return;
    }
    const prototype: unknown = Object.getPrototypeOf(value);
    // Plain objects of another realm have a prototype of their own, whose prototype is null.
    const plain = prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null;
    if (!plain) throw this.#refuse(nameOf(value));
    const names = keysOf(value, old);
    const symbols = Object.getOwnPropertySymbols(value).length > 0;
    // What is no plain object has symbols or no members.
    if ((symbols || names.length === 0) && isExotic(value)) throw this.#refuse(nameOf(value));
    if (symbols) throw this.#refuse('a member whose name is a symbol');
    this.#open.push({ value, keys: names, length: names.length, old, at: -1, written: false });
    this.#byte(OPEN);
  }

  /** Makes room for so many bytes. */
  #room(length: number): void {
    if (this.at + length <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.at + length, this.bytes.length * 2));
    grown.set(this.bytes.subarray(0, this.at));
    this.bytes = grown;
  }

  #byte(byte: number): void {
    if (this.at >= this.bytes.length) this.#room(1);
    this.bytes[this.at++] = byte;
  }

  #raw(source: Uint8Array): void {
    const { length } = source;
    this.#room(length);
    const { bytes, at } = this;
    for (let index = 0; index < length; index++) bytes[at + index] = source[index] as number;
    this.at = at + length;
  }

  /** Text that is JSON already. */
  #text(text: string): void {
    if (text.length > SHORT) {
      this.#encode(text);
      return;
    }
    this.#room(text.length * 3);
    const { bytes } = this;
    let { at } = this;
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index);
      if (unit >= 0x80) {
        this.#encode(text);
        return;
      }
      bytes[at++] = unit;
    }
    this.at = at;
  }

  #encode(text: string): void {
    this.#room(text.length * 3);
    this.at += utf8.encodeInto(text, this.bytes.subarray(this.at)).written;
  }

  #string(value: string): void {
    if (value.length > SHORT) {
      this.#encode(/["\\\u0000-\u001f\ud800-\udfff]/.test(value) ? JSON.stringify(value) : `"${value}"`);
      return;
    }
    // An escape of six bytes for each unit, and the quotes.
    this.#room(value.length * 6 + 2);
    const { bytes } = this;
    let { at } = this;
    bytes[at++] = QUOTE;
    for (let index = 0; index < value.length; index++) {
      const unit = value.charCodeAt(index);
      if (unit < 0x80) {
        if (unit >= 0x20 && unit !== QUOTE && unit !== BACKSLASH) {
          bytes[at++] = unit;
          continue;
        }
        bytes[at++] = BACKSLASH;
        const short = SHORT_ESCAPES[unit] as number;
        if (short !== 0) bytes[at++] = short;
        else at = escape(bytes, at, unit);
      } else if (unit < 0x800) {
        bytes[at++] = 0xc0 | (unit >> 6);
        bytes[at++] = 0x80 | (unit & 0x3f);
      } else if (unit < 0xd800 || unit > 0xdfff) {
        bytes[at++] = 0xe0 | (unit >> 12);
        bytes[at++] = 0x80 | ((unit >> 6) & 0x3f);
        bytes[at++] = 0x80 | (unit & 0x3f);
      } else {
        const point = value.codePointAt(index) as number;
        if (point > 0xffff) {
          bytes[at++] = 0xf0 | (point >> 18);
          bytes[at++] = 0x80 | ((point >> 12) & 0x3f);
          bytes[at++] = 0x80 | ((point >> 6) & 0x3f);
          bytes[at++] = 0x80 | (point & 0x3f);
          index++;
        } else {
          // Half of a surrogate pair.
          bytes[at++] = BACKSLASH;
          at = escape(bytes, at, unit);
        }
      }
    }
    bytes[at++] = QUOTE;
    this.at = at;
  }

  #path(levels = DEPTH): string {
    return pathOf(this.#open.slice(0, levels).map((frame) => (frame.keys === null ? frame.at : (frame.keys[frame.at] as string))));
  }

  /** An error of this file as it is; one of the user's getters or proxies with the place of what could not be read. */
  refusal(error: unknown): unknown {
    if (error === this.#refused) return error;
    return new PanprotoDataError(`the value cannot be read: ${saidBy(error)}`, {
      code: 'not-readable',
      path: this.#path(),
      help: 'a getter or a proxy of the record failed; `cause` is its error',
      cause: error,
    });
  }

  #refuse(what: string): unknown {
    return (this.#refused = new PanprotoDataError(`${what} has no counterpart in JSON`, {
      code: 'not-representable',
      path: this.#path(),
      help: 'give plain objects, arrays, text, numbers, bigints, booleans and null, or JSON as text or bytes',
    }));
  }

  #tooDeep(value: object): unknown {
    const first = this.#open.findIndex((frame) => frame.value === value);
    if (first >= 0) {
      const second = this.#open.findIndex((frame, at) => at > first && frame.value === value);
      const path = this.#path(second > 0 ? second : DEPTH);
      return (this.#refused = new PanprotoDataError('the value contains itself', { code: 'not-representable', path }));
    }
    const path = this.#path(64);
    return (this.#refused = new PanprotoLimitError(`the value nests deeper than ${DEPTH} levels`, { code: 'limit-depth', path }));
  }
}

/** What follows the backslash of `"`, `\` and the control characters that have an escape of their own. */
const SHORT_ESCAPES = new Uint8Array(0x80);
for (const [unit, letter] of ['""', '\\\\', '\bb', '\ff', '\nn', '\rr', '\tt']) {
  SHORT_ESCAPES[(unit as string).charCodeAt(0)] = (letter as string).charCodeAt(0);
}

/** Writes `u001f` of a unit; gives the place after it. */
function escape(bytes: Uint8Array, at: number, unit: number): number {
  const text = `u${unit.toString(16).padStart(4, '0')}`;
  for (let index = 0; index < text.length; index++) bytes[at++] = text.charCodeAt(index);
  return at;
}

/** What is thrown may be anything, and may not become text. */
function saidBy(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error);
  } catch {
    return 'what was thrown says nothing';
  }
}

function isExotic(value: object): boolean {
  // What looks plain and is not: `arguments`, `Math`, `JSON`, the namespace of a module.
  return Object.prototype.toString.call(value) !== '[object Object]';
}

function nameOf(value: object): string {
  const name: unknown = (value as { constructor?: { name?: unknown } }).constructor?.name;
  if (typeof name !== 'string' || name === '') return 'a value of a class';
  // What has that constructor and is not plain inherits members, or is built in.
  if (name === 'Object') return 'an object that is not plain';
  return `${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${name}`;
}

/** The keys of an object, in the order of the text that it comes from where JavaScript has an order of its own. */
function keysOf(members: object, old: Source | undefined): readonly string[] {
  const names = Object.keys(members);
  if (old?.members === undefined || names.length === 0 || !/^\d+$/.test(names[0] as string)) return names;
  const here = new Set(names);
  const known = [...old.members.keys()].filter((key) => here.has(key));
  const before = new Set(known);
  return [...known, ...names.filter((key) => !before.has(key))];
}
