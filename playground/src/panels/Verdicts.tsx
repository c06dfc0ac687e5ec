import { placeOf } from './Changes.js';
import { useGradual } from '../gradual.js';
import * as state from '../state.js';
import type { Direction, FindingRow, Judgement } from '../engine/protocol.js';

const QUESTIONS: readonly { readonly direction: Direction; readonly who: string; readonly asks: string }[] = [
  { direction: 'backward', who: 'New readers, old data', asks: 'Does a reader of the new schema take every old record?' },
  { direction: 'forward', who: 'Old readers, new data', asks: 'Does a reader of the old schema take every new record?' },
  { direction: 'source', who: 'Code', asks: 'Does code that was written for the old schema still fit?' },
];

const NONE: readonly FindingRow[] = [];

const MARKS = { safe: '✓', breaks: '✕', unknown: '?' } as const;

export function Verdicts() {
  const verdict = state.comparison.value?.verdict ?? null;
  return (
    <section class="verdicts" aria-labelledby="verdicts">
      <h2 id="verdicts">Who breaks</h2>
      <div class="verdict-cards">
        {QUESTIONS.map(({ direction, who, asks }) => (
          <VerdictCard key={direction} direction={direction} who={who} asks={asks} judgement={verdict?.[direction] ?? null} />
        ))}
      </div>
    </section>
  );
}

function VerdictCard({ direction, who, asks, judgement }: { readonly direction: Direction; readonly who: string; readonly asks: string; readonly judgement: Judgement | null }) {
  const findings = judgement?.findings ?? NONE;
  const shown = useGradual(findings, ({ path, old, new: is, witness }) => [1, path.length + (old?.length ?? 0) + (is?.length ?? 0) + (witness?.length ?? 0)]);
  return (
    <article class="verdict" data-verdict={direction} data-kind={judgement?.kind ?? 'none'}>
      <div class="verdict-head">
        <h3>{who}</h3>
        <span key={judgement?.kind} class={`badge ${judgement?.kind ?? 'none'}`}>{judgement === null ? '—' : `${MARKS[judgement.kind]} ${judgement.kind}`}</span>
      </div>
      <p class="asks">{asks}</p>
      <div class="findings" tabindex={0} role="group" aria-label={`Reasons: ${who}`}>
        {judgement !== null && judgement.findings.length === 0 && <p class="fine">Proved for every record.</p>}
        <ul>
          {findings.slice(0, shown).map((finding, at) => (
            <li key={at} data-row>
              <Finding finding={finding} direction={direction} />
            </li>
          ))}
        </ul>
        {judgement !== null && judgement.total > judgement.findings.length && <p class="fine">… {judgement.total - judgement.findings.length} more.</p>}
      </div>
    </article>
  );
}

function Finding({ finding, direction }: { readonly finding: FindingRow; readonly direction: Direction }) {
  const { code, path, old, new: is, witness, witnessCut, repaired } = finding;
  return (
    <>
      <p>
        <code class="path">{placeOf(code, path)}</code> <span class="code">{code}</span>
        {repaired === true && <span class="repaired">the migration repairs it</span>}
      </p>
      {(old !== null || is !== null) && (
        <p class="sides">
          {old ?? '—'} <span aria-hidden="true">→</span>
          <span class="unseen">becomes</span> {is ?? '—'}
        </p>
      )}
      {witness !== null && (
        <details class="witness">
          <summary>A record that {direction === 'backward' ? 'was valid, and is refused now' : 'is valid now, and was refused'}</summary>
          <pre tabindex={0} aria-label="The record">
            {witness}
            {witnessCut ? '…' : ''}
          </pre>
          {direction === 'backward' && !witnessCut && (
            <button type="button" onClick={() => use(witness)}>
              Try this record
            </button>
          )}
        </details>
      )}
    </>
  );
}

/** Puts a witness where it can be converted. */
function use(witness: string): void {
  state.leading.value = 'record';
  state.record.value = witness;
  document.getElementById('records')?.scrollIntoView({ block: 'start' });
  state.announce('The record is open below');
}
