import { useRef, useState } from 'preact/hooks';
import { grouped, save, size } from '../files.js';
import * as state from '../state.js';
import type { FileReport } from '../engine/protocol.js';
import { Refused, Stopped } from '../engine/client.js';
import { engine } from '../engine/engine.js';

let cancel: (() => void) | null = null;

export function Files() {
  const [over, setOver] = useState(false);
  const [backwards, setBackwards] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const ready = state.comparison.value?.lens != null;
  const current = state.file.value;
  const running = current !== null && current.report?.done !== true;
  const take = (file: File | undefined): void => {
    if (file !== undefined && ready && !running) void convert(file, backwards);
  };
  return (
    <section aria-labelledby="file" class="file">
      <h2 id="file">A file of records</h2>
      <div
        class={`panel drop${over ? ' over' : ''}`}
        data-drop
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          take(event.dataTransfer?.files[0]);
        }}
      >
        <div class="drop-head">
          <p>
            <strong>Drop newline-delimited JSON here</strong>, of any size. It is converted in this tab, piece by piece.
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
                take(event.currentTarget.files?.[0]);
                event.currentTarget.value = '';
              }}
            />
          </div>
        </div>
        {!ready && <p class="fine">There is no lens yet: answer the questions above first.</p>}
        {current !== null && <Progress {...current} />}
      </div>
    </section>
  );
}

function Progress({ file, backwards, report, blob }: { readonly file: File; readonly backwards: boolean; readonly report: FileReport | null; readonly blob: Blob | null }) {
  const done = report?.done === true;
  const name = file.name.replace(/(\.\w+)?$/, (end) => `.${backwards ? 'old' : 'new'}${end || '.ndjson'}`);
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
        {done && blob !== null && (
          <button type="button" class="primary" onClick={() => save(name, blob)}>
            Download {name} ({size(blob.size)})
          </button>
        )}
        {done && (
          <button type="button" onClick={() => (state.file.value = null)}>
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
            {report.failures.map(({ line, code, path, message }, at) => (
              <li key={at} data-row>
                line {line ?? '?'}: <code>{code}</code> {path !== null && <code class="path">{path}</code>} {message.slice(0, 200)}
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}

function words({ done, cancelled, records, failed, bytes, size: whole, outBytes }: FileReport): string {
  const refused = failed === 0 ? '' : `, ${grouped(failed)} refused`;
  const count = `${grouped(records)} ${records === 1 ? 'record' : 'records'}${refused}`;
  if (cancelled) return `Cancelled after ${count}.`;
  if (done) return `Done: ${count}, ${size(outBytes)}.`;
  return `${whole === 0 ? 100 : Math.floor((bytes / whole) * 100)} %: ${count}`;
}

async function convert(file: File, backwards: boolean): Promise<void> {
  state.file.value = { file, backwards, report: null, blob: null };
  const mine = (): boolean => state.file.value?.file === file;
  const { cancel: stop, answer } = engine.convert({ kind: 'file', file, backwards }, (report) => {
    if (mine()) state.file.value = { file, backwards, report, blob: null };
  });
  cancel = stop;
  try {
    const { report, blob } = await answer;
    if (mine()) state.file.value = { file, backwards, report, blob };
    state.announce(words(report));
  } catch (error) {
    if (mine()) state.file.value = null;
    if (!(error instanceof Stopped)) state.failure.value = error instanceof Refused || error instanceof Error ? error.message : String(error);
  } finally {
    cancel = null;
  }
}
