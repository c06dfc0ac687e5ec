/**
 * Records on their way in and out: JSON as text or bytes, or values. The same kind comes out as went in.
 */

import { PanprotoError, PanprotoParseError, PanprotoUsageError } from './errors.js';
import { fromJson, losesSpelling, sourceOf } from './json.js';
import type { Numbers, Source } from './json.js';
import { isWellFormed } from './wire.js';
import { lentBytes } from './write.js';

/** How a record was given. */
export type Form = 'text' | 'bytes' | 'value';

/** A record as bytes of JSON. */
export interface Given {
  readonly form: Form;
  readonly bytes: Uint8Array;
  /** The text, where it was one or had to be made. */
  readonly text: string | null;
}

const utf8 = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** The bytes of a record. What runs of the user's (getters, proxies) runs here. */
export function given(record: unknown, old?: Source): Given {
  const lent = lentFor(record, old);
  return lent.form === 'value' ? { ...lent, bytes: lent.bytes.slice() } : lent;
}

/** The same for what is copied before the next record is written: bytes of a value are where that goes too. */
export function lentFor(record: unknown, old?: Source): Given {
  if (typeof record === 'string') return { form: 'text', bytes: encodeText(record), text: record };
  const bytes = bytesOf(record);
  if (bytes !== null) return { form: 'bytes', bytes, text: null };
  return { form: 'value', bytes: lentBytes(record, old), text: null };
}

/** What comes out, in the form of what went in: bytes, or the text of all other forms. */
export function returned(output: Uint8Array | string, form: Form, numbers: Numbers | undefined): unknown {
  if (form === 'bytes') return typeof output === 'string' ? utf8.encode(output) : output;
  const text = typeof output === 'string' ? output : decoder.decode(output);
  return form === 'text' ? text : fromJson(text, numbers);
}

/** The bytes of a view of memory; null for everything else. */
export function bytesOf(value: unknown): Uint8Array | null {
  if (ArrayBuffer.isView(value)) {
    return attached(() => {
      // What lies outside of a buffer that was resized has no length, and only this says so.
      if (value.byteLength === 0 && !(value instanceof DataView)) Uint8Array.prototype.values.call(value as Uint8Array);
      return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    });
  }
  if (typeof value !== 'object' || value === null) return null;
  const tag = tagOf(value);
  if (tag !== '[object ArrayBuffer]' && tag !== '[object SharedArrayBuffer]') return null;
  try {
    // Of another realm too; what only says that it is one throws here.
    const kind = tag === '[object ArrayBuffer]' ? ArrayBuffer : SharedArrayBuffer;
    Reflect.get(kind.prototype, 'byteLength', value);
  } catch {
    return null;
  }
  return attached(() => new Uint8Array(value as ArrayBuffer));
}

/** What a value says that it is; a revoked proxy says nothing. */
function tagOf(value: object): string | null {
  try {
    return Object.prototype.toString.call(value);
  } catch {
    return null;
  }
}

/** Memory that was given to another thread is no empty record. */
function attached(view: () => Uint8Array): Uint8Array {
  try {
    return view();
  } catch (cause) {
    throw new PanprotoUsageError('the bytes are not there any more: their buffer was transferred or made smaller', {
      code: 'detached-buffer',
      help: 'convert before the buffer is transferred, or transfer a copy: `bytes.slice()`',
      cause,
    });
  }
}

/** The UTF-8 of text. */
export function encodeText(text: string): Uint8Array {
  if (isWellFormed(text)) return utf8.encode(text);
  const at = text.search(/\p{Surrogate}/u);
  throw new PanprotoParseError('the text holds half of a surrogate pair', {
    code: 'text-encoding',
    span: [at, at + 1],
    help: 'write it as an escape, \\ud83d',
  });
}

/** The text of UTF-8. */
export function decodeText(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** Runs a step; an error that it throws gets its span in units of the text that was given. */
export function inUnitsOf<T>(text: string | null | ((document: number) => string | null), step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (error instanceof PanprotoError && error.span !== null) {
      const source = typeof text === 'function' ? text(error.document ?? 0) : text;
      if (source !== null) (error as { span: readonly [number, number] }).span = unitsOf(source, error.span);
    }
    throw error;
  }
}

/** A span in bytes of UTF-8 as one in UTF-16 units. */
function unitsOf(text: string, [start, end]: readonly [number, number]): readonly [number, number] {
  let bytes = 0;
  let unit = 0;
  const until = (offset: number): number => {
    while (bytes < offset && unit < text.length) {
      const code = text.codePointAt(unit) as number;
      bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
      unit += code < 0x10000 ? 1 : 2;
    }
    return unit;
  };
  return [until(start), until(end)];
}

/** A constructor that gives back what it is given, so that a class that extends it gives its private fields to that. */
const Same = function (given: object): object {
  return given;
} as unknown as new (given: object) => object;

/**
 * What a value does not tell of the text that it was read from: how numbers and strings are spelled, and the order of
 * integer-like keys. It is a private field of the complement that came with it. (A map with weak keys does the same, and
 * collecting its garbage took a sixth of the time of `get`.)
 */
class Spelled extends Same {
  readonly #text: string;

  constructor(complement: Uint8Array, text: string) {
    super(complement);
    this.#text = text;
  }

  static of(complement: Uint8Array): string | undefined {
    return #text in complement ? (complement as Spelled).#text : undefined;
  }
}

/** Remembers the text of a view that is handed out as a value. */
export function remember(complement: Uint8Array, view: string): void {
  new Spelled(complement, view);
}

/** The tokens of the view that came with a complement, if they say more than the value does. */
export function remembered(complement: Uint8Array): Source | undefined {
  const text = Spelled.of(complement);
  return text !== undefined && losesSpelling(text) ? sourceOf(text) : undefined;
}
