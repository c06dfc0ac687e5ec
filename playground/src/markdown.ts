/**
 * What the page shows, as Markdown for an issue or a review.
 */

import { placeOf } from './panels/Changes.js';
import * as state from './state.js';
import type { Judgement } from './engine/protocol.js';

/** Characters of a text that are quoted; what is longer is cut, and says so. */
const QUOTED = 6000;
const ROWS = 100;
/** Characters of a link that the places for Markdown take. */
const LINK = 16_000;

export function toMarkdown(link: string | null): string {
  const { old, next, record, declaration } = state.scene();
  const told = state.comparison.value;
  const out: string[] = [`## ${state.story.value?.title ?? 'Two schemas'}`, '', ...(link === null || link.length > LINK ? [] : [`[Open in the playground](${link})`, ''])];
  const fenced = (name: string, text: string, level = '###'): void => {
    if (text.trim() !== '') out.push(`${level} ${name}`, '', fence(text.slice(0, QUOTED)), ...(text.length > QUOTED ? [`(${text.length - QUOTED} more characters)`] : []), '');
  };
  fenced(`Old schema (${old.language})`, old.text);
  fenced(`New schema (${next.language})`, next.text);
  const problems = [...(told?.old.problems ?? []), ...(told?.next.problems ?? [])];
  if (problems.length > 0) out.push('### Problems', '', ...problems.slice(0, ROWS).map(({ code, message }) => `- ${quoted(code)}: ${message}`), '');
  if (told?.verdict != null) {
    const { backward, forward, source } = told.verdict;
    const row = (who: string, { kind, findings: [first], total }: Judgement): string => {
      const because = first === undefined ? '' : `${quoted(first.code)} at ${quoted(placeOf(first.code, first.path))}${total > 1 ? `, and ${total - 1} more` : ''}`;
      return `| ${who} | **${kind}** | ${inTable(because)} |`;
    };
    out.push('### Who breaks', '', '| | verdict | because |', '|---|---|---|', row('new readers, old data', backward), row('old readers, new data', forward), row('code', source), '');
    const witness = (name: string, { findings }: Judgement): void => fenced(name, findings.find((one) => one.witness !== null)?.witness ?? '', '####');
    witness('A record that was valid, and is refused now', backward);
    witness('A record that is valid now, and was refused', forward);
  }
  if (told?.changes != null) {
    out.push('### Changes', '', ...state.changes.value.slice(0, ROWS).map(({ kind, path, old: was, new: is }) => `- ${quoted(kind)} ${quoted(placeOf(kind, path))}${was === null && is === null ? '' : `: ${was ?? '—'} → ${is ?? '—'}`}`));
    if (told.changes.total > ROWS) out.push(`- … ${told.changes.total - ROWS} more`);
    out.push('');
  }
  if (told?.migration != null) {
    out.push('### Migration', '', ...told.migration.steps.slice(0, ROWS).map(({ kind, from, to, why }) => `- ${kind} ${from === null ? '—' : quoted(from)} → ${to === null ? '—' : quoted(to)} (${why})`));
    if (told.migration.stepsTotal > ROWS) out.push(`- … ${told.migration.stepsTotal - ROWS} more`);
    out.push(...told.migration.questions.slice(0, ROWS).map(({ path, why }) => `- **open** ${quoted(path === '' ? 'the record' : path)}: ${why}`), '');
  }
  fenced('Values that are computed', declaration);
  fenced('Record', record);
  fenced('As the new schema has it', state.view.value);
  return `${out.join('\n').trimEnd()}\n`;
}

/** A fence that the text cannot end. */
function fence(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const ticks = '`'.repeat(longest + 1);
  return `${ticks}json\n${text}\n${ticks}`;
}

/** Code in a line, which the text cannot end. */
function quoted(text: string): string {
  const ticks = '`'.repeat(Math.max(0, ...[...text.matchAll(/`+/g)].map(([found]) => found.length)) + 1);
  const pad = /^`|`$/.test(text) ? ' ' : '';
  return `${ticks}${pad}${text.replaceAll('\n', ' ')}${pad}${ticks}`;
}

function inTable(text: string): string {
  return text.replaceAll('|', '\\|');
}
