/**
 * Chains as plain values, as published releases have them.
 */

import type { Step } from '../steps.js';

/** Another name for a member. */
export interface RenameFieldStep {
  readonly step_type: 'rename_field';
  readonly parent: string;
  readonly name: string;
  readonly target: string;
}

/** A member less. */
export interface RemoveFieldStep {
  readonly step_type: 'remove_field';
  readonly name: string;
}

/** A new member. */
export interface AddFieldStep {
  readonly step_type: 'add_field';
  readonly parent: string;
  readonly name: string;
  readonly kind: string;
}

/** A member of a member, one level up. */
export interface HoistFieldStep {
  readonly step_type: 'hoist_field';
  readonly parent: string;
  readonly intermediate: string;
  readonly name: string;
}

/** A member into a member, one level down. */
export interface NestFieldStep {
  readonly step_type: 'nest_field';
  readonly parent: string;
  readonly name: string;
  readonly intermediate: string;
  readonly kind: string;
  readonly target?: string;
}

/** Another name for an edge. */
export interface RenameEdgeNameStep {
  readonly step_type: 'rename_edge_name';
  readonly src_sort: string;
  readonly tgt_sort: string;
  readonly name: string;
  readonly target: string;
}

/** Steps on the items of a list. */
export interface MapItemsStep {
  readonly step_type: 'map_items';
  readonly name: string;
  readonly inner: PipelineStep;
}

/** A step of a pipeline; every other step of `docs/steps.md` too. */
export type PipelineStep =
  | RenameFieldStep
  | RemoveFieldStep
  | AddFieldStep
  | HoistFieldStep
  | NestFieldStep
  | RenameEdgeNameStep
  | MapItemsStep
  | Step;

/** A change of schemas by name. */
export interface SchemaTransform {
  readonly type: string;
  readonly params: Record<string, unknown>;
}

/** A step with what it makes of a schema. */
export interface ProtolensSpec {
  readonly name: string;
  readonly source: SchemaTransform;
  readonly target: SchemaTransform;
  readonly complementConstructor: string;
}

/** Steps one after another. */
export interface ProtolensChainSpec {
  readonly steps: readonly ProtolensSpec[];
}

/** What a chain needs and keeps, before it runs. */
export interface ComplementSpec {
  readonly kind: 'empty' | 'data_captured' | 'defaults_required' | 'mixed';
  readonly forwardDefaults: readonly DefaultRequirement[];
  readonly capturedData: readonly CapturedField[];
  readonly summary: string;
}

/** Something that records do not have and views need. */
export interface DefaultRequirement {
  readonly elementName: string;
  readonly elementKind: string;
  readonly description: string;
  readonly suggestedDefault?: unknown;
}

/** Something that a complement will hold. */
export interface CapturedField {
  readonly elementName: string;
  readonly elementKind: string;
  readonly description: string;
}

/** Whether something commutes with every change of schema. */
export interface NaturalityResult {
  readonly passed: boolean;
  readonly violations: readonly string[];
}
