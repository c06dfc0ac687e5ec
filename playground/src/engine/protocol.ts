/**
 * What the page asks the engine, and what it is answered. Everything crosses as JSON text in small pieces
 * (`transport.ts`), so what can be long is cut here, with its whole length told.
 */

/** Rows of a list that are told at once. */
export const ROWS = 200;
/** Characters of a text that an editor is given at most. */
export const EDITABLE = 256 * 1000;
/** Characters of an example value inside a list. */
export const QUOTED = 2000;
/** Cards of a drawing. */
export const CARDS = 300;

export type LanguageName = 'atproto' | 'json-schema';

export interface Side {
  readonly language: LanguageName;
  readonly text: string;
  /** The definition where records begin; the main one where it is empty. */
  readonly root: string;
}

/** What a person decided, in the form of the package's `MigrateOptions`. */
export interface Answers {
  readonly hints: Readonly<Record<string, string | null>>;
  readonly defaults: Readonly<Record<string, unknown>>;
  readonly sourceDefaults: Readonly<Record<string, unknown>>;
  readonly keys: Readonly<Record<string, string>>;
  readonly trust: readonly string[];
  readonly match: readonly string[];
}

export interface Situation {
  readonly old: Side;
  readonly next: Side;
  readonly answers: Answers;
  /** A declaration with expressions, as JSON text; blank where there is none. */
  readonly declaration: string;
}

export interface Problem {
  readonly severity: 'error' | 'warning' | 'note';
  readonly code: string;
  readonly message: string;
  readonly path: string | null;
  /** UTF-16 units of the text that was given. */
  readonly span: readonly [number, number] | null;
  readonly help: string | null;
}

export interface SideReport {
  readonly problems: readonly Problem[];
  readonly roots: readonly string[];
  readonly vertices: number;
  readonly edges: number;
}

export interface ChangeRow {
  readonly kind: string;
  readonly path: string;
  readonly old: string | null;
  readonly new: string | null;
  readonly structural: boolean;
}

export type VerdictKind = 'breaks' | 'safe' | 'unknown';
export type Direction = 'backward' | 'forward' | 'source';

export interface FindingRow {
  readonly code: string;
  readonly kind: VerdictKind;
  readonly path: string;
  readonly old: string | null;
  readonly new: string | null;
  /** JSON text of a record that one side accepts and the other refuses. */
  readonly witness: string | null;
  readonly witnessCut: boolean;
  readonly repaired: boolean | null;
}

export interface Judgement {
  readonly kind: VerdictKind;
  readonly findings: readonly FindingRow[];
  readonly total: number;
}

export interface Step {
  readonly kind: string;
  readonly from: string | null;
  readonly to: string | null;
  readonly why: string;
  readonly score: number | null;
  readonly lossless: boolean;
}

export interface Question {
  readonly code: string;
  readonly path: string;
  readonly inTarget: boolean;
  readonly candidates: readonly { readonly answer: string; readonly score: number; readonly why: string }[];
  readonly why: string;
  readonly help: string;
  /** Old members beside it that would be lost otherwise: it may come from one of them. */
  readonly sources: readonly string[];
  /** Values that the new schema takes there, as JSON text. */
  readonly values: readonly string[];
}

export interface Statement {
  readonly code: string;
  readonly path: string;
  readonly text: string;
}

export interface MigrationReport {
  readonly decided: boolean;
  readonly lossless: boolean;
  readonly steps: readonly Step[];
  readonly stepsTotal: number;
  readonly questions: readonly Question[];
  readonly questionsTotal: number;
}

export interface Comparison {
  readonly old: SideReport;
  readonly next: SideReport;
  readonly changes: { readonly rows: readonly ChangeRow[]; readonly total: number; readonly structural: number; readonly equivalent: boolean } | null;
  readonly verdict: { readonly backward: Judgement; readonly forward: Judgement; readonly source: Judgement } | null;
  readonly migration: MigrationReport | null;
  /** What the lens says of itself; `null` while it is not decided. */
  readonly lens: { readonly keeps: readonly Statement[]; readonly refuses: readonly Statement[]; readonly lossless: boolean } | null;
  /** Why there is no difference, migration or lens, where that is no question. */
  readonly trouble: Problem | null;
  /** Whether the trouble is in the declaration. */
  readonly inDeclaration: boolean;
}

export type Light = 'on' | 'off' | 'none';

export interface Law {
  readonly light: Light;
  readonly why: string | null;
}

export interface Converted {
  /** The text of the other side, laid out; `null` where there is none. */
  readonly text: string | null;
  readonly problem: Problem | null;
  readonly notes: readonly string[];
  readonly complement: { readonly bytes: number; readonly hex: string } | null;
  readonly laws: { readonly getPut: Law; readonly putGet: Law };
}

export type Status = 'added' | 'removed' | 'renamed' | 'changed' | 'same';

export interface CardRow {
  readonly name: string;
  readonly type: string;
  readonly status: Status;
  /** What it was called, or what it was. */
  readonly was: string | null;
  /** Indices of cards. */
  readonly to: readonly number[];
}

export interface Card {
  readonly title: string;
  readonly status: Status;
  readonly rows: readonly CardRow[];
  /** Rows that are left out because nothing happened to them. */
  readonly hidden: number;
}

export interface Drawing {
  readonly cards: readonly Card[];
  /** How many there would be. */
  readonly total: number;
  /** How many of all have changes. */
  readonly changed: number;
}

export interface FileReport {
  readonly done: boolean;
  readonly cancelled: boolean;
  readonly bytes: number;
  readonly size: number;
  readonly records: number;
  readonly failed: number;
  readonly failures: readonly { readonly line: number | null; readonly record: number | null; readonly code: string; readonly path: string | null; readonly message: string }[];
  readonly outBytes: number;
  /** How records follow one another in it. What comes out is lines. */
  readonly framing: 'lines' | 'array' | 'values';
  readonly problem: Problem | null;
}

export type Request =
  | { readonly kind: 'compare'; readonly situation: Situation }
  | { readonly kind: 'changes'; readonly from: number }
  | { readonly kind: 'drawing'; readonly all: boolean }
  | { readonly kind: 'get'; readonly text: string }
  | { readonly kind: 'put'; readonly text: string }
  | { readonly kind: 'file'; readonly file: File; readonly backwards: boolean }
  | { readonly kind: 'migration' }
  | { readonly kind: 'version' };

export interface Replies {
  compare: Comparison;
  changes: readonly ChangeRow[];
  drawing: Drawing;
  get: Converted;
  put: Converted;
  file: FileReport;
  migration: string;
  version: string;
}
