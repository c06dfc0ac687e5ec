/**
 * What could be: ranked ways to answer what names and hints leave open, and what two schemas share.
 */

import { requestBetween } from './migration.js';
import type { MigrateOptions, Stringency } from './migration.js';
import type { Runtime } from './runtime.js';
import { Schema } from './schema.js';
import type { SchemaEdge } from './schema.js';
import type { WireMap } from './wire.js';

/** Options of {@link Panproto.candidates}. */
export interface CandidateOptions extends Omit<MigrateOptions, 'accept'> {
  /** How many are told at most; 5 where nothing is said. */
  readonly topN?: number;
  /** How good an answer has to be. */
  readonly stringency?: Stringency;
}

/** A step of a {@link Proposal}. */
export interface ProposedStep {
  readonly kind: string;
  readonly from: string | null;
  readonly to: string | null;
  readonly explanation: string;
  readonly confidence: number;
  /** What found it, as `ranked-candidate`. */
  readonly strategy: string;
}

/** One way to answer what is open. */
export interface Proposal {
  /** The hints that accept it: give them to `pp.migrate`. */
  readonly hints: Readonly<Record<string, string | null>>;
  readonly quality: number;
  readonly coverage: number;
  readonly score: number;
  /** Whether nothing is open with these hints. */
  readonly decided: boolean;
  /** What still is. */
  readonly open: readonly { readonly code: string; readonly path: string }[];
  readonly strategiesUsed: readonly string[];
  readonly steps: readonly ProposedStep[];
}

/** A value that would be converted from one type to another. */
export interface CoerceProposal {
  readonly src: string;
  readonly tgt: string;
  readonly witnessName: string;
  readonly witnessClass: string;
  readonly confidence: number;
  readonly explanation: string;
}

/** What {@link Panproto.candidates} gives: none of them is accepted. */
export interface Proposals {
  /** Best first. */
  readonly candidates: readonly Proposal[];
  readonly coerceProposals: readonly CoerceProposal[];
}

/** What of an old schema has a counterpart in a new one. */
export interface Overlap {
  /** That part, as a schema. */
  readonly apex: Schema;
  /** Ids of its vertices. */
  readonly apexVertices: readonly string[];
  readonly apexEdges: readonly Omit<SchemaEdge, 'required'>[];
  /** Ids of the old schema to ids of the new one. */
  readonly vertexMap: Readonly<Record<string, string>>;
  readonly quality: number;
  readonly qualityBounds: readonly [least: number, most: number];
  /** How much of the old schema it is. */
  readonly apexCoverage: number;
  /** Whether no span can be better. */
  readonly provenOptimal: boolean;
  /** Whether it is the whole old schema. */
  readonly isTotal: boolean;
}

/** @internal */
export function proposalsOf(runtime: Runtime, old: Schema, next: Schema, options: CandidateOptions): Proposals {
  const { topN, stringency, ...rest } = options;
  const request = { ...requestBetween(old, next, rest), top_n: topN, stringency };
  const told = runtime.call('migration.candidates', request, [old._stored, next._stored]) as WireMap;
  return {
    candidates: (told['candidates'] as readonly WireMap[]).map((one) => ({
      hints: one['hints'] as unknown as Proposal['hints'],
      quality: one['quality'] as number,
      coverage: one['coverage'] as number,
      score: one['score'] as number,
      decided: one['decided'] as boolean,
      open: one['open'] as unknown as Proposal['open'],
      strategiesUsed: one['strategies_used'] as unknown as string[],
      steps: one['steps'] as unknown as ProposedStep[],
    })),
    coerceProposals: (told['coerce_proposals'] as readonly WireMap[]).map((one) => ({
      src: one['src'] as string,
      tgt: one['tgt'] as string,
      witnessName: one['witness_name'] as string,
      witnessClass: one['witness_class'] as string,
      confidence: one['confidence'] as number,
      explanation: one['explanation'] as string,
    })),
  };
}

/** @internal */
export function spanOf(runtime: Runtime, old: Schema, next: Schema, options: Pick<MigrateOptions, 'hints' | 'hintSpec'>): Overlap {
  const { hints, hintSpec } = options;
  const told = runtime.call('migration.span', requestBetween(old, next, { hints, hintSpec }), [old._stored, next._stored]) as WireMap;
  return {
    apex: new Schema(runtime, told['apex'] as WireMap),
    apexVertices: told['apex_vertices'] as unknown as string[],
    apexEdges: told['apex_edges'] as unknown as Overlap['apexEdges'],
    vertexMap: told['vertex_map'] as unknown as Overlap['vertexMap'],
    quality: told['quality'] as number,
    qualityBounds: told['quality_bounds'] as unknown as Overlap['qualityBounds'],
    apexCoverage: told['apex_coverage'] as number,
    provenOptimal: told['proven_optimal'] as boolean,
    isTotal: told['is_total'] as boolean,
  };
}
