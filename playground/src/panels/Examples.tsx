import type { RefObject } from 'preact';
import { show } from '../address.js';
import { EXAMPLES, GROUPS } from '../examples/index.js';
import type { Example } from '../examples/index.js';
import { Prose } from '../prose.js';
import * as state from '../state.js';

export function Examples({ dialog }: { readonly dialog: RefObject<HTMLDialogElement | null> }) {
  const choose = async (example: Example | null): Promise<void> => {
    dialog.current?.close();
    try {
      await show(example);
      state.announce(example === null ? 'Two empty schemas' : `Example: ${example.title}`);
      scrollTo({ top: 0 });
    } catch (error) {
      state.failure.value = `the example cannot be loaded: ${error instanceof Error ? error.message : String(error)}`;
    }
  };
  return (
    <dialog
      ref={dialog}
      class="examples"
      aria-labelledby="examples-title"
      onClick={(event) => {
        if (event.target === dialog.current) dialog.current?.close();
      }}
    >
      <div class="examples-inside">
        <div class="examples-head">
          <h2 id="examples-title">Examples</h2>
          <button type="button" onClick={() => void choose(null)}>
            Start empty
          </button>
          <button type="button" onClick={() => dialog.current?.close()}>
            Close
          </button>
        </div>
        {GROUPS.map((group) => (
          <section key={group} aria-label={group}>
            <h3>{group}</h3>
            <ul>
              {EXAMPLES.filter((example) => example.group === group).map((example) => (
                <li key={example.id}>
                  <button type="button" class="example" data-example={example.id} onClick={() => void choose(example)}>
                    <strong>{example.title}</strong>
                    <span>
                      <Prose text={example.about} />
                    </span>
                  </button>
                </li>
              ))}
            </ul>
          </section>
        ))}
      </div>
    </dialog>
  );
}
