/**
 * Differences and compatibility with the results of published releases. Fields with two values fail closed: what is not
 * proved safe is breaking.
 */

import type { Diff } from '../diff.js';
import type { Schema } from '../schema.js';
import type { WireMap } from '../wire.js';
import type { Protocol } from './protocol.js';
import type {
  BreakingChange,
  CompatReportData,
  Compatibility,
  Constraint,
  ConstraintDiff,
  DiffReport,
  Edge,
  FullSchemaDiff,
  NonBreakingChange,
  SchemaChange,
} from './types.js';

/**
 * Every structural change, by ids.
 *
 * @example
 * ```ts
 * const report = pp.diffFull(old, next).classify(pp.protocol('atproto'));
 * if (report.isBreaking) console.log(report.toText());
 * ```
 */
export class FullDiffReport {
  /** The changes. */
  readonly data: FullSchemaDiff;
  /** The new object behind it. */
  readonly diff: Diff;
  readonly #old: Schema;
  readonly #new: Schema;

  /** @internal */
  constructor(old: Schema, next: Schema) {
    this.diff = old.diff(next);
    this.data = published(old, next);
    this.#old = old;
    this.#new = next;
  }

  /** Whether anything changed. */
  get hasChanges(): boolean {
    return !this.diff.isEmpty;
  }

  /** What breaks readers of the new schema. The protocol is that of the schemas. */
  classify(_protocol?: Protocol): CompatReport {
    const objects = [this.#old._stored, this.#new._stored] as const;
    const answer = this.#old._runtime.call('classify', { old: objects[0].digest, new: objects[1].digest }, objects) as WireMap;
    return new CompatReport(answer['json'] as string, String(this.diff.verdict()));
  }
}

/** Which changes break. What is not proved safe counts as breaking. @example `pp.diffFull(old, next).classify(protocol).isBreaking` */
export class CompatReport {
  /** The report as plain values. */
  readonly data: CompatReportData;
  readonly #json: string;
  readonly #text: string;

  /** @internal */
  constructor(json: string, text: string) {
    const told = JSON.parse(json) as Record<'breaking' | 'non_breaking', Record<string, Record<string, unknown>>[]> & {
      compatible: boolean;
    };
    const list = (changes: readonly Record<string, Record<string, unknown>>[]): BreakingChange[] =>
      changes.flatMap((change) => Object.entries(change).map(([type, details]) => ({ type, details })));
    this.data = { breaking: list(told.breaking), non_breaking: list(told.non_breaking), compatible: told.compatible };
    this.#json = json;
    this.#text = text;
  }

  /** What breaks. */
  get breakingChanges(): readonly BreakingChange[] {
    return this.data.breaking;
  }

  /** What does not. */
  get nonBreakingChanges(): readonly NonBreakingChange[] {
    return this.data.non_breaking;
  }

  /** Whether it is proved that nothing breaks. */
  get isCompatible(): boolean {
    return this.data.compatible;
  }

  /** Whether something breaks, or nothing is proved. */
  get isBreaking(): boolean {
    return !this.data.compatible;
  }

  /** The same as {@link isCompatible}: the report is about new readers of old data. */
  get isBackwardCompatible(): boolean {
    return this.data.compatible;
  }

  /** The report in words. */
  toText(): string {
    return this.#text;
  }

  /** The report as JSON text. */
  toJson(): string {
    return this.#json;
  }
}

/** @internal */
export function diffReport(old: Schema, next: Schema): DiffReport {
  const data = published(old, next);
  const { backward, forward } = old.diff(next).verdict();
  let compatibility: Compatibility = 'breaking';
  if (backward.kind === 'safe') compatibility = forward.kind === 'safe' ? 'fully-compatible' : 'backward-compatible';
  return { compatibility, changes: changesOf(data) };
}

function changesOf(data: FullSchemaDiff): SchemaChange[] {
  const edge = ({ src, tgt, name }: Edge): string => (name === undefined ? `${src}->${tgt}` : `${src}.${name}`);
  const edges = (kind: SchemaChange['kind'], list: readonly Edge[]): SchemaChange[] =>
    list.map((row) => ({ kind, path: edge(row), detail: row.kind }));
  const byVertex = (kind: SchemaChange['kind'], rows: Readonly<Record<string, readonly Edge[]>>): SchemaChange[] =>
    Object.values(rows).flatMap((list) => edges(kind, list));
  const constraints = Object.entries(data.modified_constraints).flatMap(([path, { added, removed, changed }]): SchemaChange[] => [
    ...added.map(({ sort, value }) => ({ kind: 'constraint-added' as const, path, detail: `${sort}: ${value}` })),
    ...removed.map(({ sort, value }) => ({ kind: 'constraint-removed' as const, path, detail: `${sort}: ${value}` })),
    ...changed.map(({ sort, oldValue, newValue }) => ({
      kind: 'constraint-changed' as const,
      path,
      detail: `${sort}: ${oldValue} → ${newValue}`,
    })),
  ]);
  return [
    ...data.added_vertices.map((path) => ({ kind: 'vertex-added' as const, path })),
    ...data.removed_vertices.map((path) => ({ kind: 'vertex-removed' as const, path })),
    ...data.kind_changes.map(({ vertexId, oldKind, newKind }) => ({
      kind: 'kind-changed' as const,
      path: vertexId,
      detail: `${oldKind} → ${newKind}`,
    })),
    ...edges('edge-added', data.added_edges),
    ...edges('edge-removed', data.removed_edges),
    ...constraints,
    ...byVertex('required-added', data.added_required),
    ...byVertex('required-removed', data.removed_required),
  ];
}

function published(old: Schema, next: Schema): FullSchemaDiff {
  const objects = [old._stored, next._stored] as const;
  const request = { old: objects[0].digest, new: objects[1].digest };
  const told = old._runtime.call('diff.published', request, objects) as WireMap;
  const kinds = told['kind_changes'] as readonly WireMap[];
  const edges = (rows: unknown): Edge[] =>
    (rows as Record<string, string | null>[]).map(({ src, tgt, kind, name }) =>
      (name === null ? { src, tgt, kind } : { src, tgt, kind, name }) as Edge,
    );
  const byVertex = (rows: unknown): Record<string, Edge[]> =>
    Object.fromEntries(Object.entries(rows as WireMap).map(([id, list]) => [id, edges(list)]));
  return {
    ...(told as unknown as FullSchemaDiff),
    kind_changes: kinds.map((change) => ({
      vertexId: change['vertex_id'] as string,
      oldKind: change['old_kind'] as string,
      newKind: change['new_kind'] as string,
    })),
    added_edges: edges(told['added_edges']),
    removed_edges: edges(told['removed_edges']),
    added_required: byVertex(told['added_required']),
    removed_required: byVertex(told['removed_required']),
    modified_constraints: Object.fromEntries(
      Object.entries(told['modified_constraints'] as WireMap).map(([id, diff]) => [id, constraintDiff(diff as WireMap)]),
    ),
  };
}

function constraintDiff(diff: WireMap): ConstraintDiff {
  return {
    added: diff['added'] as unknown as Constraint[],
    removed: diff['removed'] as unknown as Constraint[],
    changed: (diff['changed'] as readonly WireMap[]).map((change) => ({
      sort: change['sort'] as string,
      oldValue: change['old_value'] as string,
      newValue: change['new_value'] as string,
    })),
  };
}
