// The playground as it is built, in a headless Chromium which PANPROTO_CHROMIUM names: how soon a person can use it, how it
// stays usable while a file converts, and what a first visit loads. It answers requests as `serve.mjs` does.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { records } from '../../playground/test/records.mjs';
import { bare, serve as files } from '../../playground/test/stage.mjs';
import { weigh } from '../../playground/test/weight.mjs';
import { Measure } from './measure.mjs';
import { serve } from './serve.mjs';

/** The clock of a sample is the page's own: what a browser needs to open a window is not in it. */
let clock = 0;
const FILE = 20_000_000;

const server = await files();
const browser = await bare();
const folder = mkdtempSync(join(tmpdir(), 'panproto-bench-'));

/** A page with nothing cached, and what it is asked to do. */
async function visit(hash, script, use, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1360, height: 900 }, ...options });
  try {
    const page = await context.newPage();
    const thrown = [];
    const requested = new Set();
    page.on('request', (request) => requested.add(new URL(request.url()).pathname));
    page.on('pageerror', (error) => thrown.push(error.message));
    await page.addInitScript(script);
    await page.goto(server.address + hash, { waitUntil: 'commit' });
    const told = await use(page, requested);
    if (thrown.length > 0) throw new Error(thrown[0]);
    return told;
  } finally {
    await context.close();
  }
}

/** In the page: `usable` is when an example is converted, drawn, and can be edited; in milliseconds since the navigation. */
function untilUsable() {
  const look = () => {
    const [record, view] = ['record', 'view'].map((id) => document.querySelector(`[data-editor="${id}"]`)?.shadowRoot?.querySelector('.cm-content'));
    const there = document.body?.dataset.busy === 'false' && record?.isContentEditable && view?.textContent.includes('"label"');
    requestAnimationFrame(there ? () => (window.usable = performance.now()) : look);
  };
  requestAnimationFrame(look);
}

/** From the navigation to the first record that is converted. */
function interactive() {
  const facts = { first_paint_ms: 0 };
  const run = async () => {
    const [usable, paint] = await visit('#example/number', untilUsable, async (page) => {
      await page.waitForFunction(() => window.usable !== undefined);
      return page.evaluate(() => [window.usable, performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0]);
    });
    clock += usable;
    facts.first_paint_ms = Math.round(paint);
  };
  return { run, asynchronous: true, units: 1, facts };
}

/** In the page: the longest task that the browser tells of, and the longest that anything else had to wait. */
function watchTasks() {
  const seen = (window.seen = { longtasks: 0, longest: 0, waited: 0, frame: 0, since: null, took: null });
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) {
      if (seen.since === null || startTime < seen.since) continue;
      seen.longtasks++;
      seen.longest = Math.max(seen.longest, duration);
    }
  }).observe({ type: 'longtask', buffered: true });
  addEventListener(
    'drop',
    () => {
      seen.since = performance.now();
      // A message that is posted waits for the task that runs; one at a time, so that waiting costs the page nothing.
      const { port1, port2 } = new MessageChannel();
      let posted = 0;
      port1.onmessage = () => {
        seen.waited = Math.max(seen.waited, performance.now() - posted);
        if (seen.took === null) setTimeout(ask, 1);
      };
      const ask = () => {
        posted = performance.now();
        port2.postMessage(null);
      };
      ask();
      let last = performance.now();
      const frame = (now) => {
        seen.frame = Math.max(seen.frame, now - last);
        last = now;
        if (seen.took === null) requestAnimationFrame(frame);
      };
      requestAnimationFrame(frame);
      new MutationObserver(() => {
        if (document.querySelector('.progress[data-done="true"]') !== null) seen.took ??= performance.now() - seen.since;
      }).observe(document.querySelector('[data-drop]'), { subtree: true, childList: true, attributes: true });
    },
    { capture: true },
  );
}

/** Drops a file as a person does: from outside of the page. */
async function drop(page, path) {
  const session = await page.context().newCDPSession(page);
  const place = page.locator('[data-drop]');
  await place.scrollIntoViewIfNeeded();
  const { x, y, width, height } = await place.boundingBox();
  for (const type of ['dragEnter', 'dragOver', 'drop']) {
    await session.send('Input.dispatchDragEvent', { type, x: x + width / 2, y: y + height / 2, data: { items: [], files: [path], dragOperationsMask: 1 } });
  }
  await session.detach();
}

/** Tasks of the page's main thread as the browser traces them, in milliseconds: by the clock and by the processor. */
function tasks(trace) {
  const { traceEvents } = JSON.parse(trace);
  const drops = traceEvents.find(({ name, args }) => name === 'EventDispatch' && args.data?.type === 'drop');
  if (drops === undefined) throw new Error('no file was dropped');
  const mine = traceEvents.filter(({ name, pid, tid, ts, dur }) => name === 'RunTask' && pid === drops.pid && tid === drops.tid && ts + dur > drops.ts);
  const most = (key) => mine.reduce((longest, task) => Math.max(longest, task[key] ?? 0), 0) / 1000;
  return { longest_task_ms: round(most('dur')), longest_task_cpu_ms: round(most('tdur')), tasks: mine.length };
}

/** A file of 20 MB, dropped on the page. The longest of all samples is what is told. */
function file() {
  const text = records(FILE);
  const path = join(folder, 'posts.ndjson');
  writeFileSync(path, text);
  const lines = text.split('\n').length - 1;
  const refused = Math.floor(lines / 1000);
  const facts = { records: lines, refused };
  const keep = (found) => {
    for (const [name, value] of Object.entries(found)) facts[name] = Math.max(facts[name] ?? 0, value);
  };
  const run = () =>
    visit('', watchTasks, async (page) => {
      const settled = () => page.waitForSelector('body[data-busy="false"]', { timeout: 60_000 });
      await page.waitForSelector('[data-question="text"] .choice');
      await settled();
      await page.click('[data-question="text"] .choice >> nth=0');
      await page.waitForSelector('[data-decided="true"]');
      await settled();
      await browser.startTracing(page, { categories: ['toplevel', 'devtools.timeline', 'disabled-by-default-devtools.timeline'] });
      await drop(page, path);
      await page.waitForSelector('.progress[data-done="true"]', { timeout: 120_000 });
      const trace = await browser.stopTracing();
      const tally = await page.textContent('.tally');
      const wanted = `Done: ${(lines - refused).toLocaleString('en')} records, ${refused} refused, `;
      if (!tally.startsWith(wanted)) throw new Error(`${tally} instead of ${wanted}`);
      const { took, longest, longtasks, waited, frame } = await page.evaluate(() => window.seen);
      keep({ ...tasks(trace), longtask_ms: longest, longtasks, waited_ms: round(waited), frame_ms: round(frame) });
      clock += took;
    });
  return { run, asynchronous: true, units: 1, bytes: Buffer.byteLength(text), facts };
}

const round = (milliseconds) => Math.round(milliseconds * 10) / 10;

/** What a first visit loads, without the service worker, which fetches all there is for later. */
async function size() {
  const paths = await visit('#example/number', untilUsable, async (page, requested) => {
    await page.waitForFunction(() => window.usable !== undefined);
    return [...requested];
  }, { serviceWorkers: 'block' });
  const { files: loaded, module, page, 'page, brotli': brotli } = weigh(paths);
  const facts = { files: loaded.length, page, page_brotli: brotli, module };
  // Its time says nothing, as that of the module's size.
  const run = () => {
    const from = performance.now();
    const bytes = page + module;
    clock += performance.now() - from;
    return bytes;
  };
  return { run, units: 1, bytes: page + module, facts };
}

await serve(
  async () => ({
    prepare: async (id) => ({ 'page.interactive': interactive, 'page.file.20mb': file, 'page.size': size })[id]?.() ?? null,
  }),
  { chromium: browser.version() },
  { measure: new Measure(() => clock, null), pid: 0 },
);
await browser.close();
await server.close();
rmSync(folder, { recursive: true, force: true });
