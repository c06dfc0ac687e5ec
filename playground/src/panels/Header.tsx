import { useRef } from 'preact/hooks';
import { Examples } from './Examples.js';
import { migrationText } from '../flow.js';
import { save } from '../files.js';
import { share } from '../address.js';
import { toMarkdown } from '../markdown.js';
import * as state from '../state.js';
import { nextTheme, theme } from '../theme.js';

export function Header() {
  const examples = useRef<HTMLDialogElement>(null);
  return (
    <header class="top">
      <div class="brand">
        <svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
          <rect width="32" height="32" rx="8" fill="var(--accent-deep)" />
          <path d="M8 11h9m-3-3.500L17.500 11 14 14.500M24 21h-9m3-3.500L14.500 21l3.500 3.500" fill="none" stroke="#fff" stroke-width="2.600" stroke-linecap="round" stroke-linejoin="round" />
        </svg>
        <h1>
          panproto <span>playground</span>
        </h1>
      </div>
      <nav class="actions" aria-label="This page">
        <button type="button" class="primary" onClick={() => examples.current?.showModal()}>
          Examples
        </button>
        <button type="button" onClick={() => void copyLink()}>
          Copy link
        </button>
        <button type="button" onClick={() => void copyMarkdown()}>
          Copy as Markdown
        </button>
        <Downloads />
        <button type="button" onClick={nextTheme} aria-label={`Colours: ${theme.value}. Change them`} title={`Colours: ${theme.value}`}>
          {theme.value === 'light' ? '☀' : theme.value === 'dark' ? '☾' : '◐'}
          <span class="wide"> {theme.value}</span>
        </button>
      </nav>
      <Examples dialog={examples} />
    </header>
  );
}

async function copyLink(): Promise<void> {
  const link = await share();
  if (link === null) {
    state.toast.value = 'These schemas are too large for a link: download them';
    return;
  }
  const copied = await copy(link);
  const long = link.length > 8000 ? `, ${Math.round(link.length / 1000)} kB: some programs cut long links` : '';
  state.toast.value = copied ? `Link copied${long}` : `The link is in the address bar${long}`;
}

async function copyMarkdown(): Promise<void> {
  const text = toMarkdown(await share());
  if (await copy(text)) state.toast.value = 'Copied as Markdown';
  else save('playground.md', text, 'text/markdown');
}

async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

function Downloads() {
  const menu = useRef<HTMLDetailsElement>(null);
  const close = (): void => {
    if (menu.current !== null) menu.current.open = false;
  };
  const item = (label: string, there: boolean, run: () => void) => (
    <li>
      <button
        type="button"
        disabled={!there}
        onClick={() => {
          close();
          menu.current?.querySelector('summary')?.focus();
          run();
        }}
      >
        {label}
      </button>
    </li>
  );
  const told = state.comparison.value;
  return (
    <details
      class="menu"
      ref={menu}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        close();
        menu.current?.querySelector('summary')?.focus();
      }}
      onFocusOut={(event) => {
        if (event.relatedTarget instanceof Node && !menu.current?.contains(event.relatedTarget)) close();
      }}
    >
      <summary>Download</summary>
      <ul>
        {item('Old schema', state.oldSide.value.text !== '', () => save('old.json', state.oldSide.value.text))}
        {item('New schema', state.nextSide.value.text !== '', () => save('new.json', state.nextSide.value.text))}
        {item('Migration', told?.migration != null, () => void migrationText().then((text) => text !== '' && save('migration.json', text)))}
        {item('Record', state.record.value !== '', () => save('record.json', state.record.value))}
        {item('Converted record', state.view.value !== '', () => save('view.json', state.view.value))}
      </ul>
    </details>
  );
}
