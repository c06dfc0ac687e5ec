import { useRef, useState } from 'preact/hooks';
import { useDrop } from './drop.js';
import { whyNone } from './why.js';
import { grouped, save, size } from '../files.js';
import * as state from '../state.js';
import type { FileReport } from '../engine/protocol.js';
import { Refused, Stopped } from '../engine/client.js';
import { engine } from '../engine/engine.js';

let cancel: (() => void) | null = null;

export function Files() {
  const [backwards, setBackwards] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const ready = state.comparison.value?.lens != null;
  const current = state.file.value;
  const running = current !== null && current.report?.done !== true;
  const take = ([file, ...more]: readonly File[]): void => {
    if (file === undefined) return;
    if (!ready) state.toast.value = 'A file can be converted once there is a lens';
    else if (running) state.toast.value = 'One file at a time: this one is not done yet';
    else {
      if (more.length > 0) state.toast.value = `One file at a time: ${file.name} was taken`;
      void convert(file, backwards);
    }
  };
  const { over, place } = useDrop(take);
  return (
    <section aria-labelledby="file" class="file">
      <h2 id="file">A file of records</h2>
      <div
        class={`panel drop${over ? ' over' : ''}`}
        data-drop
        {...place}
      >
        <div class="drop-head">
          <p>
            <strong>Drop a file of records here</strong>, of any size: one JSON record on each line, or an array of them. It is converted in this tab, piece by piece.
          </p>
          <div class="panel-tools">
            <label>
              <span class="unseen">Direction</span>
              <select value={backwards ? 'back' : 'there'} disabled={running} onChange={(event) => setBackwards(event.currentTarget.value === 'back')}>
                <option value="there">old → new</option>
                <option value="back">new → old</option>
              </select>
            </label>
            <button type="button" class="primary" disabled={!ready || running} onClick={() => input.current?.click()}>
              Choose a file
            </button>
            <input
              ref={input}
              type="file"
              hidden
              data-records
              accept=".ndjson,.jsonl,.json"
              onChange={(event) => {
                take([...(event.currentTarget.files ?? [])]);
                event.currentTarget.value = '';
              }}
            />
          </div>
        </div>
        {!ready && <p class="fine">{whyNone(state.comparison.value)}.</p>}
        {current !== null && <Progress {...current} />}
      </div>
    </section>
  );
}

function Progress({ file, backwards, report, blob }: { readonly file: File; readonly backwards: boolean; readonly report: FileReport | null; readonly blob: Blob | null }) {
  const done = report?.done === true;
  // What comes out is lines, whatever went in.
  const name = file.name.replace(/(\.\w+)?$/, (end) => `.${backwards ? 'old' : 'new'}${end === '' || report?.framing !== 'lines' ? '.ndjson' : end}`);
  return (
    <div class="progress" data-done={String(done)}>
      <p>
        <strong>{file.name}</strong> <span class="why">{size(file.size)}</span>
      </p>
      <progress max={Math.max(1, file.size)} value={done && report.problem === null && !report.cancelled ? Math.max(1, file.size) : (report?.bytes ?? 0)} aria-label={`Converting ${file.name}`} />
      <p class="tally" aria-live="polite">
        {report === null ? 'Starting…' : words(report)}
      </p>
      <div class="choices">
        {!done && (
          <button type="button" onClick={() => cancel?.()}>
            Cancel
          </button>
        )}
        {done && blob !== null && blob.size > 0 && (
          <button type="button" class="primary" onClick={() => save(name, blob)}>
            Download {name} ({size(blob.size)})
          </button>
        )}
        {done && (
          <button
            type="button"
            onClick={(event) => {
              const chooser = event.currentTarget.closest('.drop')?.querySelector('button');
              state.file.value = null;
              chooser?.focus();
            }}
          >
            Clear
          </button>
        )}
      </div>
      {report?.problem != null && (
        <p class="error">
          <code>{report.problem.code}</code> {report.problem.message}
        </p>
      )}
      {done && report.failures.length > 0 && (
        <details class="failures">
          <summary>
            {grouped(report.failed)} {report.failed === 1 ? 'record was' : 'records were'} refused
            {report.failed > report.failures.length ? `; the first ${report.failures.length}` : ''}
          </summary>
          <ul tabindex={0} aria-label="Refused records">
            {report.failures.map(({ line, record, code, path, message }, at) => (
              <li key={at} data-row>
                {line !== null ? `line ${line}` : `record ${(record ?? 0) + 1}`}: <code>{code}</code> {path !== null && <code class="path">{path}</code>} {message.slice(0, 200)}
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}

function words({ done, cancelled, records, failed, bytes, size: whole, outBytes, framing, problem }: FileReport): string {
  const refused = failed === 0 ? '' : `, ${grouped(failed)} refused`;
  const count = `${grouped(records)} ${records === 1 ? 'record' : 'records'}${refused}`;
  if (cancelled) return `Cancelled after ${count}.`;
  if (problem !== null) return `Ended after ${count}.`;
  if (done && records + failed === 0) return 'Done: there are no records in it.';
  if (done && records === 0 && framing === 'lines') return `None could be converted: ${refused.slice(2)}. Is it JSON, one record on each line?`;
  if (done) return `Done: ${count}, ${size(outBytes)}.${framing === 'lines' ? '' : ' Each is a line of its own now.'}`;
  return `${whole === 0 ? 100 : Math.floor((bytes / whole) * 100)} %: ${count}`;
}

async function convert(file: File, backwards: boolean): Promise<void> {
  state.file.value = { file, backwards, report: null, blob: null };
  const mine = (): boolean => state.file.value?.file === file;
  const { cancel: stop, answer } = engine.convert({ kind: 'file', file, backwards }, (report) => {
    if (mine()) state.file.value = { file, backwards, report, blob: null };
    // Another scene is shown: nobody waits for it.
    else stop();
  });
  cancel = stop;
  try {
    const { report, blob } = await answer;
    if (!mine()) return;
    state.file.value = { file, backwards, report, blob };
    state.announce(words(report));
  } catch (error) {
    const last = state.file.value?.report;
    if (mine() && error instanceof Stopped && last != null) {
      const problem = { severity: 'error', code: 'stopped', message: `the engine ended: ${error.message}`, path: null, span: null, help: null } as const;
      state.file.value = { file, backwards, report: { ...last, done: true, problem }, blob: null };
    } else if (mine()) state.file.value = null;
    if (!(error instanceof Stopped)) state.failure.value = error instanceof Refused || error instanceof Error ? error.message : String(error);
  } finally {
    if (cancel === stop) cancel = null;
  }
}
