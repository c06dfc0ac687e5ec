// What a first visit loads, packed as hosts do. `size.json` is the budget of the page, `sizes.json` of the repository that of
// the module: a change to either shows in the diff.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root, serve } from './stage.mjs';
import { settled, stage } from './page.mjs';
import { MOST, weigh } from './weight.mjs';

const BUDGET = join(root, 'size.json');
const GOAL = 700_000;
/** What may be on top of a committed figure, as where the module is built. */
const MARGIN = 1.02;

const read = (path) => JSON.parse(readFileSync(path, 'utf8'));

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
  const { files, module, ...measured } = weigh([...loaded]);
  assert.ok(files.length < MOST, `few requests: ${files}`);
  assert.ok(!files.some((file) => file.startsWith('examples/') || file.includes('Graph')), 'what is not needed yet is not loaded');
  if (process.env.PANPROTO_WRITE_SIZES) writeFileSync(BUDGET, `${JSON.stringify(measured, null, 2)}\n`);

  const budget = read(BUDGET);
  assert.deepEqual(Object.keys(budget), Object.keys(measured));
  for (const [name, bytes] of Object.entries(measured)) {
    assert.ok(
      bytes <= budget[name] * MARGIN,
      `${name}: ${bytes} bytes are more than the ${budget[name]} of size.json; if it has to be, run this test with PANPROTO_WRITE_SIZES=1 and say why in the commit`,
    );
  }
  const whole = read(join(root, '..', 'sizes.json')).module;
  assert.ok(module > 0 && module <= whole.raw * MARGIN, `the module: ${module} bytes are more than the ${whole.raw} of sizes.json`);
  const first = measured['page, brotli'] + whole.brotli;
  t.diagnostic(`${JSON.stringify(measured)}; with the module ${first} bytes, brotli, of a goal of ${GOAL}`);
});

test('the module is on its way before the page is', { timeout: 60_000 }, async (t) => {
  const server = await serve();
  const page = await stage.browser.context.newPage();
  let release;
  const held = new Promise((resume) => (release = resume));
  t.after(async () => {
    release();
    await page.close();
    await server.close();
  });
  const module = new Promise((asked) => {
    server.hold = async (path) => {
      if (path.endsWith('.wasm')) asked();
      if (path.startsWith('/assets/page-')) await held;
    };
  });
  await page.goto(server.address, { waitUntil: 'commit' });
  await module;
  assert.ok(server.requested.some((path) => path.startsWith('/assets/page-')), 'both are under way');
  assert.equal(await page.locator('[data-editor]').count(), 0, 'there is no page yet');
  release();
  await settled(page);
  assert.ok((await page.locator('[data-editor]').count()) > 0);
});
