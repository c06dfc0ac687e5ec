/**
 * Long lists, a frame at a time: at most 200 rows or 64 kB of text are added to the page in one.
 */

import { useEffect, useState } from 'preact/hooks';

export const FRAME_ROWS = 200;
export const FRAME_TEXT = 64_000;

/** How many of the items are there by now. `weigh` tells rows and characters of one. */
export function useGradual<T>(items: readonly T[], weigh: (item: T) => readonly [rows: number, text: number]): number {
  const [shown, setShown] = useState({ items, count: step(items, 0, weigh) });
  const current = shown.items === items ? shown.count : step(items, 0, weigh);
  useEffect(() => {
    if (current >= items.length) {
      if (shown.items !== items) setShown({ items, count: current });
      return;
    }
    const frame = requestAnimationFrame(() => setShown({ items, count: step(items, current, weigh) }));
    return () => cancelAnimationFrame(frame);
  }, [items, current]);
  return current;
}

/** How far one more frame goes; one item at least. */
function step<T>(items: readonly T[], from: number, weigh: (item: T) => readonly [number, number]): number {
  let [rows, text] = [0, 0];
  let at = from;
  for (; at < items.length; at++) {
    const [more, long] = weigh(items[at] as T);
    rows += more;
    text += long;
    if (at > from && (rows > FRAME_ROWS || text > FRAME_TEXT)) break;
  }
  return at;
}
