/**
 * JSON text to JavaScript values, without a change on the way: what a value cannot say is refused with its path. `write.ts` has
 * the way back.
 */

import { PanprotoDataError } from './errors.js';

/**
 * What to do with a number that no JavaScript number holds and that is no integer: `refuse` it with its path, keep its
 * `text` in a {@link JsonNumber}, or `round` it. Integers beyond ±(2^53−1) are `bigint` whatever this says.
 */
export type Numbers = 'refuse' | 'text' | 'round';

/**
 * A number as it is written, for those that no JavaScript number holds.
 *
 * @example
 * ```ts
 * lens.lift({ amount: new JsonNumber('0.1234567890123456789') }, { numbers: 'text' });
 * ```
 */
export class JsonNumber {
  /** The number as JSON text. */
  readonly text: string;

  constructor(text: string) {
    if (!/^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/.test(text)) {
      throw new PanprotoDataError(`\`${text.slice(0, 40)}\` is not a JSON number`, { code: 'not-representable' });
    }
    this.text = text;
    Object.freeze(this);
  }

  /** The same text. */
  toString(): string {
    return this.text;
  }

  /** The nearest JavaScript number. */
  valueOf(): number {
    return Number(this.text);
  }
}

/** A step of a path. */
function step(key: string | number): string {
  if (typeof key === 'number') return `[${key}]`;
  return /^[^.[\]/]+$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

/** A path as messages have it. */
export function pathOf(keys: readonly (string | number)[]): string {
  return keys.map(step).join('').replace(/^\./, '');
}

/** JSON text as a tree of tokens: what a value that was read from it does not say. */
export interface Source {
  /** The token of a number or a string. */
  readonly token?: string;
  readonly items?: readonly Source[];
  readonly members?: ReadonlyMap<string, Source>;
  isText(value: string): boolean;
}

/** What may be spelled otherwise: escapes, fractions, exponents, long integers, `-0`, and names whose order JavaScript changes. */
const SPELLINGS = /\\[u/]|(?:"\s*:|[[,])\s*(?:-0|-?\d+(?:[.eE]|\d{15}))|"\d+"\s*:|^-?\d/;

/** Whether a value read from this text, written again, gives another text. White space is no spelling. */
export function losesSpelling(text: string): boolean {
  return SPELLINGS.test(text) && JSON.stringify(JSON.parse(text)) !== text;
}

/** The tokens of JSON text. */
export function sourceOf(text: string): Source {
  return new Reader(text, 'text').source();
}

/**
 * The value of JSON text that the module wrote or checked. Integers beyond ±(2^53−1) are `bigint`; `numbers` says what happens
 * to other numbers that no JavaScript number holds.
 */
export function fromJson(text: string, numbers: Numbers = 'refuse'): unknown {
  // A number token that no regular JavaScript number may lose has fewer than 16 digits and no exponent. Text that only looks
  // like such a number takes the long way too, with the same result.
  if (!/(?:^|[:,[\s])-?(?:[\d.]{16}|[\d.]+[eE])/.test(text)) {
    return JSON.parse(text) as unknown;
  }
  return new Reader(text, numbers).value();
}

interface Open {
  readonly array: unknown[] | null;
  readonly object: Record<string, unknown> | null;
  key: string | number;
}

/** Reads text that is known to be JSON, with a stack of its own. */
class Reader {
  readonly #text: string;
  readonly #numbers: Numbers;
  #at = 0;

  constructor(text: string, numbers: Numbers) {
    this.#text = text;
    this.#numbers = numbers;
  }

  value(): unknown {
    const open: Open[] = [];
    for (;;) {
      let value: unknown;
      const first = this.#peek();
      if (first === '[' || first === '{') {
        this.#at++;
        const empty = this.#peek() === (first === '[' ? ']' : '}');
        const frame: Open = first === '[' ? { array: [], object: null, key: 0 } : { array: null, object: {}, key: '' };
        if (!empty) {
          open.push(frame);
          if (frame.object !== null) frame.key = this.#key();
          continue;
        }
        this.#at++;
        value = frame.array ?? frame.object;
      } else value = this.#scalar(open);
      // Closes what ends here.
      for (;;) {
        const frame = open.at(-1);
        if (frame === undefined) return value;
        if (frame.array !== null) frame.array.push(value);
        else define(frame.object as Record<string, unknown>, frame.key as string, value);
        const next = this.#peek();
        this.#at++;
        if (next === ',') {
          if (frame.array !== null) frame.key = frame.array.length;
          else frame.key = this.#key();
          break;
        }
        value = frame.array ?? frame.object;
        open.pop();
      }
    }
  }

  #peek(): string {
    while (' \t\n\r'.includes(this.#text.charAt(this.#at)) && this.#at < this.#text.length) this.#at++;
    return this.#text.charAt(this.#at);
  }

  #key(): string {
    this.#peek();
    const key = JSON.parse(this.#token()) as string;
    this.#peek();
    this.#at++;
    return key;
  }

  /** The text of a string, number, boolean or null. */
  #token(): string {
    const text = this.#text;
    const start = this.#at;
    let end = start + 1;
    if (text.charAt(start) === '"') {
      for (;;) {
        const quote = text.indexOf('"', end);
        let slashes = 0;
        while (text.charAt(quote - 1 - slashes) === '\\') slashes++;
        end = quote + 1;
        if (slashes % 2 === 0) break;
      }
    } else while (end < text.length && !' \t\n\r,]}'.includes(text.charAt(end))) end++;
    this.#at = end;
    return text.slice(start, end);
  }

  #scalar(open: readonly Open[]): unknown {
    const token = this.#token();
    const first = token.charAt(0);
    if (first !== '-' && !(first >= '0' && first <= '9')) return JSON.parse(token) as unknown;
    const number = Number(token);
    if (/^-?\d+$/.test(token)) {
      if (Number.isSafeInteger(number)) return number;
      if (token.length <= 1001) return BigInt(token);
    } else if (isSameDecimal(token, number)) return number;
    if (this.#numbers === 'text') return new JsonNumber(token);
    if (this.#numbers === 'round' && Number.isFinite(number)) return number;
    throw new PanprotoDataError(`no JavaScript number holds ${token.slice(0, 40)}`, {
      code: 'not-representable',
      path: pathOf(open.map((frame) => frame.key)),
      help: "say `numbers: 'text'` or `numbers: 'round'`, or convert text or bytes",
    });
  }

  source(): Source {
    const sources: { items?: Source[]; members?: Map<string, Source>; key: string; isText: (value: string) => boolean }[] = [];
    for (;;) {
      let source: Source;
      const first = this.#peek();
      if (first === '[' || first === '{') {
        this.#at++;
        const frame = first === '[' ? { items: [], key: '', isText: no } : { members: new Map<string, Source>(), key: '', isText: no };
        if (this.#peek() !== (first === '[' ? ']' : '}')) {
          if (frame.members !== undefined) frame.key = this.#key();
          sources.push(frame);
          continue;
        }
        this.#at++;
        source = frame;
      } else {
        const token = this.#token();
        source = { token, isText: (value) => token.startsWith('"') && JSON.parse(token) === value };
      }
      for (;;) {
        const frame = sources.at(-1);
        if (frame === undefined) return source;
        if (frame.items !== undefined) frame.items.push(source);
        else frame.members?.set(frame.key, source);
        const next = this.#peek();
        this.#at++;
        if (next === ',') {
          if (frame.members !== undefined) frame.key = this.#key();
          break;
        }
        source = frame;
        sources.pop();
      }
    }
  }
}

function no(): boolean {
  return false;
}

function define(object: Record<string, unknown>, key: string, value: unknown): void {
  // Not an assignment: a field may be called `__proto__`.
  if (key === '__proto__') Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true });
  else object[key] = value;
}

/** Whether the shortest text of a number is the same decimal number as a token. */
function isSameDecimal(token: string, number: number): boolean {
  if (!Number.isFinite(number)) return false;
  return decimal(token) === decimal(String(number));
}

/** Digits and exponent without the zeros that say nothing. */
function decimal(token: string): string {
  const [mantissa = '', exponent = '0'] = token.replace(/^-/, '').toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const digits = (whole + fraction).replace(/^0+/, '');
  const kept = digits.replace(/0+$/, '');
  if (kept === '') return '0';
  return `${kept}e${BigInt(exponent) - BigInt(fraction.length) + BigInt(digits.length - kept.length)}`;
}
