import { effect } from '@preact/signals';
import { render } from 'preact';
import { follow, open } from './address.js';
import { guard } from './panels/drop.js';
import { App } from './app.js';
import { begin } from './flow.js';
import { busy, comparison } from './state.js';
import { apply } from './theme.js';

apply();
const root = document.getElementById('app');
if (root !== null) {
  void open().then(() => {
    begin();
    render(<App />, root);
    follow();
    guard();
    if (import.meta.env.PROD && 'serviceWorker' in navigator) whenAnswered(() => void navigator.serviceWorker.register('./sw.js').catch(() => {}));
  });
}

/** After the first answer: the service worker fetches all files there are, which nobody waits for. */
function whenAnswered(then: () => void): void {
  const dispose = effect(() => {
    if (busy.value || comparison.value === null) return;
    queueMicrotask(() => dispose());
    then();
  });
}
