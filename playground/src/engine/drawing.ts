/**
 * Two schemas as one drawing: the cards of both, and what happened to each row.
 */

import type { ChangeRow, Drawing, Status, Step } from './protocol.js';
import { CARDS } from './protocol.js';
import { pathOf, resolve, short } from './shape.js';
import type { Row, Shape } from './shape.js';

/** Rows of a card that are drawn at most. */
const TALLEST = 40;

interface Drawn {
  readonly name: string;
  type: string;
  status: Status;
  was: string | null;
  readonly to: Set<string>;
}

interface Side {
  readonly rows: Map<string, Drawn>;
  status: Status;
}

export function drawingOf(old: Shape, next: Shape, changes: readonly ChangeRow[], steps: readonly Step[], all: boolean): Drawing {
  const cards = merged(old, next);
  const rowAt = new Map<string, { readonly card: string; readonly row: Drawn }>();
  for (const [key, { rows }] of cards) for (const row of rows.values()) rowAt.set(pathOf(key, row.name), { card: key, row });

  for (const change of changes) {
    if (!change.structural) continue;
    const path = change.path.replace(/(\[[^\]]*\])+$/, '');
    const row = (rowAt.get(change.path) ?? rowAt.get(path))?.row;
    if (row !== undefined) mark(row, change);
    else {
      const card = cards.get(change.path);
      if (card !== undefined && card.status === 'same') card.status = 'changed';
    }
  }
  for (const { kind, from, to } of steps) {
    if (kind !== 'rename' || from === null || to === null) continue;
    const source = resolve(old, from);
    const target = resolve(next, to);
    if (source === null || target === null) continue;
    const was = cards.get(source.card)?.rows.get(source.row.name);
    const is = cards.get(target.card)?.rows.get(target.row.name);
    if (is === undefined || was === undefined || is === was) continue;
    is.status = 'renamed';
    is.was = source.card === target.card ? was.name : from;
    for (const key of was.to) is.to.add(key);
    if (was.status === 'removed') cards.get(source.card)?.rows.delete(source.row.name);
  }

  const changed = new Set([...cards].filter(([, card]) => card.status !== 'same' || [...card.rows.values()].some(({ status }) => status !== 'same')).map(([key]) => key));
  const { order, before } = fromMain(cards, [...next.mains, ...old.mains]);
  const shown = new Set<string>();
  const wanted = all ? order : order.filter((key) => changed.has(key));
  for (const key of wanted) {
    const way: string[] = [];
    for (let at: string | undefined = key; at !== undefined && !shown.has(at); at = before.get(at)) way.push(at);
    if (shown.size + way.length > CARDS) break;
    for (const one of way) shown.add(one);
  }
  if (shown.size === 0 && order[0] !== undefined) shown.add(order[0]);

  const list = order.filter((key) => shown.has(key));
  const index = new Map(list.map((key, at) => [key, at]));
  return {
    total: all ? order.length : wanted.length,
    changed: changed.size,
    cards: list.map((key) => {
      const card = cards.get(key) as Side;
      const rows = [...card.rows.values()];
      const kept = rows.filter(({ status, to }) => all || status !== 'same' || [...to].some((one) => before.get(one) === key && shown.has(one)));
      const drawn = kept.slice(0, TALLEST);
      return {
        title: key === '' ? 'record' : short(key),
        status: card.status,
        rows: drawn.map(({ name, type, status, was, to }) => ({
          name,
          type,
          status,
          was,
          to: [...to].flatMap((one) => index.get(one) ?? []),
        })),
        hidden: rows.length - drawn.length,
      };
    }),
  };
}

function mark(row: Drawn, change: ChangeRow): void {
  if (row.status !== 'same') return;
  row.status = change.kind === 'field-added' ? 'added' : change.kind === 'field-removed' ? 'removed' : 'changed';
  if (row.status === 'changed') row.was = [change.old, change.new].map((side) => side ?? '—').join(' → ').slice(0, 80);
}

function merged(old: Shape, next: Shape): Map<string, Side> {
  const cards = new Map<string, Side>();
  const take = (shape: Shape, other: Shape, status: Status): void => {
    for (const [key, rows] of shape.cards) {
      let card = cards.get(key);
      if (card === undefined) cards.set(key, (card = { rows: new Map(), status: other.cards.has(key) ? 'same' : status }));
      for (const row of rows.values()) put(card.rows, row);
    }
  };
  take(next, old, 'added');
  take(old, next, 'removed');
  return cards;
}

function put(rows: Map<string, Drawn>, row: Row): void {
  const there = rows.get(row.name);
  if (there === undefined) rows.set(row.name, { name: row.name, type: row.type + (row.required ? '' : '?'), status: 'same', was: null, to: new Set(row.to) });
  else for (const key of row.to) there.to.add(key);
}

/** All cards, nearest to where records begin first, and from which card each is reached. */
function fromMain(cards: ReadonlyMap<string, Side>, roots: readonly string[]): { order: string[]; before: Map<string, string> } {
  const before = new Map<string, string>();
  const seen = new Set<string>();
  const starts = [...roots, ...cards.keys()];
  for (const start of starts) {
    const todo = [start];
    for (let key = todo.shift(); key !== undefined; key = todo.shift()) {
      const card = cards.get(key);
      if (card === undefined || (seen.has(key) && key !== start)) continue;
      if (seen.has(key)) break;
      seen.add(key);
      for (const { to } of card.rows.values()) {
        for (const one of to) {
          if (seen.has(one) || before.has(one) || !cards.has(one)) continue;
          before.set(one, key);
          todo.push(one);
        }
      }
    }
  }
  return { order: [...seen], before };
}
