/**
 * Views with their complements: all at once where they are few, else in groups of lines that each have what belongs to them.
 */

import { FAILING, HEADER, NEWLINE, SLICE, forSearch, joinRan, linesIn } from './lines.js';
import type { Ran } from './runtime.js';

/** Complements that cross at once: they may be much larger than their views. */
const MOST = 4 << 20;

const CHECKSUM = 4;

/** Lines that cross at once. */
export interface Group {
  readonly views: Uint8Array;
  /** The complements of those that are not blank, without the header that stands before all. */
  readonly bodies: Uint8Array;
}

/** The groups of a whole. The last has all complements that are left, so that the module sees what is too much. */
export function* groups(views: Uint8Array, complements: Uint8Array): Generator<Group, void, undefined> {
  let at = 0;
  let body = HEADER;
  for (;;) {
    const stop = Math.min(views.length, at + SLICE);
    if (stop === views.length && complements.length - body <= MOST) {
      // As they are: the module counts them.
      return yield { views: views.subarray(at), bodies: complements.subarray(body) };
    }
    // The last line that begins before the end of the slice is too much, unless it is the only one.
    const whole = views.lastIndexOf(NEWLINE, stop - 1) + 1;
    const ends = step(views, at, whole > at ? whole : stop, complements, body, MOST);
    const last = ends.views === views.length;
    yield { views: views.subarray(at, ends.views), bodies: complements.subarray(body, last ? ends.bodies + MOST : ends.bodies) };
    if (last) return;
    ({ views: at, bodies: body } = ends);
  }
}

/** The input of a group, as the module takes it. */
export function putInput(header: Uint8Array, bodies: Uint8Array, views: Uint8Array): readonly Uint8Array[] {
  const size = header.length + bodies.length;
  for (let at = 0; at < LENGTH.length; at++) LENGTH[at] = size >>> (8 * at);
  return [LENGTH, header, bodies, views];
}

/** Copied into the module before anybody else writes it. */
const LENGTH = new Uint8Array(4);

/** Runs a group; where more lines of it fail than the module tells at once, in smaller ones, so that all are told. */
export function runGroup({ views, bodies }: Group, flags: number, run: (group: Group) => Ran): Ran {
  const ran = run({ views, bodies });
  if (flags >> 4 !== FAILING.collect || ran.failures <= ran.failed.length) return ran;
  const half = views.length >> 1;
  const middle = views.lastIndexOf(NEWLINE, half) + 1 || views.indexOf(NEWLINE, half) + 1;
  if (middle === 0 || middle === views.length) return ran;
  const end = step(views, 0, middle, bodies, 0, Infinity).bodies;
  const first = runGroup({ views: views.subarray(0, middle), bodies: bodies.subarray(0, end) }, flags, run);
  const second = runGroup({ views: views.subarray(middle), bodies: bodies.subarray(end) }, flags, run);
  return joinRan(first, second, { lines: linesIn(views, middle), bytes: middle, second: 0 });
}

/** Where the lines end that begin before `stop`, and the bodies of those that are not blank; fewer if their bodies are large. */
function step(views: Uint8Array, from: number, stop: number, complements: Uint8Array, body: number, most: number): { readonly views: number; readonly bodies: number } {
  const enough = body + most;
  const searched = forSearch(views);
  let at = from;
  while (at < stop && body < enough) {
    const end = searched.indexOf(NEWLINE, at) + 1 || views.length;
    const blank = isBlank(views, at, end);
    at = end;
    if (!blank) body = after(complements, body);
  }
  return { views: at, bodies: body };
}

/** The end of a body: its length, the payload, and a checksum if there is a payload. The module checks them. */
function after(complements: Uint8Array, start: number): number {
  let at = start;
  let length = 0;
  for (let shift = 1; ; shift *= 128) {
    const byte = complements[at++] ?? 0;
    length += (byte & 0x7f) * shift;
    if (byte < 0x80 || shift > 2 ** 42) break;
  }
  return Math.min(length > 0 ? at + length + CHECKSUM : at, complements.length);
}

function isBlank(lines: Uint8Array, from: number, end: number): boolean {
  for (let at = from; at < end; at++) {
    const byte = lines[at] as number;
    if (byte !== 32 && byte !== 9 && byte !== 10 && byte !== 13) return false;
  }
  return true;
}
