/**
 * Values that a schema takes somewhere, to be offered as defaults.
 */

import type { SchemaGraph } from '@panproto/core';
import { JsonNumber } from '@panproto/core';

/** Few enough to be buttons. */
const OFFERED = 5;

/** JSON texts that may stand for an absent value at a vertex. */
export function valuesAt(graph: SchemaGraph, id: string | undefined): readonly string[] {
  if (id === undefined) return [];
  const vertices = new Map(graph.vertices.map((vertex) => [vertex.id, vertex]));
  let vertex = vertices.get(id);
  for (let steps = 0; steps < 8 && vertex?.kind === 'ref'; steps++) {
    const { id: at } = vertex;
    vertex = vertices.get(graph.edges.find((edge) => edge.src === at && edge.kind === 'ref')?.tgt ?? '');
  }
  if (vertex === undefined) return [];
  const { kind, nullable, constraints } = vertex;
  for (const { sort, value } of constraints) {
    if ((sort === 'enum' || sort === 'knownValues') && Array.isArray(value)) return value.slice(0, OFFERED).map((one) => textOf(one));
    if (sort === 'const') return [textOf(value)];
  }
  const empty = EMPTY[kind];
  return [...(nullable ? ['null'] : []), ...(empty ?? [])];
}

const EMPTY: Readonly<Record<string, readonly string[]>> = {
  string: ['""'],
  boolean: ['false', 'true'],
  integer: ['0'],
  number: ['0'],
  array: ['[]'],
  object: ['{}'],
  null: ['null'],
};

/** The JSON text of a value with numbers that no JavaScript number holds. */
export function textOf(value: unknown): string {
  const marked = JSON.stringify(value, (_, one: unknown) => {
    if (typeof one === 'bigint' || one instanceof JsonNumber) return `\u0001${String(one)}`;
    return one;
  });
  return marked.replace(/"\\u0001([-+.0-9eE]+)"/g, '$1');
}
