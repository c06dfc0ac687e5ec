/**
 * The scene and the address bar: what is written is in the link before long, and a link that is opened is shown. A scene
 * that is too long for a link is kept beside the address, so that a reload and the way back lose nothing.
 */

import { effect, signal } from '@preact/signals';
import { EXAMPLES, load } from './examples/index.js';
import type { Example } from './examples/index.js';
import { BadLink, fits, fromHash, pack, toHash, unpack } from './share.js';
import * as state from './state.js';
import type { Scene } from './state.js';

const PAUSE = 500;
/** Characters of a link that is kept up to date by itself; a longer one is made when it is asked for. */
const BY_ITSELF = 16_000;
/** Characters of texts that are packed after each key. */
const SMALL = 500_000;

/** Why the link that was opened could not be shown. */
export const badLink = signal<string | null>(null);

let timer: ReturnType<typeof setTimeout> | undefined;
/** What the address says already. */
let written: string | null = null;
/** Only the newest of what is under way may change the scene, or the address. */
let opened = 0;
let kept = 0;

/** Shows what the address says; where that is nothing, what is there stays, or the first example comes. */
export async function open(isFirst = true): Promise<void> {
  const mine = ++opened;
  clearTimeout(timer);
  timer = undefined;
  const { hash } = location;
  badLink.value = null;
  try {
    const haste = isFirst ? left() : null;
    if (haste !== null) return state.enter(haste);
    const named = /^#example\/(.*)$/.exec(hash)?.[1];
    const example = named === undefined ? EXAMPLES[0] : EXAMPLES.find(({ id }) => id === named);
    if (example === undefined) throw new BadLink(`there is no example \`${named ?? ''}\``);
    const scene = named === undefined ? ((await fromHash(hash)) ?? unpack(history.state)) : null;
    if (scene === null && named === undefined && hash.length > 1) throw new BadLink('this link names nothing that this page knows');
    const found = scene ?? (await load(example));
    if (mine !== opened) return;
    state.enter(found, scene === null ? example : null);
    written = JSON.stringify(state.scene());
  } catch (error) {
    if (mine !== opened) return;
    badLink.value = error instanceof Error ? error.message : String(error);
    const [example] = EXAMPLES;
    if (isFirst && example !== undefined) state.enter(await load(example), example);
    else {
      written = null;
      await keep();
    }
  }
}

/** Shows an example, or nothing to begin with; what was there is one step back. */
export async function show(example: Example | null): Promise<void> {
  const found = example === null ? state.NOTHING : await load(example);
  await keep();
  opened++;
  const address = example === null ? '#' : `#example/${example.id}`;
  if (location.hash !== address) history.pushState(null, '', address);
  badLink.value = null;
  state.enter(found, example);
  written = example === null ? null : JSON.stringify(state.scene());
}

/** Keeps the address up to date. */
export function follow(): void {
  addEventListener('hashchange', () => void open(false));
  // Between two scenes that are beside the address, that does not change.
  addEventListener('popstate', () => {
    if (history.state !== null) void open(false);
  });
  addEventListener('pagehide', () => {
    if (timer !== undefined) leave();
  });
  effect(() => {
    state.scene();
    clearTimeout(timer);
    timer = setTimeout(() => void keep(), PAUSE);
  });
}

/** What was written a moment ago and is in no address yet: a reload asks for the address as it was. */
const HASTE = 'panproto-playground-haste';

function leave(): void {
  try {
    sessionStorage.setItem(HASTE, JSON.stringify([location.hash, pack(state.scene())]));
  } catch {
    // Too much, or no storage: the address has what was written before.
  }
}

/** What was left at this address. */
function left(): Scene | null {
  try {
    const [hash, packed] = JSON.parse(sessionStorage.getItem(HASTE) ?? '[]') as readonly unknown[];
    sessionStorage.removeItem(HASTE);
    return hash === location.hash ? unpack(packed) : null;
  } catch {
    return null;
  }
}

function beside(scene: Scene): void {
  try {
    history.replaceState(pack(scene), '', '#');
  } catch {
    // A browser that keeps less than this: the address says at least nothing that is wrong.
    history.replaceState(null, '', '#');
  }
}

/** Writes the scene into the address, or beside it. */
async function keep(): Promise<void> {
  clearTimeout(timer);
  timer = undefined;
  const mine = ++kept;
  const over = opened;
  const scene: Scene = state.scene();
  if (fits(scene, SMALL)) {
    const text = JSON.stringify(scene);
    if (text === written) return;
    written = text;
    const hash = await toHash(scene);
    if (mine !== kept || over !== opened) return;
    if (hash.length <= BY_ITSELF) return history.replaceState(null, '', hash);
  } else written = null;
  beside(scene);
}

/** The link to what is shown, which is in the address bar then; `null` where no link could hold it. */
export async function share(): Promise<string | null> {
  if (!fits(state.scene())) return null;
  const hash = await toHash(state.scene());
  history.replaceState(null, '', hash);
  return location.href;
}
