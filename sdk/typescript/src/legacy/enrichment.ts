/**
 * Defaults, coercions, mergers and policies of a schema, with the names of published releases.
 */

import type { Wire, WireMap } from '../wire.js';
import { exprTree } from './expr.js';
import { BuiltSchema } from './schema.js';
import type { Schema } from '../schema.js';
import type { ConflictStrategy, EnrichmentSummary, Expr } from './types-expr.js';

/**
 * Collects what a schema says beside its shape. Every step gives a new object.
 *
 * @example `new SchemaEnrichment(post).addDefault('com.example.post:body.text', ExprBuilder.lit({ type: 'str', value: '' })).listEnrichments().defaults.length`
 */
export class SchemaEnrichment {
  readonly #schema: Schema;
  readonly #parts: EnrichmentSummary;

  constructor(
    schema: Schema,
    defaults: EnrichmentSummary['defaults'] = [],
    coercions: EnrichmentSummary['coercions'] = [],
    mergers: EnrichmentSummary['mergers'] = [],
    policies: EnrichmentSummary['policies'] = [],
  ) {
    this.#schema = schema;
    this.#parts = { defaults, coercions, mergers, policies };
  }

  /** Gives a vertex a default value. */
  addDefault(vertex: string, expr: Expr): SchemaEnrichment {
    return this.#with({ defaults: [...this.#parts.defaults, { vertex, expr }] });
  }

  /** Says how values of one kind become values of another. */
  addCoercion(fromKind: string, toKind: string, expr: Expr): SchemaEnrichment {
    return this.#with({ coercions: [...this.#parts.coercions, { from: fromKind, to: toKind, expr }] });
  }

  /** Says how several values become one. */
  addMerger(vertex: string, expr: Expr): SchemaEnrichment {
    return this.#with({ mergers: [...this.#parts.mergers, { vertex, expr }] });
  }

  /** Says which of two values holds. */
  addPolicy(vertex: string, strategy: ConflictStrategy): SchemaEnrichment {
    return this.#with({ policies: [...this.#parts.policies, { vertex, strategy }] });
  }

  /** Without the defaults of a vertex. */
  removeDefault(vertex: string): SchemaEnrichment {
    return this.#with({ defaults: this.#parts.defaults.filter((one) => one.vertex !== vertex) });
  }

  /** Without the coercions between two kinds. */
  removeCoercion(fromKind: string, toKind: string): SchemaEnrichment {
    return this.#with({ coercions: this.#parts.coercions.filter((one) => one.from !== fromKind || one.to !== toKind) });
  }

  /** What was collected. */
  listEnrichments(): EnrichmentSummary {
    return this.#parts;
  }

  /** The schema with all of it. */
  build(): BuiltSchema {
    const { defaults, coercions, mergers, policies } = this.#parts;
    const stored = this.#schema._stored;
    const byVertex = (list: readonly { readonly vertex: string; readonly expr: Expr }[]): WireMap =>
      Object.fromEntries(list.map(({ vertex, expr }) => [vertex, exprTree(expr) as Wire]));
    const told = this.#schema._runtime.call(
      'schema.enrich',
      {
        schema: stored.digest,
        defaults: byVertex(defaults),
        mergers: byVertex(mergers),
        policies: Object.fromEntries(policies.map(({ vertex, strategy }) => [vertex, policyOf(strategy)])),
        coercions: coercions.map(({ from, to, expr }) => ({ from, to, forward: exprTree(expr) as Wire })),
      },
      [stored],
    );
    return new BuiltSchema(this.#schema._runtime, told as WireMap);
  }

  #with(part: Partial<EnrichmentSummary>): SchemaEnrichment {
    const { defaults, coercions, mergers, policies } = { ...this.#parts, ...part };
    return new SchemaEnrichment(this.#schema, defaults, coercions, mergers, policies);
  }
}

function policyOf(strategy: ConflictStrategy): Wire {
  switch (strategy.type) {
    case 'keep_left':
      return 'KeepLeft';
    case 'keep_right':
      return 'KeepRight';
    case 'fail':
      return 'Fail';
    default:
      return { Custom: exprTree(strategy.expr) as Wire };
  }
}
