import { useEffect } from 'preact/hooks';
import { badLink } from './address.js';
import { again, stop } from './flow.js';
import { Changes } from './panels/Changes.js';
import { Files } from './panels/Files.js';
import { Header } from './panels/Header.js';
import { Migration } from './panels/Migration.js';
import { Records } from './panels/Records.js';
import { Schemas } from './panels/Schemas.js';
import { Verdicts } from './panels/Verdicts.js';
import { Prose } from './prose.js';
import * as state from './state.js';

export function App() {
  return (
    <>
      <a class="skip" href="#main" onClick={skip}>
        Skip to the schemas
      </a>
      <Header />
      <main id="main" tabindex={-1}>
        <p class="lead">
          Two versions of a schema: what changed, who breaks, and records that go there and back without losing anything. <strong>Everything runs in this tab, and nothing you write leaves it.</strong>
        </p>
        <Story />
        <Notices />
        <Schemas />
        <Verdicts />
        <div class="pair">
          <Changes />
          <Migration />
        </div>
        <Records />
        <Files />
      </main>
      <footer>
        <p>
          panproto {state.version.value} · works offline · this page makes no requests but for its own files, and its content-security policy allows no others
        </p>
      </footer>
      <Toast />
      <div class="unseen" aria-live="polite" data-announced>
        {state.announced.value}
      </div>
    </>
  );
}

/** What the example that is shown is about. */
function Story() {
  const story = state.story.value;
  if (story === null) return null;
  return (
    <p class="story">
      <strong>{story.title}.</strong> <Prose text={story.about} />
    </p>
  );
}

/** A link to a part would take the place of the scene in the address. */
function skip(event: Event): void {
  event.preventDefault();
  document.getElementById('main')?.focus();
}

/** What needs attention; over the page, so that nothing moves. */
function Notices() {
  const { failure, slow } = state;
  if (failure.value === null && badLink.value === null && !slow.value) return null;
  return (
    <div class="notices">
      {slow.value && (
        <p class="notice" role="status">
          This takes a while.
          <button type="button" onClick={stop}>
            Stop
          </button>
        </p>
      )}
      {failure.value !== null && (
        <p class="notice error" role="alert">
          <span>
            <Prose text={failure.value} />
          </span>
          <button type="button" onClick={again}>
            Try again
          </button>
        </p>
      )}
      {badLink.value !== null && (
        <p class="notice error" role="alert">
          <span>
            <Prose text={badLink.value} />
          </span>
          <button type="button" onClick={() => (badLink.value = null)}>
            Dismiss
          </button>
        </p>
      )}
    </div>
  );
}

function Toast() {
  const text = state.toast.value;
  useEffect(() => {
    if (text === '') return;
    const timer = setTimeout(() => (state.toast.value = ''), 4000);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <div class={`toast${text === '' ? '' : ' there'}`} role="status">
      {text}
    </div>
  );
}
