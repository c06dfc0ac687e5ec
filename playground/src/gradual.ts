/**
 * Long lists, a frame at a time: at most 200 rows or 64 kB of text are added to the page in one, by all lists together.
 */

import { useEffect, useState } from 'preact/hooks';

export const FRAME_ROWS = 200;
export const FRAME_TEXT = 64_000;
/** Rows of a list that stay while it changes, so that it does not blink. All lists together stay below a frame. */
const KEPT = 16;

export type Weigh<T> = (item: T) => readonly [rows: number, text: number];

/** What a frame has room for. */
export interface Room {
  rows: number;
  text: number;
}

type Grow = (room: Room) => void;

const waiting = new Set<Grow>();
let frame = 0;

function inNextFrame(grow: Grow): () => void {
  waiting.add(grow);
  if (frame === 0) frame = requestAnimationFrame(draw);
  return () => void waiting.delete(grow);
}

function draw(): void {
  frame = 0;
  const room: Room = { rows: FRAME_ROWS, text: FRAME_TEXT };
  for (const grow of [...waiting]) {
    if (room.rows <= 0 || room.text <= 0) break;
    waiting.delete(grow);
    grow(room);
  }
  if (waiting.size > 0 && frame === 0) frame = requestAnimationFrame(draw);
}

/** How many of the items are there by now. `weigh` tells rows and characters of one. */
export function useGradual<T>(items: readonly T[], weigh: Weigh<T>): number {
  const [shown, setShown] = useState({ items, count: 0 });
  const count = shown.items === items ? shown.count : Math.min(shown.count, step(items, 0, weigh, { rows: KEPT, text: FRAME_TEXT / KEPT }));
  useEffect(() => {
    if (count < items.length) return inNextFrame((room) => setShown({ items, count: step(items, count, weigh, room) }));
    if (shown.items !== items) setShown({ items, count });
    return undefined;
  }, [items, count]);
  return count;
}

/** How far the room goes, which is taken; one item at least where nothing was taken before. */
export function step<T>(items: readonly T[], from: number, weigh: Weigh<T>, room: Room): number {
  const fresh = room.rows === FRAME_ROWS;
  let at = from;
  for (; at < items.length; at++) {
    const [rows, text] = weigh(items[at] as T);
    if ((rows > room.rows || text > room.text) && !(fresh && at === from)) break;
    room.rows -= rows;
    room.text -= text;
  }
  return at;
}
