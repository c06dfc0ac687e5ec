import { render } from 'preact';
import { follow, open } from './address.js';
import { App } from './app.js';
import { begin } from './flow.js';
import { apply } from './theme.js';
import './style/index.css';

apply();
const root = document.getElementById('app');
if (root !== null) {
  void open().then(() => {
    begin();
    render(<App />, root);
    follow();
  });
}

if (import.meta.env.PROD && 'serviceWorker' in navigator) {
  // After the page has what it needs: the files are fetched once more for the cache.
  addEventListener('load', () => void navigator.serviceWorker.register('./sw.js').catch(() => {}));
}
