/**
 * The drawing of both schemas. Cards and their rows come from the engine, places from the layout worker; rows appear at
 * most 200 a frame.
 */

import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { Inbox } from '../engine/transport.js';
import type { Card, CardRow, Drawing } from '../engine/protocol.js';
import { useGradual } from '../gradual.js';
import type { Placed, Plan } from '../layout/plan.js';
import * as state from '../state.js';

const HEAD = 30;
const ROW = 22;
const CHAR = 6.9;
const WIDEST = 300;
const MARKS = { added: '+', removed: '−', renamed: '→', changed: '~', same: '' } as const;
const ZOOMS = [0.4, 0.55, 0.75, 0.9, 1, 1.25, 1.6];
/** Smaller text is not read: what is larger is scrolled. */
const READABLE = 2;
const NATURAL = 4;

const layout = new Inbox<Plan>(() => new Worker(new URL('../layout/worker.ts', import.meta.url), { type: 'module', name: 'layout' }));

interface Spot {
  readonly card: Card;
  readonly at: readonly [number, number];
  readonly size: readonly [number, number];
}

export function Graph() {
  const drawing = state.drawing.value;
  const [placed, setPlaced] = useState<{ readonly drawing: Drawing; readonly placed: Placed } | null>(null);
  const [zoom, setZoom] = useState<number | null>(null);
  const scroll = useRef<HTMLDivElement>(null);

  useEffect(() => {
    if (drawing === null || drawing.cards.length === 0) return;
    let wanted = true;
    void layout.ask(planOf(drawing)).answer.then(
      ({ value }) => {
        if (wanted) setPlaced({ drawing, placed: value as Placed });
      },
      () => {},
    );
    return () => {
      wanted = false;
    };
  }, [drawing]);

  const spots = useMemo<readonly Spot[]>(
    () => (placed === null ? [] : placed.drawing.cards.map((card, at) => ({ card, at: placed.placed.at[at] ?? [0, 0], size: sizeOf(card) }))),
    [placed],
  );
  // Made once for each drawing: a frame that adds cards does not look at those that are there.
  const links = useMemo(() => spots.map((spot, at) => <Links key={`l${at}`} spot={spot} from={at} spots={spots} />), [spots]);
  const boxes = useMemo(() => spots.map((spot, at) => <CardBox key={`c${at}`} spot={spot} />), [spots]);
  const shown = useGradual(spots, ({ card }) => [card.rows.length + 1, card.rows.reduce((sum, { name, type }) => sum + name.length + type.length, card.title.length)]);
  if (drawing === null || drawing.cards.length === 0) return <p class="fine padded">Nothing to draw yet.</p>;
  const { width, height } = placed?.placed ?? { width: 0, height: 0 };
  const current = zoom ?? fitting(width, height, scroll.current);
  const scale = ZOOMS[current] ?? 1;
  const left = drawing.total - drawing.cards.length;
  return (
    <div class="graph">
      <div class="graph-tools">
        <button type="button" aria-label="Smaller" disabled={current === 0} onClick={() => setZoom(current - 1)}>
          −
        </button>
        <button type="button" aria-label="Larger" disabled={current === ZOOMS.length - 1} onClick={() => setZoom(current + 1)}>
          +
        </button>
        <ul class="key" aria-label="Key">
          {(['added', 'removed', 'renamed', 'changed'] as const).map((status) => (
            <li key={status} class={status}>
              <span aria-hidden="true">{MARKS[status]}</span> {status}
            </li>
          ))}
        </ul>
      </div>
      <div ref={scroll} class="graph-scroll" tabindex={0} role="region" aria-label="Graph of both schemas; the list says the same in words">
        <svg width={width * scale} height={height * scale} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={describe(drawing)} data-cards={drawing.cards.length}>
          {links.slice(0, shown)}
          {boxes.slice(0, shown)}
        </svg>
        {drawing.changed === 0 && !state.wholeGraph.value && <p class="fine padded">Nothing changed in shape.</p>}
      </div>
      {left > 0 && <p class="fine padded">{left} more cards are left out: they are farther from where records begin.</p>}
    </div>
  );
}

/** The largest zoom, of those that can be read, in which all of it is seen. */
function fitting(width: number, height: number, place: HTMLElement | null): number {
  if (place === null || width === 0) return NATURAL;
  for (let zoom = NATURAL; zoom > READABLE; zoom--) {
    const scale = ZOOMS[zoom] ?? 1;
    if (width * scale <= place.clientWidth && height * scale <= place.clientHeight) return zoom;
  }
  return READABLE;
}

function CardBox({ spot: { card, at, size } }: { readonly spot: Spot }) {
  const [x, y] = at;
  const [width, height] = size;
  return (
    <g class={`card ${card.status}`} transform={`translate(${x} ${y})`}>
      <rect class="body" width={width} height={height} rx={8} />
      <text class="title" x={12} y={20}>
        {fit(card.title, 34)}
      </text>
      <line x1={0} x2={width} y1={HEAD} y2={HEAD} />
      {card.rows.map((row, line) => (
        <RowLine key={row.name} row={row} y={HEAD + line * ROW} width={width} />
      ))}
      {card.hidden > 0 && (
        <text class="hidden" x={12} y={HEAD + card.rows.length * ROW + 15}>
          {card.hidden} {card.rows.some(({ status }) => status !== 'same') || card.rows.length > 0 ? 'more, ' : ''}unchanged
        </text>
      )}
    </g>
  );
}

function RowLine({ row, y, width }: { readonly row: CardRow; readonly y: number; readonly width: number }) {
  return (
    <g class={`row ${row.status}`} data-row>
      {row.status !== 'same' && <rect class="wash" x={1} y={y + 1} width={width - 2} height={ROW - 2} rx={4} />}
      <text class="mark" x={10} y={y + 15}>
        {MARKS[row.status]}
      </text>
      <text class="name" x={24} y={y + 15}>
        {nameOf(row)}
        <title>{row.was === null ? row.name : `${row.name} (${row.was})`}</title>
      </text>
      <text class="type" x={width - 10} y={y + 15} text-anchor="end">
        {fit(row.type, 16)}
      </text>
    </g>
  );
}

function Links({ spot: { card, at, size }, from, spots }: { readonly spot: Spot; readonly from: number; readonly spots: readonly Spot[] }) {
  return (
    <g>
      {card.rows.flatMap((row, line) => row.to.map((to) => <Link key={`${line}-${to}`} from={[at, size]} line={line} to={spots[to]} self={to === from} status={row.status} />))}
    </g>
  );
}

function Link({ from: [[x, y], [width]], line, to, self, status }: { readonly from: readonly [readonly [number, number], readonly [number, number]]; readonly line: number; readonly to: Spot | undefined; readonly self: boolean; readonly status: string }) {
  if (to === undefined || self) return null;
  const [sx, sy] = [x + width, y + HEAD + line * ROW + ROW / 2];
  const [tx, ty] = [to.at[0], to.at[1] + HEAD / 2];
  const bend = Math.max(40, Math.abs(tx - sx) / 2);
  return <path class={`link ${status}`} d={`M${sx} ${sy}C${sx + bend} ${sy} ${tx - bend} ${ty} ${tx} ${ty}`} />;
}

function planOf({ cards }: Drawing): Plan {
  return { cards: cards.map(sizeOf), links: cards.flatMap(({ rows }, from) => rows.flatMap(({ to }) => to.map((one) => [from, one] as const))) };
}

function sizeOf(card: Card): readonly [number, number] {
  const longest = Math.max(fit(card.title, 34).length + 2, ...card.rows.map((row) => nameOf(row).length + fit(row.type, 16).length + 6));
  return [Math.min(WIDEST, Math.max(150, longest * CHAR + 24)), HEAD + card.rows.length * ROW + (card.hidden > 0 ? ROW : 4)];
}

function nameOf({ name, status, was }: CardRow): string {
  return fit(status === 'renamed' && was !== null ? `${was} → ${name}` : name, 26);
}

function fit(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

function describe({ cards }: Drawing): string {
  const rows = cards.flatMap((card) => card.rows).filter(({ status }) => status !== 'same');
  return `${cards.length} objects, ${rows.length} changed members`;
}
