import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Editor } from '../editor.js';
import { ProblemLine } from './Schemas.js';
import * as state from '../state.js';
import { same } from '../engine/json-text.js';
import type { Answers, Question, Step } from '../engine/protocol.js';
import { isEmpty } from '../share.js';
import { useGradual } from '../gradual.js';
import { Prose } from '../prose.js';
import { whyNothing } from './why.js';

/** An answer was given, and its button is gone before long: what has the focus next is ours to say. */
let answered = false;

export function Migration() {
  const told = state.comparison.value;
  const migration = told?.migration ?? null;
  const panel = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (!answered) return;
    answered = false;
    if (document.activeElement === document.body) (panel.current?.querySelector<HTMLElement>('.questions .choice, .questions input') ?? panel.current)?.focus({ preventScroll: true });
  }, [told]);
  const nothing = told === null ? '' : whyNothing(told);
  return (
    <section class="panel fixed" aria-labelledby="migration">
      <div class="panel-head">
        <h2 id="migration">Migration</h2>
        <div class="panel-tools">
          {migration !== null && (
            <span key={`${migration.decided} ${migration.questionsTotal}`} class={`badge ${migration.decided ? 'safe' : 'unknown'}`} data-decided={String(migration.decided)}>
              {migration.decided ? (migration.lossless ? '✓ lossless' : '✓ decided') : `? ${migration.questionsTotal} open`}
            </span>
          )}
        </div>
      </div>
      <div ref={panel} class="scroll" tabindex={0} role="group" aria-label="Steps and questions">
        {nothing !== '' && <p class="fine padded">{nothing}.</p>}
        {told?.trouble != null && !told.inDeclaration && (
          <div class="padded error">
            <ProblemLine id="declaration" problem={told.trouble} />
          </div>
        )}
        {migration !== null && migration.questions.length > 0 && <Questions questions={migration.questions} total={migration.questionsTotal} />}
        <Given />
        {migration !== null && (migration.steps.length > 0 || migration.decided) && <Steps steps={migration.steps} total={migration.stepsTotal} />}
        <Declaration />
      </div>
    </section>
  );
}

/** Questions that are answered by a value. */
const VALUES: ReadonlySet<string> = new Set(['required-without-value', 'default-refused']);

const WORDS: Readonly<Record<string, string>> = { 'unmatched-field': 'Where does it go?', 'required-without-value': 'Where does it come from?' };

function Questions({ questions, total }: { readonly questions: readonly Question[]; readonly total: number }) {
  const shown = useGradual(questions, ({ path, why }) => [1, path.length + why.length]);
  return (
    <ul class="questions" aria-label="Questions">
      {questions.slice(0, shown).map((question) => (
        <li key={`${question.code} ${question.path} ${question.inTarget}`} data-row>
          <Ask question={question} />
        </li>
      ))}
      {total > questions.length && <li class="fine">… {total - questions.length} more once these are answered</li>}
    </ul>
  );
}

function Ask({ question }: { readonly question: Question }) {
  const { code, path, inTarget, candidates, sources, why, help, values } = question;
  // What is said of items is answered for their list.
  const gone = path.replace(/(\[\])+$/, '');
  const hint = (from: string, to: string | null) => () => answer({ hints: { ...state.answers.value.hints, [from]: to } });
  return (
    <div class="question" data-question={path} data-code={code}>
      <p>
        <strong>
          <code class="path">{path === '' ? 'the record' : path}</code>
        </strong>{' '}
        {WORDS[code] ?? ''} <span class="why">
          <Prose text={why} />.
        </span>
      </p>
      <div class="choices" role="group" aria-label={`Answers for ${path}`}>
        {!inTarget &&
          candidates.map((candidate) => (
            <button key={candidate.answer} type="button" class="choice" onClick={hint(path, candidate.answer)}>
              → {candidate.answer} <small>{Math.round(candidate.score * 100)} % alike</small>
            </button>
          ))}
        {inTarget &&
          candidates.map((candidate) => (
            <button key={candidate.answer} type="button" class="choice" onClick={hint(candidate.answer, path)}>
              ← {candidate.answer} <small>{Math.round(candidate.score * 100)} % alike</small>
            </button>
          ))}
        {sources.map((source) => (
          <button key={source} type="button" class="choice" onClick={hint(source, path)}>
            ← {source}
          </button>
        ))}
        {code === 'unmatched-field' && !inTarget && (
          <button type="button" class="choice" onClick={hint(path, null)}>
            It is gone
          </button>
        )}
        {code === 'types-not-convertible' && gone !== '' && (
          <button type="button" class="choice" onClick={hint(gone, null)}>
            <code>{gone}</code> is gone
          </button>
        )}
        {VALUES.has(code) && <Default path={path} values={values} onTheWayBack={!inTarget} />}
        {code.includes('arm') || code.includes('union') ? (
          <button type="button" class="choice" onClick={() => answer({ match: [...state.answers.value.match, path] })}>
            Try each arm
          </button>
        ) : null}
        {code.includes('keyword') || code.includes('unmodelled') ? (
          <button type="button" class="choice" onClick={() => answer({ trust: [...state.answers.value.trust, path] })}>
            Accept it as it is
          </button>
        ) : null}
      </div>
      {candidates.length > 0 && (
        <p class="help">
          Why: <Prose text={[...new Set(candidates.map((candidate) => candidate.why))].join('; ')} />.
        </p>
      )}
      {code === 'types-not-convertible' && <p class="help">Or compute it with an expression, below.</p>}
      {candidates.length === 0 && !VALUES.has(code) && code !== 'types-not-convertible' && help !== '' && <p class="help"><Prose text={help} /></p>}
    </div>
  );
}

/** A value for what no record has. */
function Default({ path, values, onTheWayBack }: { readonly path: string; readonly values: readonly string[]; readonly onTheWayBack: boolean }) {
  const [text, setText] = useState('');
  const [wrong, setWrong] = useState('');
  const give = (json: string): void => {
    try {
      const value: unknown = JSON.parse(json);
      if (!same(json, JSON.stringify(value))) return setWrong('A whole number of so many digits is declared below, among the `defaults`.');
      const { defaults, sourceDefaults } = state.answers.value;
      answer(onTheWayBack ? { sourceDefaults: { ...sourceDefaults, [path]: value } } : { defaults: { ...defaults, [path]: value } });
    } catch {
      setWrong('That is no JSON value.');
    }
  };
  return (
    <>
      {values.map((value) => (
        <button key={value} type="button" class="choice" onClick={() => give(value)}>
          = <code>{value.length > 40 ? `${value.slice(0, 40)}…` : value}</code>
        </button>
      ))}
      <form
        class="default"
        onSubmit={(event) => {
          event.preventDefault();
          give(text);
        }}
      >
        <input
          type="text"
          value={text}
          placeholder="a JSON value"
          aria-label={`Default of ${path}, as JSON`}
          aria-invalid={wrong !== ''}
          onInput={(event) => {
            setWrong('');
            setText(event.currentTarget.value);
          }}
        />
        <button type="submit">Use</button>
        {wrong !== '' && (
          <span class="wrong" role="alert">
            <Prose text={wrong} />
          </span>
        )}
      </form>
    </>
  );
}

/** The answers so far; each can be taken back. */
function Given() {
  const given = state.answers.value;
  if (isEmpty(given)) return null;
  const chip = (key: string, text: string, without: Partial<Answers>) => (
    <li key={key}>
      <button type="button" class="chip" onClick={() => answer(without)} aria-label={`Take back: ${text}`}>
        {text} <span aria-hidden="true">×</span>
      </button>
    </li>
  );
  const rest = <T,>(map: Readonly<Record<string, T>>, name: string): Record<string, T> => Object.fromEntries(Object.entries(map).filter(([one]) => one !== name));
  return (
    <ul class="given" aria-label="Your answers">
      {Object.entries(given.hints).map(([from, to]) => chip(`h${from}`, `${from} → ${to ?? 'gone'}`, { hints: rest(given.hints, from) }))}
      {Object.entries(given.defaults).map(([path, value]) => chip(`d${path}`, `${path} = ${JSON.stringify(value).slice(0, 40)}`, { defaults: rest(given.defaults, path) }))}
      {Object.entries(given.sourceDefaults).map(([path, value]) => chip(`s${path}`, `${path} = ${JSON.stringify(value).slice(0, 40)} on the way back`, { sourceDefaults: rest(given.sourceDefaults, path) }))}
      {Object.entries(given.keys).map(([list, key]) => chip(`k${list}`, `${list} by ${key}`, { keys: rest(given.keys, list) }))}
      {given.match.map((path) => chip(`m${path}`, `${path}: try each arm`, { match: given.match.filter((one) => one !== path) }))}
      {given.trust.map((path) => chip(`t${path}`, `${path}: accepted`, { trust: given.trust.filter((one) => one !== path) }))}
    </ul>
  );
}

function answer(part: Partial<Answers>): void {
  answered = true;
  state.answers.value = { ...state.answers.value, ...part };
}

const ARROWS: Readonly<Record<string, readonly [mark: string, status: string]>> = {
  rename: ['→', 'renamed'],
  drop: ['−', 'removed'],
  add: ['+', 'added'],
  'add-optional': ['+', 'added'],
  nest: ['→', 'renamed'],
  hoist: ['→', 'renamed'],
  fill: ['+', 'added'],
  check: ['?', 'changed'],
  coerce: ['~', 'changed'],
};

function Steps({ steps, total }: { readonly steps: readonly Step[]; readonly total: number }) {
  const shown = useGradual(steps, ({ from, to, why }) => [1, (from?.length ?? 0) + (to?.length ?? 0) + why.length]);
  if (steps.length === 0) return <p class="fine padded">Records stay as they are.</p>;
  return (
    <ol class="rows steps" aria-label="Steps">
      {steps.slice(0, shown).map(({ kind, from, to, why, lossless }, at) => {
        const [mark, status] = ARROWS[kind] ?? ['~', 'changed'];
        return (
          <li key={at} class={status} data-row>
            <span class="mark" aria-hidden="true">
              {mark}
            </span>
            <div>
              <p>
                <span class="kind">{kind.replaceAll('-', ' ')}</span> {from !== null && <code class="path">{from}</code>}
                {from !== null && to !== null && from !== to && <span aria-hidden="true"> → </span>}
                {to !== null && from !== to && <code class="path">{to}</code>}
                {!lossless && <span class="kept">kept in the complement</span>}
              </p>
              <p class="sides">
                <Prose text={why} />
              </p>
            </div>
          </li>
        );
      })}
      {total > steps.length && <li class="fine padded">… {total - steps.length} more steps</li>}
    </ol>
  );
}

/** What names cannot tell: values that are computed. */
function Declaration() {
  const text = state.declaration.value;
  const told = state.comparison.value;
  const trouble = told?.inDeclaration === true ? told.trouble : null;
  const [open, setOpen] = useState(text !== '');
  const shown = open || text !== '';
  return (
    <details class="declaration" open={shown} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Compute values with expressions</summary>
      {shown && (
        <>
          <div class="editor-short">
            <Editor
              id="declaration"
              label="Declaration"
              value={text}
              hint={'{ "fields": { "name": { "to": ["first", "last"], "expr": "…" } } }'}
              problems={trouble === null ? [] : [trouble]}
              onEdit={(edited) => (state.declaration.value = edited)}
            />
          </div>
          {trouble !== null && (
            <div class="padded error">
              <ProblemLine id="declaration" problem={trouble} />
            </div>
          )}
        </>
      )}
    </details>
  );
}
