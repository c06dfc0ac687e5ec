/**
 * What the engine knows of the page: the schemas, the migration and the lens that were made last, and the record that is
 * open. One request after another.
 */

import { JsonNumber, PanprotoTypeCheckError } from '@panproto/core';
import type { Diff, Finding, Lens, MigrateOptions, Migration, Panproto, Schema } from '@panproto/core';
import { parseSide, problemIn, problemOf } from './documents.js';
import { drawingOf } from './drawing.js';
import { around, parse, pretty, same } from './json-text.js';
import { EDITABLE, QUOTED, ROWS } from './protocol.js';
import type { ChangeRow, Comparison, Converted, Drawing, FindingRow, Judgement, Law, MigrationReport, Situation } from './protocol.js';
import { resolve, shapeOf } from './shape.js';
import type { Shape } from './shape.js';
import { textOf, valuesAt } from './values.js';

const NO_LAW: Law = { light: 'none', why: null };
const NO_LAWS = { getPut: NO_LAW, putGet: NO_LAW };
/** Bytes of a complement that are shown. */
const SHOWN = 512;

export class Session {
  readonly #pp: Panproto;
  #changes: readonly ChangeRow[] = [];
  #shapes: { readonly old: Shape; readonly next: Shape } | null = null;
  #migration: Migration | null = null;
  #lens: Lens | null = null;
  #complement: Uint8Array | null = null;

  constructor(pp: Panproto) {
    this.#pp = pp;
  }

  get lens(): Lens | null {
    return this.#lens;
  }

  /** Whether records of one side may be arrays. */
  ofArrays(next: boolean): boolean {
    const graph = this.#shapes?.[next ? 'next' : 'old'].graph;
    return graph?.vertices[0]?.kind === 'array';
  }

  compare(situation: Situation): Comparison {
    this.#changes = [];
    this.#shapes = null;
    this.#migration = null;
    this.#lens = null;
    this.#complement = null;
    const old = parseSide(this.#pp, situation.old);
    const next = parseSide(this.#pp, situation.next);
    const empty: Comparison = { old: old.report, next: next.report, changes: null, verdict: null, migration: null, lens: null, trouble: null, inDeclaration: false };
    if (old.schema === null || next.schema === null) return empty;

    let found = empty;
    let diff: Diff;
    try {
      diff = old.schema.diff(next.schema);
      this.#shapes = { old: shapeOf(old.schema, situation.old.root), next: shapeOf(next.schema, situation.next.root) };
      this.#changes = [...diff.changes].sort((a, b) => Number(b.structural) - Number(a.structural)).map(rowOf);
      const structural = this.#changes.filter((change) => change.structural).length;
      found = {
        ...found,
        changes: { rows: this.changes(0), total: this.#changes.length, structural, equivalent: diff.isEquivalent },
        verdict: verdictOf(diff, null),
      };
    } catch (error) {
      return { ...found, trouble: problemOf(error) };
    }
    try {
      this.#migration = this.#migrate(old.schema, next.schema, situation);
      found = { ...found, migration: reportOf(this.#migration, this.#shapes.next) };
    } catch (error) {
      const inDeclaration = situation.declaration.trim() !== '';
      return { ...found, trouble: inDeclaration ? problemIn(situation.declaration, error) : problemOf(error), inDeclaration };
    }
    if (!this.#migration.decided) return found;
    try {
      this.#lens = this.#migration.lens();
      const spec = this.#lens.spec();
      const refuses = [...spec.partial, ...spec.viewDomain, ...spec.needsDefault];
      return {
        ...found,
        verdict: verdictOf(diff, this.#migration) ?? found.verdict,
        lens: { keeps: spec.complement.slice(0, ROWS), refuses: refuses.slice(0, ROWS), lossless: spec.lossless },
      };
    } catch (error) {
      return { ...found, trouble: problemOf(error) };
    }
  }

  /** Changes from one on. */
  changes(from: number): readonly ChangeRow[] {
    return this.#changes.slice(from, from + ROWS).map((row) => ({ ...row, old: cut(row.old), new: cut(row.new) }));
  }

  drawing(all: boolean): Drawing {
    if (this.#shapes === null) return { cards: [], total: 0, changed: 0 };
    return drawingOf(this.#shapes.old, this.#shapes.next, this.#changes, this.#migration?.changes ?? [], all);
  }

  /** The migration as it can be saved. */
  migration(): string {
    return this.#migration === null ? '' : pretty(JSON.stringify(this.#migration));
  }

  get(text: string): Converted {
    this.#complement = null;
    const lens = this.#lens;
    if (lens === null || text.trim() === '') return { text: null, problem: null, notes: [], complement: null, laws: NO_LAWS };
    try {
      const { view, complement } = lens.get(text);
      this.#complement = complement;
      return { text: shown(view), problem: null, notes: [], complement: told(complement), laws: { getPut: getPut(lens, text), putGet: putGet(lens, view, complement) } };
    } catch (error) {
      return { text: null, problem: problemIn(text, error), notes: [], complement: null, laws: NO_LAWS };
    }
  }

  put(text: string): Converted {
    const lens = this.#lens;
    const complement = this.#complement;
    if (lens === null || text.trim() === '') return { text: null, problem: null, notes: [], complement: null, laws: NO_LAWS };
    const notes: string[] = [];
    try {
      const record =
        complement === null ? lens.create(text) : lens.put(text, complement, { onNote: ({ code, path }) => notes.push(path === '' ? code : `${path}: ${code}`) });
      return {
        text: shown(record),
        problem: null,
        notes: notes.slice(0, ROWS),
        complement: complement === null ? null : told(complement),
        laws: { getPut: getPut(lens, record), putGet: complement === null ? NO_LAW : putGet(lens, text, complement) },
      };
    } catch (error) {
      return { text: null, problem: problemIn(text, error), notes, complement: complement === null ? null : told(complement), laws: NO_LAWS };
    }
  }

  #migrate(old: Schema, next: Schema, { answers, declaration, ...situation }: Situation): Migration {
    const options: MigrateOptions = {
      hints: answers.hints,
      defaults: answers.defaults,
      sourceDefaults: answers.sourceDefaults,
      keys: answers.keys,
      trust: answers.trust,
      ...(answers.match.length > 0 ? { match: answers.match } : {}),
      ...(situation.old.root === '' ? {} : { oldRoot: situation.old.root }),
      ...(situation.next.root === '' ? {} : { newRoot: situation.next.root }),
    };
    if (declaration.trim() === '') return this.#pp.migrate(old, next, options);
    const declared = objectOf(declaration);
    const members = (name: string): object => (typeof declared[name] === 'object' && declared[name] !== null ? declared[name] : {});
    return this.#pp.compileMigration({
      ...declared,
      source: old,
      target: next,
      fields: { ...answers.hints, ...members('fields') },
      defaults: { ...answers.defaults, ...members('defaults') },
      source_defaults: { ...answers.sourceDefaults, ...members('source_defaults') },
      ...(Object.keys(answers.keys).length > 0 ? { keys: { ...answers.keys, ...members('keys') } } : {}),
      ...(answers.trust.length > 0 ? { trust: answers.trust } : {}),
      ...(answers.match.length > 0 ? { match: answers.match } : {}),
      ...(situation.old.root === '' && situation.next.root === ''
        ? {}
        : { roots: { ...(situation.old.root === '' ? {} : { source: situation.old.root }), ...(situation.next.root === '' ? {} : { target: situation.next.root }) } }),
    });
  }
}

/** The members of a declaration. */
function objectOf(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = parse(text, (digits) => new JsonNumber(digits));
  } catch (error) {
    throw new PanprotoTypeCheckError(`the declaration is not JSON: ${error instanceof Error ? error.message : String(error)}`, { code: 'declaration-syntax', cause: error });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new PanprotoTypeCheckError('a declaration is an object', { code: 'type-mismatch', help: 'as `{"fields": {"old": "new"}}`' });
}

/** The record of its own unedited view is the record. */
function getPut(lens: Lens, record: string): Law {
  try {
    const { holds, violation } = lens.checkLaws(record);
    return { light: holds ? 'on' : 'off', why: violation };
  } catch (error) {
    return { light: 'off', why: problemOf(error).message };
  }
}

/** The view of what was put is the view that was put. */
function putGet(lens: Lens, view: string, complement: Uint8Array): Law {
  try {
    const again = lens.get(lens.put(view, complement)).view;
    const holds = same(again, view);
    return { light: holds ? 'on' : 'off', why: holds ? null : 'the view of the record that was put back differs from the edited view' };
  } catch (error) {
    return { light: 'off', why: problemOf(error).message };
  }
}

function shown(text: string): string {
  return text.length > EDITABLE ? text : pretty(text);
}

function told(complement: Uint8Array): { bytes: number; hex: string } {
  const hex = [...complement.subarray(0, SHOWN)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return { bytes: complement.length, hex };
}

function rowOf({ kind, path, old, new: is, structural }: ChangeRow): ChangeRow {
  return { kind, path, old, new: is, structural };
}

function cut(text: string | null): string | null {
  return text !== null && text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

function verdictOf(diff: Diff, migration: Migration | null): Comparison['verdict'] {
  const verdict = diff.verdict(migration === null ? {} : { migration });
  const judged = ({ kind, findings }: { readonly kind: Judgement['kind']; readonly findings: readonly Finding[] }): Judgement => ({
    kind,
    findings: findings.slice(0, ROWS / 4).map(findingOf),
    total: findings.length,
  });
  return { backward: judged(verdict.backward), forward: judged(verdict.forward), source: judged(verdict.source) };
}

function findingOf(finding: Finding): FindingRow {
  const witness = finding.witness === undefined ? null : pretty(textOf(finding.witness));
  return {
    code: finding.code,
    kind: finding.kind,
    path: finding.path,
    old: cut(finding.old),
    new: cut(finding.new),
    witness: witness?.slice(0, QUOTED) ?? null,
    witnessCut: (witness?.length ?? 0) > QUOTED,
    repaired: finding.repairedByMigration ?? null,
  };
}

function reportOf(migration: Migration, target: Shape): MigrationReport {
  const beside = (path: string): string[] => {
    const parent = around(path);
    const lost = migration.changes.flatMap(({ kind, from }) => (kind === 'drop' && from !== null ? [from] : []));
    return lost.filter((from) => around(from) === parent).slice(0, 5);
  };
  return {
    decided: migration.decided,
    lossless: migration.lossless,
    steps: migration.changes.slice(0, ROWS).map(({ kind, from, to, why, score, lossless }) => ({ kind, from, to, why, score, lossless })),
    stepsTotal: migration.changes.length,
    // Where old members go answers where new ones come from: that is asked first.
    questions: [...migration.questions].sort((a, b) => Number(a.inTarget) - Number(b.inTarget)).slice(0, ROWS / 4).map((question) => ({
      ...question,
      sources: question.inTarget ? beside(question.path) : [],
      values: question.inTarget ? valuesAt(target.graph, resolve(target, question.path)?.row.vertex) : [],
    })),
    questionsTotal: migration.questions.length,
  };
}
