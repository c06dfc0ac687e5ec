/**
 * What the page shows, as Markdown for an issue or a review.
 */

import * as state from './state.js';
import type { Judgement } from './engine/protocol.js';

/** Characters of a text that are quoted; what is longer is cut, and says so. */
const QUOTED = 6000;
const ROWS = 100;

export function toMarkdown(link: string | null): string {
  const { old, next, record } = state.scene();
  const told = state.comparison.value;
  const out: string[] = [`## ${state.title.value === '' ? 'Two schemas' : state.title.value}`, '', ...(link === null ? [] : [`[Open in the playground](${link})`, ''])];
  const fenced = (name: string, text: string): void => {
    if (text.trim() !== '') out.push(`### ${name}`, '', fence(text.slice(0, QUOTED)), ...(text.length > QUOTED ? [`(${text.length - QUOTED} more characters)`] : []), '');
  };
  fenced(`Old schema (${old.language})`, old.text);
  fenced(`New schema (${next.language})`, next.text);
  const problems = [...(told?.old.problems ?? []), ...(told?.next.problems ?? [])];
  if (problems.length > 0) out.push('### Problems', '', ...problems.slice(0, ROWS).map(({ code, message }) => `- \`${code}\`: ${message}`), '');
  if (told?.verdict != null) {
    const { backward, forward, source } = told.verdict;
    const row = (who: string, { kind, findings }: Judgement): string => `| ${who} | **${kind}** | ${findings[0] === undefined ? '' : inTable(`\`${findings[0].code}\` at \`${findings[0].path}\``)} |`;
    out.push('### Who breaks', '', '| | verdict | because |', '|---|---|---|', row('new readers, old data', backward), row('old readers, new data', forward), row('code', source), '');
  }
  if (told?.changes != null) {
    out.push('### Changes', '', ...state.changes.value.slice(0, ROWS).map(({ kind, path, old: was, new: is }) => `- \`${kind}\` \`${path}\`${was === null && is === null ? '' : `: ${was ?? '—'} → ${is ?? '—'}`}`));
    if (told.changes.total > ROWS) out.push(`- … ${told.changes.total - ROWS} more`);
    out.push('');
  }
  if (told?.migration != null) {
    out.push('### Migration', '', ...told.migration.steps.slice(0, ROWS).map(({ kind, from, to, why }) => `- ${kind} \`${from ?? '—'}\` → \`${to ?? '—'}\` (${why})`));
    out.push(...told.migration.questions.slice(0, ROWS).map(({ path, why }) => `- **open** \`${path}\`: ${why}`), '');
  }
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

function inTable(text: string): string {
  return text.replaceAll('|', '\\|');
}
