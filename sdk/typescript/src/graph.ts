/**
 * Graphs of versions: the cheapest way from one to another.
 */

import { listOf } from './argument.js';
import { Chain } from './chain.js';
import { PanprotoUsageError } from './errors.js';
import { Lens } from './lens.js';
import { Migration } from './migration.js';
import type { Runtime, Stored } from './runtime.js';
import { Float } from './wire.js';
import type { WireMap } from './wire.js';

/** A way from one version to another. */
export interface Conversion {
  readonly source: string;
  readonly target: string;
  readonly name?: string;
  /** What it costs; that of the chain, or what is lost, where it is left out. */
  readonly cost?: number;
  /** What does it. */
  readonly by?: Migration | Lens | Chain;
}

/** The cheapest way. */
export interface Route {
  readonly cost: number;
  /** Names of the ways. */
  readonly steps: readonly string[];
  /** Their indices. */
  readonly edges: readonly number[];
}

/**
 * Versions, and the conversions between them.
 *
 * @example
 * ```ts
 * const versions = pp.versions([
 *   { source: 'v1', target: 'v2', cost: 1, by: migration },
 *   { source: 'v2', target: 'v3', cost: 1 },
 * ]);
 * versions.path('v1', 'v3').steps;
 * versions.lens('v1', 'v2').lift(record);
 * ```
 */
export class Versions {
  readonly #runtime: Runtime;
  readonly #edges: readonly WireMap[];
  readonly #objects: readonly Stored[];

  /** @internal */
  constructor(runtime: Runtime, conversions: readonly Conversion[]) {
    this.#runtime = runtime;
    this.#edges = listOf('conversions', conversions).map(edgeOf);
    this.#objects = conversions.flatMap(({ by }) => (by instanceof Migration || by instanceof Lens ? [by._stored] : []));
  }

  /** The cheapest way; an error of code `no-conversion-path` where there is none. @example `pp.versions([{ source: 'a', target: 'b', cost: 2 }]).path('a', 'b').cost` */
  path(source: string, target: string): Route {
    const { cost, steps, edges } = this.#ask('graph.path', source, target) as WireMap;
    return { cost, steps, edges } as unknown as Route;
  }

  /** What it costs; infinite where no way leads there. @example `pp.versions([{ source: 'a', target: 'b', cost: 2 }]).distance('a', 'b')` */
  distance(source: string, target: string): number {
    return (this.#ask('graph.distance', source, target) as WireMap)['distance'] as number;
  }

  /** The lens of the cheapest way. */
  lens(source: string, target: string): Lens {
    return new Lens(this.#runtime, this.#ask('graph.lens', source, target) as WireMap);
  }

  #ask(op: string, source: string, target: string): unknown {
    return this.#runtime.call(op, { edges: this.#edges, source, target }, this.#objects);
  }
}

function edgeOf({ source, target, name, cost, by }: Conversion): WireMap {
  const edge = { source, target, name, cost: cost === undefined ? undefined : new Float(cost) };
  if (by === undefined) return edge;
  if (by instanceof Migration) return { ...edge, migration: by._stored.digest };
  if (by instanceof Lens) return { ...edge, lens: by._stored.digest };
  if (by instanceof Chain) return { ...edge, chain: by._json };
  throw new PanprotoUsageError('a conversion is made by a migration, a lens or a chain', { code: 'wrong-argument', path: 'by' });
}
