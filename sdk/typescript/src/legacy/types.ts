/**
 * The documented shapes of published releases.
 */

import type { Expr } from './types-expr.js';

/** Options of a vertex. */
export interface VertexOptions {
  readonly nsid?: string;
}

/** Options of an edge. */
export interface EdgeOptions {
  readonly name?: string;
}

/** A vertex. */
export interface Vertex {
  readonly id: string;
  readonly kind: string;
  readonly nsid?: string | undefined;
}

/** An edge. */
export interface Edge {
  readonly src: string;
  readonly tgt: string;
  readonly kind: string;
  readonly name?: string | undefined;
}

/** An edge between several vertices. */
export interface HyperEdge {
  readonly id: string;
  readonly kind: string;
  readonly signature: Readonly<Record<string, string>>;
  readonly parentLabel: string;
}

/** A constraint; a value that is no string is JSON text. */
export interface Constraint {
  readonly sort: string;
  readonly value: string;
}

/** A variant of a union. */
export interface Variant {
  readonly id: string;
  readonly parent_vertex: string;
  readonly tag?: string | undefined;
}

/** Where a recursive definition begins. */
export interface RecursionPoint {
  readonly mu_id: string;
  readonly target_vertex: string;
}

/** How often a value may be used. */
export type UsageMode = 'structural' | 'linear' | 'affine';

/** Two vertices that are related. */
export interface Span {
  readonly id: string;
  readonly left: string;
  readonly right: string;
}

/** A schema as plain values. */
export interface SchemaData {
  readonly protocol: string;
  readonly vertices: Readonly<Record<string, Vertex>>;
  readonly edges: readonly Edge[];
  readonly hyperEdges: Readonly<Record<string, HyperEdge>>;
  readonly constraints: Readonly<Record<string, readonly Constraint[]>>;
  readonly required: Readonly<Record<string, readonly Edge[]>>;
  readonly variants: Readonly<Record<string, readonly Variant[]>>;
  readonly orderings: Readonly<Record<string, number>>;
  readonly recursionPoints: Readonly<Record<string, RecursionPoint>>;
  readonly usageModes: Readonly<Record<string, UsageMode>>;
  readonly spans: Readonly<Record<string, Span>>;
  readonly nominal: Readonly<Record<string, boolean>>;
}

/** Which kinds an edge may join; an empty list is every kind. */
export interface EdgeRule {
  readonly edgeKind: string;
  readonly srcKinds: readonly string[];
  readonly tgtKinds: readonly string[];
}

/** What a protocol allows. */
export interface ProtocolSpec {
  readonly name: string;
  readonly schemaTheory: string;
  readonly instanceTheory: string;
  readonly edgeRules: readonly EdgeRule[];
  readonly objKinds: readonly string[];
  readonly constraintSorts: readonly string[];
}

/** One thing that a schema breaks of a protocol. */
export interface SchemaValidationIssue {
  readonly type: string;
  readonly [member: string]: unknown;
}

/** A record that was converted. */
export interface LiftResult {
  readonly data: unknown;
  /** Its JSON text as bytes. */
  readonly _rawBytes?: Uint8Array;
}

/** What `get` of a legacy class gives. */
export interface GetResult {
  readonly view: unknown;
  readonly complement: Uint8Array;
}

/** An explicit migration as plain values. */
export interface MigrationSpec {
  readonly vertexMap: Readonly<Record<string, string>>;
  readonly edgeMap: readonly [Edge, Edge][];
  readonly resolvers: readonly [[string, string], Edge][];
}

/** How compatible a change is; what is not proved is `breaking`. */
export type Compatibility = 'fully-compatible' | 'backward-compatible' | 'breaking';

/** A change of a {@link DiffReport}. */
export interface SchemaChange {
  readonly kind:
    | 'vertex-added'
    | 'vertex-removed'
    | 'edge-added'
    | 'edge-removed'
    | 'constraint-added'
    | 'constraint-removed'
    | 'constraint-changed'
    | 'kind-changed'
    | 'required-added'
    | 'required-removed';
  readonly path: string;
  readonly detail?: string | undefined;
}

/** What `diff` gives. */
export interface DiffReport {
  readonly compatibility: Compatibility;
  readonly changes: readonly SchemaChange[];
}

/** A vertex whose kind changed. */
export interface KindChange {
  readonly vertexId: string;
  readonly oldKind: string;
  readonly newKind: string;
}

/** A constraint whose value changed. */
export interface ConstraintChange {
  readonly sort: string;
  readonly oldValue: string;
  readonly newValue: string;
}

/** What changed of a vertex's constraints. */
export interface ConstraintDiff {
  readonly added: readonly Constraint[];
  readonly removed: readonly Constraint[];
  readonly changed: readonly ConstraintChange[];
}

/** Every structural change, by ids. */
export interface FullSchemaDiff {
  readonly added_vertices: readonly string[];
  readonly removed_vertices: readonly string[];
  readonly kind_changes: readonly KindChange[];
  readonly added_edges: readonly Edge[];
  readonly removed_edges: readonly Edge[];
  readonly modified_constraints: Readonly<Record<string, ConstraintDiff>>;
  readonly added_hyper_edges: readonly string[];
  readonly removed_hyper_edges: readonly string[];
  readonly modified_hyper_edges: readonly Record<string, unknown>[];
  readonly added_required: Readonly<Record<string, readonly Edge[]>>;
  readonly removed_required: Readonly<Record<string, readonly Edge[]>>;
  /** What the schemas say beside their shape, by vertex; a coercion as `string->integer`. */
  readonly added_defaults?: readonly string[];
  readonly removed_defaults?: readonly string[];
  readonly modified_defaults?: readonly string[];
  readonly added_mergers?: readonly string[];
  readonly removed_mergers?: readonly string[];
  readonly modified_mergers?: readonly string[];
  readonly added_policies?: readonly string[];
  readonly removed_policies?: readonly string[];
  readonly modified_policies?: readonly string[];
  readonly added_coercions?: readonly string[];
  readonly removed_coercions?: readonly string[];
  readonly modified_coercions?: readonly string[];
  readonly added_nsids: Readonly<Record<string, string>>;
  readonly removed_nsids: readonly string[];
  readonly changed_nsids: readonly [string, string, string][];
  readonly added_variants: readonly Variant[];
  readonly removed_variants: readonly Variant[];
  readonly modified_variants: readonly Record<string, unknown>[];
  readonly order_changes: readonly [Edge, number | null, number | null][];
  readonly added_recursion_points: readonly RecursionPoint[];
  readonly removed_recursion_points: readonly RecursionPoint[];
  readonly modified_recursion_points: readonly Record<string, unknown>[];
  readonly usage_mode_changes: readonly [Edge, UsageMode, UsageMode][];
  readonly added_spans: readonly string[];
  readonly removed_spans: readonly string[];
  readonly modified_spans: readonly Record<string, unknown>[];
  readonly nominal_changes: readonly [string, boolean, boolean][];
}

/** A change that breaks, or that nothing proves safe. */
export interface BreakingChange {
  readonly type: string;
  readonly details: Record<string, unknown>;
}

/** A change that does not break. */
export interface NonBreakingChange {
  readonly type: string;
  readonly details: Record<string, unknown>;
}

/** A {@link CompatReport} as plain values. */
export interface CompatReportData {
  readonly breaking: readonly BreakingChange[];
  readonly non_breaking: readonly NonBreakingChange[];
  readonly compatible: boolean;
}

/** A question to an instance, as published releases put it. */
export interface InstanceQuery {
  readonly anchor: string;
  readonly predicate?: Expr | undefined;
  readonly groupBy?: string | undefined;
  readonly projection?: readonly string[] | undefined;
  readonly limit?: number | undefined;
  readonly path?: readonly string[] | undefined;
}

/** The nodes that go to a vertex. */
export type Fiber = number[];

/** The nodes that go to each vertex. */
export type FiberDecomposition = Record<string, number[]>;

/** A way between schemas, with its chain as bytes of JSON. */
export interface GraphEdge {
  readonly source: string;
  readonly target: string;
  readonly chain: Uint8Array;
}

/** The cheapest way. */
export interface PreferredPath {
  readonly cost: number;
  readonly steps: string[];
}
