// What a first visit loads, packed as hosts do. `size.json` is the budget: a change to it shows in the diff.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { brotliCompressSync, constants } from 'node:zlib';
import { dist, root } from './stage.mjs';
import { settled, stage } from './page.mjs';

const BUDGET = join(root, 'size.json');

const packed = (bytes) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length, [constants.BROTLI_PARAM_LGWIN]: 24 } }).length;

test('the first load is within its budget', async (t) => {
  const page = await stage.browser.context.newPage();
  t.after(() => page.close());
  // Without the service worker, which fetches all there is for later.
  await page.addInitScript(() => {
    navigator.serviceWorker.register = () => new Promise(() => {});
  });
  const loaded = new Set();
  page.on('request', (request) => loaded.add(new URL(request.url()).pathname));
  const started = performance.now();
  await page.goto(stage.server.address);
  await settled(page);
  t.diagnostic(`interactive after ${Math.round(performance.now() - started)} ms, of a goal of 1500`);
  const files = [...loaded].map((path) => (path === '/' ? 'index.html' : path.slice(1)));
  assert.ok(files.length < 12, `few requests: ${files}`);
  assert.ok(!files.some((file) => file.startsWith('examples/') || file.includes('Graph')), 'what is not needed yet is not loaded');
  const full = process.env.PANPROTO_FULL || process.env.PANPROTO_WRITE_SIZES;
  const measured = {};
  const count = (name, bytes) => (measured[name] = (measured[name] ?? 0) + bytes);
  for (const file of files) {
    const bytes = readFileSync(join(dist, file));
    const part = file.endsWith('.wasm') ? 'module' : 'page';
    count(part, bytes.length);
    // Half a minute for the module, which is told and not held here: its own budget is where it is built.
    if (part === 'page' || full) count(`${part}, brotli`, packed(bytes));
  }
  if (full) measured['first load, brotli'] = measured['page, brotli'] + measured['module, brotli'];
  if (process.env.PANPROTO_WRITE_SIZES) writeFileSync(BUDGET, `${JSON.stringify({ 'goal of the first load, brotli': 700_000, ...measured }, null, 2)}\n`);
  const budget = JSON.parse(readFileSync(BUDGET, 'utf8'));
  for (const [name, bytes] of Object.entries(measured)) {
    if (name.startsWith('page')) assert.ok(bytes <= budget[name] * 1.01, `${name}: ${bytes} bytes are more than the ${budget[name]} of size.json`);
  }
  t.diagnostic(JSON.stringify(measured));
});
