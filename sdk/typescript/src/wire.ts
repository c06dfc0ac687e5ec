/**
 * MessagePack of control messages: null, booleans, integers, floats, text, bytes, arrays and maps with text keys. Nothing
 * else crosses, so that nothing can be changed on the way; integers beyond 2^53 are `bigint`.
 */

import { PanprotoInternalError, PanprotoUsageError } from './errors.js';

/** What a control message can hold. */
export type Wire =
  | null
  | undefined
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Float
  | readonly Wire[]
  | { readonly [key: string]: Wire };

/** A number that crosses as a float even where it has no fraction. */
export class Float {
  constructor(readonly value: number) {}
}

/** An answer that is a map. */
export type WireMap = { readonly [key: string]: Wire };

const utf8 = new TextEncoder();
const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Nesting of what this package itself sends; a deeper message is a mistake here. */
const DEPTH = 64;

/** Writes a message. Keys of maps are sorted, and members that are `undefined` left out. */
export function encode(value: Wire): Uint8Array {
  const writer = new Writer();
  writer.value(value, 0);
  return writer.bytes.slice(0, writer.at);
}

class Writer {
  bytes = new Uint8Array(1024);
  at = 0;
  #view = new DataView(this.bytes.buffer);
  /** The members that are being written, outermost first. */
  readonly #path: string[] = [];

  #room(len: number): number {
    const at = this.at;
    const end = at + len;
    if (end > this.bytes.length) {
      const grown = new Uint8Array(Math.max(end, this.bytes.length * 2));
      grown.set(this.bytes.subarray(0, at));
      this.bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    this.at = end;
    return at;
  }

  // The place first: making room replaces the array.
  #byte(value: number): void {
    const at = this.#room(1);
    this.bytes[at] = value;
  }

  #raw(bytes: Uint8Array): void {
    const at = this.#room(bytes.length);
    this.bytes.set(bytes, at);
  }

  value(value: Wire, depth: number): void {
    if (depth > DEPTH) throw new PanprotoUsageError('a request nests too deep', { code: 'limit-depth' });
    if (value === null || value === undefined) this.#byte(0xc0);
    else if (typeof value === 'boolean') this.#byte(value ? 0xc3 : 0xc2);
    else if (typeof value === 'number') this.#number(value);
    else if (typeof value === 'bigint') this.#bigint(value);
    else if (typeof value === 'string') this.#text(value);
    else if (value instanceof Uint8Array) this.#bin(value);
    else if (value instanceof Float) this.#float(value.value);
    else if (Array.isArray(value)) {
      this.#length(value.length, 0x90, 15, 0xdc);
      for (const item of value as readonly Wire[]) this.value(item, depth + 1);
    } else {
      const map = this.#map(value);
      const keys = Object.keys(map)
        .filter((key) => map[key] !== undefined)
        .sort();
      this.#length(keys.length, 0x80, 15, 0xde);
      for (const key of keys) {
        this.#text(key);
        this.#path.push(key);
        this.value(map[key], depth + 1);
        this.#path.pop();
      }
    }
  }

  /** A `Map`, a `Date` or a function has no members, and would cross as if nothing had been said. */
  #map(value: object): WireMap {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null) return value as WireMap;
    const path = this.#path.join('.');
    throw new PanprotoUsageError(`the argument \`${path}\` is not plain`, {
      code: 'wrong-argument',
      path,
      help: 'give plain objects, arrays, text, numbers, bigints, booleans and null; of a `Map`, `Object.fromEntries(map)`',
    });
  }

  #length(length: number, fix: number, most: number, tag16: number): void {
    if (length <= most) this.#byte(fix | length);
    else if (length <= 0xffff) {
      const at = this.#room(3);
      this.bytes[at] = tag16;
      this.#view.setUint16(at + 1, length);
    } else {
      const at = this.#room(5);
      this.bytes[at] = tag16 + 1;
      this.#view.setUint32(at + 1, length);
    }
  }

  #text(value: string): void {
    if (!isWellFormed(value)) {
      throw new PanprotoUsageError('text holds half of a surrogate pair', {
        code: 'text-encoding',
        help: 'write it as an escape, \\ud83d, where the text is JSON',
      });
    }
    const bytes = utf8.encode(value);
    if (bytes.length <= 31) this.#byte(0xa0 | bytes.length);
    else if (bytes.length <= 0xff) {
      this.#byte(0xd9);
      this.#byte(bytes.length);
    } else this.#length(bytes.length, 0, -1, 0xda);
    this.#raw(bytes);
  }

  #bin(bytes: Uint8Array): void {
    if (bytes.length <= 0xff) {
      this.#byte(0xc4);
      this.#byte(bytes.length);
    } else this.#length(bytes.length, 0, -1, 0xc5);
    this.#raw(bytes);
  }

  #number(value: number): void {
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
      this.#bigint(BigInt(value));
      return;
    }
    this.#float(value);
  }

  #float(value: number): void {
    const at = this.#room(9);
    this.bytes[at] = 0xcb;
    this.#view.setFloat64(at + 1, value);
  }

  #bigint(value: bigint): void {
    if (value >= 0n && value < 128n) this.#byte(Number(value));
    else if (value < 0n && value >= -32n) this.#byte(0x100 + Number(value));
    else if (value >= 0n && value <= 0xffff_ffff_ffff_ffffn) {
      const at = this.#room(9);
      this.bytes[at] = 0xcf;
      this.#view.setBigUint64(at + 1, value);
    } else if (value < 0n && value >= -0x8000_0000_0000_0000n) {
      const at = this.#room(9);
      this.bytes[at] = 0xd3;
      this.#view.setBigInt64(at + 1, value);
    } else throw new PanprotoUsageError(`${value} does not fit 64 bits`, { code: 'integer-range' });
  }
}

/** Reads exactly one message. The bytes that it holds are copies. */
export function decode(bytes: Uint8Array): Wire {
  const reader = new Reader(bytes);
  const value = reader.value(0);
  if (reader.at !== bytes.length) throw broken('bytes follow the message');
  return value;
}

function broken(what: string): PanprotoInternalError {
  return new PanprotoInternalError(`the module's answer cannot be read: ${what}`, { code: 'internal-answer' });
}

class Reader {
  at = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  #take(length: number): number {
    const at = this.at;
    if (length > this.#bytes.length - at) throw broken('it is truncated');
    this.at = at + length;
    return at;
  }

  value(depth: number): Wire {
    if (depth > DEPTH) throw broken('it nests too deep');
    const tag = this.#view.getUint8(this.#take(1));
    if (tag < 0x80) return tag;
    if (tag < 0x90) return this.#map(tag & 0x0f, depth);
    if (tag < 0xa0) return this.#array(tag & 0x0f, depth);
    if (tag < 0xc0) return this.#text(tag & 0x1f);
    if (tag >= 0xe0) return tag - 0x100;
    const view = this.#view;
    switch (tag) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
      case 0xc5:
      case 0xc6: {
        const length = this.#unsigned(tag - 0xc4);
        const at = this.#take(length);
        return this.#bytes.slice(at, at + length);
      }
      case 0xca:
        return view.getFloat32(this.#take(4));
      case 0xcb:
        return view.getFloat64(this.#take(8));
      case 0xcc:
      case 0xcd:
      case 0xce:
        return this.#unsigned(tag - 0xcc);
      case 0xcf:
        return narrow(view.getBigUint64(this.#take(8)));
      case 0xd0:
        return view.getInt8(this.#take(1));
      case 0xd1:
        return view.getInt16(this.#take(2));
      case 0xd2:
        return view.getInt32(this.#take(4));
      case 0xd3:
        return narrow(view.getBigInt64(this.#take(8)));
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.#text(this.#unsigned(tag - 0xd9));
      case 0xdc:
      case 0xdd:
        return this.#array(this.#unsigned(tag - 0xdb), depth);
      case 0xde:
      case 0xdf:
        return this.#map(this.#unsigned(tag - 0xdd), depth);
      default:
        throw broken(`tag ${tag}`);
    }
  }

  /** An unsigned integer of 1, 2 or 4 bytes. */
  #unsigned(size: number): number {
    if (size === 0) return this.#view.getUint8(this.#take(1));
    if (size === 1) return this.#view.getUint16(this.#take(2));
    return this.#view.getUint32(this.#take(4));
  }

  #text(length: number): string {
    const at = this.#take(length);
    try {
      return text.decode(this.#bytes.subarray(at, at + length));
    } catch {
      throw broken('text is not UTF-8');
    }
  }

  #array(length: number, depth: number): Wire[] {
    const items: Wire[] = [];
    for (let item = 0; item < length; item++) items.push(this.value(depth + 1));
    return items;
  }

  #map(length: number, depth: number): WireMap {
    const map: Record<string, Wire> = {};
    for (let member = 0; member < length; member++) {
      const key = this.value(depth + 1);
      if (typeof key !== 'string') throw broken('a key is not text');
      const value = this.value(depth + 1);
      // Not an assignment: a field may be called `__proto__`.
      if (key === '__proto__') Object.defineProperty(map, key, { value, enumerable: true, writable: true, configurable: true });
      else map[key] = value;
    }
    return map;
  }
}

function narrow(value: bigint): number | bigint {
  const small = Number(value);
  return Number.isSafeInteger(small) ? small : value;
}

/** Whether text has no half of a surrogate pair. */
export function isWellFormed(value: string): boolean {
  // ES2024, and many times faster than a search.
  const native = (value as { isWellFormed?: () => boolean }).isWellFormed;
  return native === undefined ? !/\p{Surrogate}/u.test(value) : native.call(value);
}
