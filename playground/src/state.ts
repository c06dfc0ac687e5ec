/**
 * What the page shows, as signals: what a person wrote, and what the engine said to it.
 */

import { batch, computed, signal } from '@preact/signals';
import type { Answers, ChangeRow, Comparison, Converted, Drawing, FileReport, LanguageName, Side, Situation } from './engine/protocol.js';

export const NO_ANSWERS: Answers = { hints: {}, defaults: {}, sourceDefaults: {}, keys: {}, trust: [], match: [] };

/** All that a link holds. */
export interface Scene {
  readonly old: Side;
  readonly next: Side;
  readonly answers: Answers;
  readonly declaration: string;
  readonly record: string;
}

export const EMPTY_SIDE: Side = { language: 'json-schema', text: '', root: '' };
export const NOTHING: Scene = { old: EMPTY_SIDE, next: EMPTY_SIDE, answers: NO_ANSWERS, declaration: '', record: '' };

// What a person wrote.
export const oldSide = signal<Side>(EMPTY_SIDE);
export const nextSide = signal<Side>(EMPTY_SIDE);
export const answers = signal<Answers>(NO_ANSWERS);
export const declaration = signal('');
export const record = signal('');
export const view = signal('');
/** Which of the two was written last: the other one follows. */
export const leading = signal<'record' | 'view'>('record');
/** Which example this began as. */
export const story = signal<{ readonly title: string; readonly about: string } | null>(null);

// What the engine said.
export const version = signal('');
export const busy = signal(true);
/** Whether it takes so long that one may want to stop it. */
export const slow = signal(false);
export const failure = signal<string | null>(null);
export const comparison = signal<Comparison | null>(null);
export const changes = signal<readonly ChangeRow[]>([]);
export const drawing = signal<Drawing | null>(null);
export const converted = signal<Converted | null>(null);

// What is open.
export const changesAs = signal<'list' | 'graph'>('list');
export const wholeGraph = signal(false);
export const onlyStructural = signal(true);
export const file = signal<{ readonly file: File; readonly backwards: boolean; readonly report: FileReport | null; readonly blob: Blob | null } | null>(null);
/** What a screen reader is told. */
export const announced = signal('');
/** A word about what was just done. */
export const toast = signal('');

export const situation = computed<Situation>(() => ({
  old: oldSide.value,
  next: nextSide.value,
  answers: answers.value,
  declaration: declaration.value,
}));

export function scene(): Scene {
  return { old: oldSide.value, next: nextSide.value, answers: answers.value, declaration: declaration.value, record: record.value };
}

/** Shows another scene. */
export function enter(next: Scene, example: typeof story.value = null): void {
  batch(() => {
    oldSide.value = next.old;
    nextSide.value = next.next;
    answers.value = next.answers;
    declaration.value = next.declaration;
    record.value = next.record;
    view.value = '';
    leading.value = 'record';
    story.value = example;
    file.value = null;
    wholeGraph.value = false;
  });
}

export function setLanguage(side: typeof oldSide, language: LanguageName): void {
  side.value = { ...side.value, language, root: '' };
}

/** Says something to those who do not see it. */
export function announce(text: string): void {
  // The same words twice are not read twice.
  announced.value = announced.value === text ? `${text}\u00a0` : text;
}
