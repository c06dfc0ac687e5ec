/**
 * From what a person writes to what the engine says: one question at a time, and only the newest of those that wait.
 */

import { batch, effect, untracked } from '@preact/signals';
import { Refused, Stopped } from './engine/client.js';
import { engine } from './engine/engine.js';
import { EDITABLE } from './engine/protocol.js';
import type { Comparison, Converted } from './engine/protocol.js';
import * as state from './state.js';

/** Milliseconds without a key before the engine is asked. */
const PAUSE = 180;
/** Milliseconds after which one may stop it. */
const LONG = 2000;

/** Characters of a record that is converted while one writes. */
const LONGEST = EDITABLE * 4;
const NO_LIGHT = { light: 'none', why: null } as const;
const TOO_LONG: Converted = {
  text: null,
  problem: { severity: 'error', code: 'too-long', message: 'this record is too long to be converted while one writes', path: null, span: null, help: 'drop it on the file area below' },
  notes: [],
  complement: null,
  laws: { getPut: NO_LIGHT, putGet: NO_LIGHT },
};

let asked = 0;
/** The engine that was told the schemas, by how many had ended before it. */
let known = -1;
/** How often in a row the engine ended by itself. */
let failures = 0;
let running: Promise<void> | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;
/** The parts that have to be asked again. */
const due = { compare: false, convert: false };

/** Begins. Everything that follows is a reaction to signals. */
export function begin(): void {
  effect(() => {
    void state.situation.value;
    untracked(() => want('compare'));
  });
  effect(() => {
    void state.record.value;
    void state.view.value;
    void state.leading.value;
    untracked(() => {
      if (!settling) want('convert');
    });
  });
  effect(() => {
    const { changesAs, wholeGraph } = state;
    void wholeGraph.value;
    if (changesAs.value === 'graph') untracked(() => void draw());
  });
  effect(() => {
    document.body.dataset['busy'] = String(state.busy.value);
  });
  engine.onFailure = recover;
  void engine.ask({ kind: 'version' }).then(
    (version) => (state.version.value = version),
    (error: unknown) => fail(error),
  );
}

/** Ends what takes too long. */
export function stop(): void {
  due.compare = due.convert = false;
  engine.stop();
  batch(() => {
    state.busy.value = false;
    state.slow.value = false;
    state.failure.value = 'stopped; the next edit starts again';
  });
}

/** Asks again what was asked last, of a fresh engine: the old one may never have begun. */
export function again(): void {
  engine.stop();
  state.failure.value = null;
  want('compare', 0);
}

/** An engine that ended by itself is replaced, once: what it was asked may be what ends it. */
function recover(why: string): void {
  if (++failures > 1) state.failure.value = `the engine failed: ${why}`;
  else want('compare', 0);
}

/** Rows of the list of changes that were not told yet. */
export async function moreChanges(): Promise<void> {
  if (engine.ended !== known) return want('compare', 0);
  try {
    const rows = await engine.ask({ kind: 'changes', from: state.changes.value.length });
    state.changes.value = [...state.changes.value, ...rows];
  } catch (error) {
    fail(error);
  }
}

/** The migration as a file; blank where the engine that knew it has ended. */
export async function migrationText(): Promise<string> {
  try {
    return await engine.ask({ kind: 'migration' });
  } catch (error) {
    fail(error);
    return '';
  }
}

let settling = false;

function want(part: 'compare' | 'convert', pause = state.comparison.value === null ? 0 : PAUSE): void {
  due[part] = true;
  state.busy.value = true;
  clearTimeout(timer);
  timer = setTimeout(() => void run(), pause);
}

async function run(): Promise<void> {
  if (running !== null) return;
  running = work();
  await running;
  running = null;
  // Once what the engine said is on the page: whoever drives it from outside can wait for this number.
  await new Promise((resume) => setTimeout(resume, 0));
  document.body.dataset['turn'] = String(asked);
  if (due.compare || due.convert) void run();
  else state.busy.value = false;
}

async function work(): Promise<void> {
  const turn = ++asked;
  const long = setTimeout(() => (state.slow.value = true), LONG);
  try {
    const here = engine.ended;
    if (due.compare || here !== known) {
      due.compare = due.convert = false;
      const told = await engine.ask({ kind: 'compare', situation: state.situation.value });
      known = here;
      if (due.compare) return;
      show(told);
      if (state.changesAs.value === 'graph') await draw();
      await convert(true);
    } else {
      due.convert = false;
      await convert(false);
    }
    state.failure.value = null;
    failures = 0;
  } catch (error) {
    if (turn === asked) fail(error);
  } finally {
    clearTimeout(long);
    state.slow.value = false;
  }
}

function show(told: Comparison): void {
  batch(() => {
    state.comparison.value = told;
    state.changes.value = told.changes?.rows ?? [];
    if (told.changes === null) state.drawing.value = null;
  });
  state.announce(summary(told));
}

async function draw(): Promise<void> {
  // Another engine is told the schemas first, and draws then.
  if (engine.ended !== known) return;
  const drawing = await engine.ask({ kind: 'drawing', all: state.wholeGraph.value }).catch(() => null);
  if (drawing !== null) state.drawing.value = drawing;
}

/** The side that was not written last follows the other one. */
async function convert(anew: boolean): Promise<void> {
  const { record, view, leading, converted } = state;
  // After another lens the view is that of the record: a complement is bound to its lens.
  const backwards = leading.value === 'view' && (!anew || record.value.trim() === '');
  const text = (backwards ? view : record).value;
  const told: Converted = text.length > LONGEST ? TOO_LONG : await engine.ask(backwards ? { kind: 'put', text } : { kind: 'get', text });
  // Whatever was written meanwhile, on either side, is asked next, and is not written over.
  if (due.compare || (due.convert && (text !== (backwards ? view : record).value || (leading.value === 'view') !== backwards))) return;
  settling = true;
  batch(() => {
    converted.value = told;
    if (anew && !backwards) leading.value = 'record';
    if (backwards) {
      if (told.text !== null) record.value = told.text;
    } else view.value = told.text ?? '';
  });
  settling = false;
  if (!anew && told.problem !== null) state.announce(`Refused: ${told.problem.message}`);
}

function fail(error: unknown): void {
  if (error instanceof Stopped) return;
  state.failure.value = error instanceof Refused || error instanceof Error ? error.message : String(error);
}

function summary({ changes, verdict, migration, old, next, trouble }: Comparison): string {
  const wrong = [...old.problems, ...next.problems].filter(({ severity }) => severity === 'error').length;
  if (wrong > 0) return wrong === 1 ? 'A schema has a problem.' : `The schemas have ${wrong} problems.`;
  if (changes === null || verdict === null) return '';
  const parts = [`${changes.structural} ${changes.structural === 1 ? 'change' : 'changes'}.`];
  parts.push(`New reader, old data: ${verdict.backward.kind}. Old reader, new data: ${verdict.forward.kind}.`);
  if (trouble !== null) parts.push(trouble.message);
  else if (migration !== null) {
    const open = migration.questionsTotal;
    parts.push(migration.decided ? 'The migration is decided.' : `The migration has ${open} ${open === 1 ? 'question' : 'questions'}.`);
  }
  return parts.join(' ');
}
