/**
 * What changed between two schemas, and for whom it breaks.
 */

import { storedOf } from './argument.js';
import { fromJson } from './json.js';
import type { Lens } from './lens.js';
import type { Migration } from './migration.js';
import type { Schema } from './schema.js';
import type { Wire, WireMap } from './wire.js';

/** One change. */
export class Change {
  /** What happened, as `field-removed`. */
  readonly kind: string;
  /** Where in the data. */
  readonly path: string;
  /** What the old schema says there. */
  readonly old: string | null;
  /** What the new one says. */
  readonly new: string | null;
  /** Whether it can change data or a verdict: documentation cannot. */
  readonly structural: boolean;

  /** @internal */
  constructor(change: WireMap) {
    this.kind = change['kind'] as string;
    this.path = change['path'] as string;
    this.old = change['old'] as string | null;
    this.new = change['new'] as string | null;
    this.structural = change['structural'] as boolean;
  }

  /** `field-removed text: string → —`. */
  toString(): string {
    const sides = this.old === null && this.new === null ? '' : `: ${this.old ?? '—'} → ${this.new ?? '—'}`;
    return `${this.kind} ${this.path}${sides}`;
  }
}

/** What a verdict takes for granted. */
export interface Reading {
  /** Whether undeclared names are reserved for later versions, or may hold anything. */
  readonly undeclared?: 'reserved' | 'arbitrary';
  /** Whether formats restrict. */
  readonly format?: 'assert' | 'annotate';
  /** What readers do with members of an open union that they do not know. */
  readonly unknownUnionMembers?: 'pass' | 'refuse';
}

/** Options of {@link Diff.verdict}. */
export interface VerdictOptions {
  /** What to take for granted; the habit of the schema language where it is left out. */
  readonly reading?: Reading;
  /** A migration from the old schema to the new one, or its lens: findings say whether it repairs them. */
  readonly migration?: Migration | Lens;
}

/**
 * The changes from one schema to another.
 *
 * @example
 * ```ts
 * const diff = old.diff(next);
 * for (const change of diff) console.log(change.kind, change.path);
 * if (diff.verdict().backward.kind === 'breaks') console.log('old records are refused');
 * ```
 */
export class Diff implements Iterable<Change> {
  /** All changes, in order of their paths. */
  readonly changes: readonly Change[];
  /** Whether there is no change at all. */
  readonly isEmpty: boolean;
  /** Whether nothing changed that matters to data. */
  readonly isEquivalent: boolean;
  readonly #old: Schema;
  readonly #new: Schema;
  readonly #report: string;

  /** @internal */
  constructor(old: Schema, next: Schema) {
    const objects = [storedOf('schema', 'old', old), storedOf('schema', 'next', next)] as const;
    const answer = old._runtime.call('diff', { old: objects[0].digest, new: objects[1].digest }, objects) as WireMap;
    this.changes = (answer['changes'] as readonly WireMap[]).map((change) => new Change(change));
    this.isEmpty = answer['empty'] as boolean;
    this.isEquivalent = answer['equivalent'] as boolean;
    this.#report = answer['report'] as string;
    this.#old = old;
    this.#new = next;
  }

  /** Iterates the changes. */
  [Symbol.iterator](): Iterator<Change> {
    return this.changes[Symbol.iterator]();
  }

  /**
   * Who can read what; with a migration, whether it repairs what breaks.
   *
   * @example
   * ```ts
   * old.diff(next).verdict({ reading: { undeclared: 'reserved' } }).forward.kind;
   * old.diff(next).verdict({ migration }).backward.findings.filter((finding) => !finding.repairedByMigration);
   * ```
   */
  verdict(options: VerdictOptions = {}): Verdict {
    const { reading, migration } = options;
    const objects = [this.#old._stored, this.#new._stored, ...(migration === undefined ? [] : [migration._stored])] as const;
    const answer = this.#old._runtime.call(
      'verdict',
      {
        old: objects[0].digest,
        new: objects[1].digest,
        ...(migration === undefined ? {} : { [migration._stored.kind]: migration._stored.digest }),
        reading:
          reading === undefined
            ? undefined
            : {
                undeclared: reading.undeclared,
                format: reading.format,
                unknown_union_members: reading.unknownUnionMembers,
              },
      },
      objects,
    );
    return new Verdict(answer as WireMap);
  }

  /** The changes in words, a line each. */
  toString(): string {
    return this.#report;
  }

  /** The changes as plain values. */
  toJSON(): readonly Change[] {
    return this.changes;
  }
}

/** The three answers: *safe* only where it is proved. */
export type VerdictKind = 'breaks' | 'safe' | 'unknown';

/** One reason of a judgement. */
export interface Finding {
  /** The rule, as `required-added`. */
  readonly code: string;
  readonly kind: VerdictKind;
  /** For whom. */
  readonly direction: 'backward' | 'forward' | 'source';
  /** Where in the data. */
  readonly path: string;
  readonly message: string;
  readonly old: string | null;
  readonly new: string | null;
  /** A value that one side accepts and the other refuses, where one is known; `undefined` otherwise. */
  readonly witness: unknown;
  /** Whether the migration that was given repairs it; `undefined` where none was. */
  readonly repairedByMigration?: boolean;
}

/** The answer to one question. */
export interface Judgement {
  readonly kind: VerdictKind;
  readonly findings: readonly Finding[];
}

/** The answers for one root. */
export interface RootVerdict {
  readonly name: string;
  readonly role: string;
  readonly backward: VerdictKind;
  readonly forward: VerdictKind;
}

/**
 * Can a new reader read old data (`backward`), an old reader new data (`forward`), does code still fit (`source`)?
 *
 * @example
 * ```ts
 * const verdict = old.diff(next).verdict();
 * if (verdict.backward.kind === 'breaks') console.table(verdict.backward.findings);
 * ```
 */
export class Verdict {
  readonly backward: Judgement;
  readonly forward: Judgement;
  readonly source: Judgement;
  /** The answers for each root: a record, the parameters of a query, … */
  readonly roots: readonly RootVerdict[];
  /** What was taken for granted. */
  readonly reading: Required<Reading>;
  readonly #report: string;

  /** @internal */
  constructor(answer: WireMap) {
    this.backward = judgement(answer['backward'] as WireMap);
    this.forward = judgement(answer['forward'] as WireMap);
    this.source = judgement(answer['source'] as WireMap);
    this.roots = answer['per_root'] as unknown as RootVerdict[];
    const reading = answer['reading'] as WireMap;
    this.reading = {
      undeclared: reading['undeclared'] as 'reserved' | 'arbitrary',
      format: reading['format'] as 'assert' | 'annotate',
      unknownUnionMembers: reading['unknown-union-members'] as 'pass' | 'refuse',
    };
    this.#report = answer['report'] as string;
  }

  /** A short report. */
  toString(): string {
    return this.#report;
  }
}

function judgement(answer: WireMap): Judgement {
  return {
    kind: answer['kind'] as VerdictKind,
    findings: (answer['findings'] as readonly WireMap[]).map((finding) => ({
      code: finding['code'] as string,
      kind: finding['kind'] as VerdictKind,
      direction: finding['direction'] as 'backward' | 'forward' | 'source',
      path: finding['path'] as string,
      message: finding['message'] as string,
      old: finding['old'] as string | null,
      new: finding['new'] as string | null,
      witness: witnessOf(finding['witness']),
      ...(finding['repaired_by_migration'] === undefined ? {} : { repairedByMigration: finding['repaired_by_migration'] as boolean }),
    })),
  };
}

function witnessOf(text: Wire): unknown {
  return typeof text === 'string' ? fromJson(text, 'text') : undefined;
}
