import { Editor } from '../editor.js';
import { useDrop } from './drop.js';
import { ProblemLine } from './Schemas.js';
import { whyNone } from './why.js';
import { read, size } from '../files.js';
import { useGradual } from '../gradual.js';
import { Prose } from '../prose.js';
import * as state from '../state.js';
import type { Law, Problem, Statement } from '../engine/protocol.js';

export function Records() {
  const told = state.converted.value;
  const lens = state.comparison.value?.lens ?? null;
  const forwards = state.leading.value === 'record';
  const problem = told?.problem ?? null;
  return (
    <section aria-labelledby="records" class="records">
      <h2 id="records">A record, there and back</h2>
      <div class="pair">
        <RecordPanel
          id="record"
          name="As the old schema has it"
          value={state.record.value}
          problem={forwards ? problem : null}
          hint="A record of the old schema, as JSON"
          onEdit={(text) => {
            state.leading.value = 'record';
            state.record.value = text;
          }}
        />
        <RecordPanel
          id="view"
          name="As the new schema has it"
          value={state.view.value}
          problem={forwards ? null : problem}
          hint={lens === null ? whyNone(state.comparison.value) : 'The record of the new schema: edit it, and it is carried back'}
          onEdit={(text) => {
            state.leading.value = 'view';
            state.view.value = text;
          }}
        />
      </div>
      <div class="below">
        <div class="panel laws">
          <h3>Laws</h3>
          <ul>
            <LawLight name="getPut" title="Unedited, nothing is lost" law={told?.laws.getPut ?? null} text="The view, put back as it is, gives the record again." />
            <LawLight name="putGet" title="Edits stay" law={told?.laws.putGet ?? null} text="The record that an edited view gives has that view." />
          </ul>
        </div>
        <div class="panel complement">
          <h3>Complement{told?.complement != null && <span class="count"> {size(told.complement.bytes)}</span>}</h3>
          <p class="asks">What the new schema cannot hold, kept for the way back.</p>
          <div class="complement-inside" tabindex={0} role="group" aria-label="Complement">
            {lens !== null && lens.keeps.length === 0 && <p class="fine">Nothing: the view tells everything.</p>}
            <Statements list={lens?.keeps ?? NOTHING} />
            {told?.complement != null && (
              <pre aria-label="Bytes of the complement" class="hex" data-complement>
                {told.complement.hex}
                {told.complement.bytes > 512 ? ' …' : ''}
              </pre>
            )}
          </div>
        </div>
        <div class="panel domain">
          <h3>What may be refused</h3>
          <p class="asks">Said before anything runs.</p>
          <div class="complement-inside" tabindex={0} role="group" aria-label="What may be refused">
            {lens !== null && lens.refuses.length === 0 && <p class="fine">Nothing: every valid record goes both ways.</p>}
            <Statements list={lens?.refuses ?? NOTHING} />
            {told !== null && told.notes.length > 0 && (
              <ul>
                {told.notes.map((note) => (
                  <li key={note}>{note}</li>
                ))}
              </ul>
            )}
          </div>
        </div>
      </div>
    </section>
  );
}

function RecordPanel({ id, name, value, problem, hint, onEdit }: { readonly id: string; readonly name: string; readonly value: string; readonly problem: Problem | null; readonly hint: string; readonly onEdit: (text: string) => void }) {
  const take = async (file: File | undefined): Promise<void> => {
    if (file === undefined) return;
    try {
      onEdit(await read(file));
    } catch (error) {
      state.failure.value = error instanceof Error ? error.message : String(error);
    }
  };
  const { over, place } = useDrop(([file]) => void take(file));
  return (
    <div class={`panel${over ? ' over' : ''}`} data-side={id} {...place}>
      <div class="panel-head">
        <h3>{name}</h3>
        {problem !== null && <span class="badge breaks">✕ refused</span>}
      </div>
      <div class="editor-mid">
        <Editor id={id} label={name} value={value} hint={hint} problems={problem === null ? NONE : [problem]} onEdit={onEdit} />
      </div>
      <div class="problems" tabindex={0} role="group" aria-label={`Problems: ${name}`}>
        {problem === null ? (
          <p class="fine">{'\u00a0'}</p>
        ) : (
          <div class="error">
            <ProblemLine id={id} problem={problem} />
          </div>
        )}
      </div>
    </div>
  );
}

const NONE: readonly Problem[] = [];
const NOTHING: readonly Statement[] = [];

function LawLight({ name, title, text, law }: { readonly name: string; readonly title: string; readonly text: string; readonly law: Law | null }) {
  const light = law?.light ?? 'none';
  return (
    <li class={`law ${light}`} data-law={name} data-light={light}>
      <span class="light" aria-hidden="true">
        {light === 'on' ? '✓' : light === 'off' ? '✕' : ''}
      </span>
      <div>
        <p>
          <strong>{title}</strong>
          <span class="unseen">: {light === 'on' ? 'holds' : light === 'off' ? 'does not hold' : 'not checked yet'}</span>
        </p>
        <p class="asks">{law?.why ?? text}</p>
      </div>
    </li>
  );
}

function Statements({ list }: { readonly list: readonly Statement[] }) {
  const shown = useGradual(list, ({ path, text }) => [1, path.length + text.length]);
  if (list.length === 0) return null;
  return (
    <ul>
      {list.slice(0, shown).map(({ code, path, text }, at) => (
        <li key={at} data-row>
          <code class="path">{path === '' ? 'the record' : path}</code> <span class="why"><Prose text={text} /></span> <span class="code">{code}</span>
        </li>
      ))}
    </ul>
  );
}
