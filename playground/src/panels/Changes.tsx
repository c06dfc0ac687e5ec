import { useMemo } from 'preact/hooks';
import { Lazy } from './lazy.js';
import { whyNothing } from './why.js';
import { grouped } from '../files.js';
import { moreChanges } from '../flow.js';
import { useGradual } from '../gradual.js';
import * as state from '../state.js';
import type { ChangeRow } from '../engine/protocol.js';

const graphPart = () => import('./Graph.js').then(({ Graph }) => Graph);

const MARK: Readonly<Record<string, readonly [mark: string, status: string]>> = {
  added: ['+', 'added'],
  removed: ['−', 'removed'],
};

export function Changes() {
  const told = state.comparison.value?.changes ?? null;
  const graph = state.changesAs.value === 'graph';
  const set = (as: 'list' | 'graph') => () => {
    state.changesAs.value = as;
  };
  return (
    <section class="panel fixed" aria-labelledby="changes">
      <div class="panel-head">
        <h2 id="changes">What changed{told !== null && <span class="count"> {told.structural}</span>}</h2>
        <div class="panel-tools">
          {!graph && (
            <label class="check">
              <input type="checkbox" checked={!state.onlyStructural.value} onChange={(event) => (state.onlyStructural.value = !event.currentTarget.checked)} />
              descriptions too
            </label>
          )}
          {graph && (
            <label class="check">
              <input type="checkbox" checked={!state.wholeGraph.value} onChange={(event) => (state.wholeGraph.value = !event.currentTarget.checked)} />
              only what changed
            </label>
          )}
          <fieldset class="segments">
            <legend class="unseen">Show changes as</legend>
            <label>
              <input type="radio" name="changes-as" checked={!graph} onChange={set('list')} />
              <span>List</span>
            </label>
            <label>
              <input type="radio" name="changes-as" checked={graph} onChange={set('graph')} />
              <span>Graph</span>
            </label>
          </fieldset>
        </div>
      </div>
      {graph ? (
        <Lazy load={graphPart} waiting={<p class="fine padded">Drawing…</p>} />
      ) : (
        <List />
      )}
    </section>
  );
}

function List() {
  const comparison = state.comparison.value;
  const nothing = comparison === null ? '' : whyNothing(comparison);
  const told = comparison?.changes ?? null;
  const all = state.changes.value;
  const structural = told?.structural ?? 0;
  // Those that matter come first.
  const rows = useMemo(() => (state.onlyStructural.value ? all.slice(0, structural) : all), [all, structural, state.onlyStructural.value]);
  const total = state.onlyStructural.value ? structural : (told?.total ?? 0);
  return (
    <div class="scroll" tabindex={0} role="group" aria-label="Changes">
      {nothing !== '' && <p class="fine padded">{nothing}.</p>}
      {told !== null && total === 0 && <p class="fine padded">{told.total === 0 ? 'Nothing. Both say the same.' : 'Nothing that matters to data.'}</p>}
      <Rows rows={rows} />
      {total > rows.length && (
        <p class="padded">
          <button type="button" onClick={() => void moreChanges()}>
            Show more ({grouped(total - rows.length)} left)
          </button>
        </p>
      )}
    </div>
  );
}

function Rows({ rows }: { readonly rows: readonly ChangeRow[] }) {
  const shown = useGradual(rows, ({ path, old, new: is }) => [1, path.length + (old?.length ?? 0) + (is?.length ?? 0)]);
  // Made once for each list: a frame that adds rows does not look at those that are there.
  const lines = useMemo(() => rows.map((row, at) => <Line key={at} row={row} />), [rows]);
  return <ul class="rows">{lines.slice(0, shown)}</ul>;
}

function Line({ row }: { readonly row: ChangeRow }) {
  const [mark, status] = statusOf(row);
  return (
    <li class={status} data-row>
      <span class="mark" aria-hidden="true">
        {mark}
      </span>
      <div>
        <p>
          <code class="path">{placeOf(row.kind, row.path)}</code> <span class="code">{row.kind}</span>
        </p>
        {(row.old !== null || row.new !== null) && (
          <p class="sides">
            {row.old !== null && <span class="was">{row.old}</span>}
            {row.old !== null && row.new !== null && (
              <>
                <span aria-hidden="true"> → </span>
                <span class="unseen"> becomes </span>
              </>
            )}
            {row.new !== null && <span class="is">{row.new}</span>}
          </p>
        )}
      </div>
    </li>
  );
}

/** Where something is, in words where it is no path. */
export function placeOf(code: string, path: string): string {
  if (path !== '') return path;
  return code.startsWith('document-') ? 'the schema' : 'the record';
}

function statusOf({ kind, structural }: ChangeRow): readonly [string, string] {
  if (!structural) return ['·', 'words'];
  return MARK[kind.split('-').at(-1) ?? ''] ?? ['~', 'changed'];
}
