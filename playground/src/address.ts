/**
 * The scene and the address bar: what is written is in the link before long, and a link that is opened is shown.
 */

import { effect, signal } from '@preact/signals';
import { EXAMPLES, load } from './examples/index.js';
import { fits, fromHash, toHash } from './share.js';
import * as state from './state.js';

const PAUSE = 500;
/** Characters of a link that is kept up to date by itself; a longer one is made when it is asked for. */
const BY_ITSELF = 16_000;
/** Characters of texts that are looked at after each key. */
const SMALL = 500_000;

/** Why the link that was opened could not be shown. */
export const badLink = signal<string | null>(null);

let timer: ReturnType<typeof setTimeout> | undefined;
/** What the address bar says already. */
let written: string | null = null;

/** Shows what the address says, or the first example. */
export async function open(): Promise<void> {
  const { hash } = location;
  badLink.value = null;
  const named = /^#example\/([\w-]+)$/.exec(hash)?.[1];
  try {
    const example = named === undefined ? undefined : EXAMPLES.find(({ id }) => id === named);
    if (example !== undefined) state.enter(await load(example), example.title);
    else {
      const scene = await fromHash(hash);
      if (scene !== null) state.enter(scene);
      else await first();
    }
  } catch (error) {
    badLink.value = error instanceof Error ? error.message : String(error);
    await first();
  }
  written = JSON.stringify(state.scene());
}

async function first(): Promise<void> {
  const [example] = EXAMPLES;
  if (example !== undefined) state.enter(await load(example), example.title);
}

/** Keeps the address up to date. */
export function follow(): void {
  addEventListener('hashchange', () => void open());
  effect(() => {
    const scene = state.scene();
    clearTimeout(timer);
    if (!fits(scene, SMALL)) {
      if (location.hash !== '') history.replaceState(null, '', '#');
      return;
    }
    const text = JSON.stringify(scene);
    if (text === written) return;
    timer = setTimeout(() => {
      written = text;
      void toHash(state.scene()).then((hash) => {
        if (hash.length <= BY_ITSELF) history.replaceState(null, '', hash);
        else if (location.hash !== '') history.replaceState(null, '', '#');
      });
    }, PAUSE);
  });
}

/** The link to what is shown, which is in the address bar then; `null` where no link could hold it. */
export async function share(): Promise<string | null> {
  if (!fits(state.scene())) return null;
  const hash = await toHash(state.scene());
  history.replaceState(null, '', hash);
  return location.href;
}
