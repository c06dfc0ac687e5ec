/**
 * Records on their way in and out: JSON as text or bytes, or values. The same kind comes out as went in.
 */

import { PanprotoError, PanprotoParseError } from './errors.js';
import { fromJson, losesSpelling, sourceOf, toJson } from './json.js';
import type { Numbers, Source } from './json.js';
import { isWellFormed } from './wire.js';

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
  if (typeof record === 'string') return { form: 'text', bytes: encodeText(record), text: record };
  const bytes = bytesOf(record);
  if (bytes !== null) return { form: 'bytes', bytes, text: null };
  const text = toJson(record, old);
  return { form: 'value', bytes: utf8.encode(text), text: null };
}

/** What comes out, in the form of what went in. */
export function returned(bytes: Uint8Array, form: Form, numbers: Numbers | undefined): unknown {
  if (form === 'bytes') return bytes;
  const text = decoder.decode(bytes);
  return form === 'text' ? text : fromJson(text, numbers);
}

/** The bytes of a view of memory; null for everything else. */
export function bytesOf(value: unknown): Uint8Array | null {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  return typeof SharedArrayBuffer !== 'undefined' && value instanceof SharedArrayBuffer ? new Uint8Array(value) : null;
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

/**
 * What a value does not tell of the text that it was read from, by the complement that came with it: how numbers and strings
 * are spelled, and the order of integer-like keys. It is kept as long as the complement is.
 */
const spelled = new WeakMap<Uint8Array, string>();

/** Remembers the text of a view that is handed out as a value. */
export function remember(complement: Uint8Array, view: Uint8Array): void {
  spelled.set(complement, decoder.decode(view));
}

/** The tokens of the view that came with a complement, if they say more than the value does. */
export function remembered(complement: Uint8Array): Source | undefined {
  const text = spelled.get(complement);
  return text !== undefined && losesSpelling(text) ? sourceOf(text) : undefined;
}
