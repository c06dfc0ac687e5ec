/**
 * A schema as cards: an object is a card, its members are rows, and a row leads to the cards of what may stand there.
 */

import type { Schema, SchemaEdge, SchemaGraph } from '@panproto/core';
import { segments } from './json-text.js';

export interface Row {
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  /** Keys of cards. */
  readonly to: readonly string[];
  /** The vertex of its value. */
  readonly vertex: string;
}

export interface Shape {
  /** By what differences call an object: the name of its definition, or the path to it from one. */
  readonly cards: ReadonlyMap<string, ReadonlyMap<string, Row>>;
  /** The cards where records begin: several where a record is one of several objects. */
  readonly mains: readonly string[];
  readonly graph: SchemaGraph;
}

const MEMBER = new Set(['prop', 'pattern', 'additional']);

export function shapeOf(schema: Schema, root: string): Shape {
  const graph = schema.graph();
  const vertices = new Map(graph.vertices.map((vertex) => [vertex.id, vertex]));
  const out = new Map<string, SchemaEdge[]>();
  const parent = new Map<string, string>();
  for (const edge of graph.edges) {
    const list = out.get(edge.src);
    if (list === undefined) out.set(edge.src, [edge]);
    else list.push(edge);
    if (edge.kind === 'prop') parent.set(edge.tgt, edge.src);
  }
  const edges = (id: string): readonly SchemaEdge[] => out.get(id) ?? [];
  const isCard = (id: string): boolean => edges(id).some(({ kind }) => kind === 'prop');

  /** Objects that a value may be, through references, lists and unions. */
  const objects = (from: string): { readonly id: string; readonly via: string }[] => {
    const found: { id: string; via: string }[] = [];
    const seen = new Set<string>();
    const todo = [{ id: from, via: '' }];
    for (let next = todo.shift(); next !== undefined; next = todo.shift()) {
      const { id, via } = next;
      if (seen.has(id)) continue;
      seen.add(id);
      if (isCard(id)) {
        found.push(next);
        continue;
      }
      for (const { kind, tgt } of edges(id)) todo.push({ id: tgt, via: via + (kind === 'items' ? '[]' : MEMBER.has(kind) ? '[*]' : '') });
    }
    return found;
  };

  const names = new Map<string, string>();
  const ownerOf = (name: string): string | undefined => {
    const [first] = schema.fields(name);
    return first === undefined ? undefined : parent.get(first.vertex);
  };
  const mainRoot = schema.roots[0]?.name;
  for (const { name } of schema.roots) {
    const owner = ownerOf(name);
    if (owner === undefined) continue;
    if (name === mainRoot && name === 'main') names.set(owner, names.get(owner) ?? '');
    else names.set(owner, name);
  }
  // A definition whose fields are told is one object; the whole schema, which is the first vertex, may be one of several.
  const begin = ownerOf(root === '' ? (mainRoot ?? '') : root);
  const [whole] = graph.vertices;
  const mains = begin !== undefined ? [begin] : root === '' && whole !== undefined ? objects(whole.id).map(({ id }) => id) : [];
  for (const id of mains) if (!names.has(id)) names.set(id, '');

  const cards = new Map<string, Map<string, Row>>();
  const todo = [...names.keys()];
  for (let id = todo.shift(); id !== undefined; id = todo.shift()) {
    const key = names.get(id) as string;
    if (cards.has(key)) continue;
    const rows = new Map<string, Row>();
    cards.set(key, rows);
    for (const edge of edges(id)) {
      if (!MEMBER.has(edge.kind)) continue;
      const name = edge.name ?? '[*]';
      const to: string[] = [];
      for (const object of objects(edge.tgt)) {
        const named = names.get(object.id) ?? pathOf(key, name) + object.via;
        if (!names.has(object.id)) {
          names.set(object.id, named);
          todo.push(object.id);
        }
        to.push(named);
      }
      rows.set(name, { name, type: typeOf(edge.tgt), required: edge.required, to, vertex: edge.tgt });
    }
  }
  return { cards, mains: mains.flatMap((id) => names.get(id) ?? []), graph };

  function typeOf(id: string): string {
    let lists = '';
    let at = id;
    for (let steps = 0; steps < 8; steps++) {
      const vertex = vertices.get(at);
      const items = edges(at).find(({ kind }) => kind === 'items');
      if (vertex?.kind === 'array' && items !== undefined) {
        lists += '[]';
        at = items.tgt;
        continue;
      }
      const reference = edges(at).find(({ kind }) => kind === 'ref');
      if (reference !== undefined) {
        const name = names.get(reference.tgt);
        if (name !== undefined && name !== '') return short(name) + lists;
        at = reference.tgt;
        continue;
      }
      if (vertex === undefined) return 'any';
      if (vertex.kind === 'union') return `union${lists}`;
      if (vertex.constraints.some(({ sort }) => sort === 'enum')) return `enum${lists}`;
      return (vertex.kind === '' ? 'any' : vertex.kind) + lists;
    }
    return `…${lists}`;
  }
}

/** The last part of a long name. */
export function short(name: string): string {
  const at = Math.max(name.lastIndexOf('#'), name.includes('#') ? -1 : name.lastIndexOf('.'), name.lastIndexOf('/'));
  return at < 0 ? name : name.slice(at + 1);
}

/** What differences call a member of a card: a name that is no plain one is in quotes. */
export function pathOf(card: string, member: string): string {
  if (member === '[*]') return `${card}[*]`;
  if (member === '' || /[.[\]/"\\\s\p{Cc}]/u.test(member)) return `${card}[${JSON.stringify(member)}]`;
  return card === '' ? member : `${card}.${member}`;
}

/** The card and the row of a path in data. */
export function resolve(shape: Shape, path: string): { readonly card: string; readonly row: Row } | null {
  let at = shape.mains;
  let found: { card: string; row: Row } | null = null;
  for (const segment of segments(path)) {
    if (typeof segment !== 'string') continue;
    const next = at.map((card) => ({ card, row: shape.cards.get(card)?.get(segment) })).find(({ row }) => row !== undefined);
    if (next?.row === undefined) return null;
    found = { card: next.card, row: next.row };
    at = next.row.to;
  }
  return found;
}
