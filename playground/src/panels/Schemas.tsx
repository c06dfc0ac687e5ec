import type { Signal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { useDrop } from './drop.js';
import { Editor, reveal } from '../editor.js';
import { grouped, read } from '../files.js';
import { Prose } from '../prose.js';
import * as state from '../state.js';
import type { LanguageName, Problem, Side, SideReport } from '../engine/protocol.js';

const LANGUAGES: readonly (readonly [LanguageName, string])[] = [
  ['json-schema', 'JSON Schema'],
  ['atproto', 'ATProto Lexicon'],
];

export function Schemas() {
  return (
    <section class="pair" aria-labelledby="schemas">
      <h2 id="schemas" class="unseen">
        Schemas
      </h2>
      <SchemaPanel which="old" name="Old schema" side={state.oldSide} report={state.comparison.value?.old ?? null} />
      <SchemaPanel which="new" name="New schema" side={state.nextSide} report={state.comparison.value?.next ?? null} />
    </section>
  );
}

function SchemaPanel({ which, name, side, report }: { readonly which: string; readonly name: string; readonly side: Signal<Side>; readonly report: SideReport | null }) {
  const input = useRef<HTMLInputElement>(null);
  const { language, text, root } = side.value;
  const id = `schema-${which}`;
  const roots = report?.roots ?? [];
  const take = async (file: File | undefined): Promise<void> => {
    if (file === undefined) return;
    try {
      const content = await read(file);
      state.story.value = null;
      side.value = { language: /"lexicon"\s*:\s*1\b/.test(content) ? 'atproto' : 'json-schema', text: content, root: '' };
    } catch (error) {
      state.failure.value = error instanceof Error ? error.message : String(error);
    }
  };
  const { over, place } = useDrop(([file]) => void take(file));
  const listed = roots.slice(1, 200);
  return (
    <div class={`panel${over ? ' over' : ''}`} data-side={which} {...place}>
      <div class="panel-head">
        <h3>{name}</h3>
        <div class="panel-tools">
          <label>
            <span class="unseen">Language of the {which} schema</span>
            <select value={language} onChange={(event) => state.setLanguage(side, event.currentTarget.value as LanguageName)}>
              {LANGUAGES.map(([value, label]) => (
                <option key={value} value={value}>
                  {label}
                </option>
              ))}
            </select>
          </label>
          <label>
            <span class="unseen">Where records of the {which} schema begin</span>
            <select class="roots" value={root} disabled={roots.length < 2 && root === ''} onChange={(event) => (side.value = { ...side.value, root: event.currentTarget.value })}>
              <option value="">{roots[0] ?? 'main'}</option>
              {listed.map((one) => (
                <option key={one} value={one}>
                  {one}
                </option>
              ))}
              {root !== '' && !listed.includes(root) && <option value={root}>{root}</option>}
              {roots.length > 200 && <option disabled>{roots.length - 200} more: move one to the front of the schema</option>}
            </select>
          </label>
          <button type="button" onClick={() => input.current?.click()}>
            Open<span class="unseen"> a file as the {which} schema</span>
          </button>
          <input
            ref={input}
            type="file"
            hidden
            accept=".json,application/json"
            onChange={(event) => {
              void take(event.currentTarget.files?.[0]);
              event.currentTarget.value = '';
            }}
          />
        </div>
      </div>
      <div class="editor-tall">
        <Editor
          id={id}
          label={name}
          value={text}
          hint="One document, or an array of several"
          problems={report?.problems ?? []}
          onEdit={(edited) => {
            if (edited.trim() === '') state.story.value = null;
            side.value = { ...side.value, text: edited };
          }}
        />
      </div>
      <Problems id={id} problems={report?.problems ?? []} fine={report === null ? '' : `${count(report.vertices, 'vertex', 'vertices')}, ${count(report.edges, 'edge', 'edges')}`} />
    </div>
  );
}

function count(many: number, one: string, more: string): string {
  return `${grouped(many)} ${many === 1 ? one : more}`;
}

/** What is wrong with a text; each leads to its place. */
export function Problems({ id, problems, fine }: { readonly id: string; readonly problems: readonly Problem[]; readonly fine: string }) {
  return (
    <div class="problems" tabindex={0} role="group" aria-label="Problems">
      {problems.length === 0 && <p class="fine">{fine === '' ? '\u00a0' : `No problems. ${fine}.`}</p>}
      {problems.length > 0 && (
        <ul>
          {problems.slice(0, 20).map((problem, at) => (
            <li key={at} class={problem.severity} data-row>
              <ProblemLine id={id} problem={problem} />
            </li>
          ))}
          {problems.length > 20 && <li class="fine">… {problems.length - 20} more</li>}
        </ul>
      )}
    </div>
  );
}

export function ProblemLine({ id, problem }: { readonly id: string; readonly problem: Problem }) {
  const { code, message, help, path, span, severity } = problem;
  const words = (
    <>
      <span class="unseen">{severity}: </span>
      <code>{code}</code> {span === null && path !== null && path !== '' && <code class="path">{path} </code>}
      <Prose text={message.slice(0, 500)} />
      {help !== null && (
        <span class="help">
          {' '}
          <Prose text={help} />
        </span>
      )}
    </>
  );
  if (span === null) return <p>{words}</p>;
  return (
    <button type="button" class="plain" onClick={() => reveal(id, span)}>
      {words}
    </button>
  );
}
