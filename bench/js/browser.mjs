// Answers requests as `serve.mjs` does: the package in a page of a headless Chromium, which PANPROTO_CHROMIUM names.

import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { chromium } from '../../sdk/typescript/node_modules/playwright-core/index.mjs';
import { Measure } from './measure.mjs';

const { BENCH_LIVE, BENCH_MODULE, PANPROTO_CHROMIUM } = process.env;
const root = new URL('../../', import.meta.url);
const TYPES = { html: 'text/html', js: 'text/javascript', mjs: 'text/javascript', json: 'application/json', wasm: 'application/wasm' };

/** Paths of the server and where their files are. */
const FOLDERS = { '/bench/js/': new URL('bench/js/', root), '/sdk/typescript/dist/': new URL('sdk/typescript/dist/', root) };

const MAP = JSON.stringify({ imports: { msgpackr: '/bench/js/node_modules/msgpackr/index.js' } });
const PAGE = `<!doctype html><meta charset="utf-8"><title>panproto</title><script type="importmap">${MAP}</script>
<script type="module" src="/bench/js/page.mjs"></script>`;
const START = `<!doctype html><meta charset="utf-8"><title>panproto</title><script type="module">
import { Panproto } from '/sdk/typescript/dist/entrypoints/browser.js';
const pp = await Panproto.init();
const { old, new: next, hints } = await (await fetch('/data/w1.json')).json();
const lens = pp.migrate(pp.parseSchema('atproto', old), pp.parseSchema('atproto', next), { hints }).lens();
done(lens.lift(await (await fetch('/first')).text()));
</script>`;

let folder = null;

async function body(path) {
  if (path === '/') return PAGE;
  if (path === '/start') return START;
  if (path === '/first') return (await readFile(`${folder}/w1.ndjson`, 'utf8')).split('\n', 1)[0];
  if (path === '/module.wasm') return readFile(BENCH_MODULE);
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (path.startsWith('/data/')) return readFile(`${folder}/${name}`);
  if (path.startsWith('/live/') && BENCH_LIVE) return readFile(`${BENCH_LIVE}/${name}`);
  const [prefix, place] = Object.entries(FOLDERS).find(([prefix]) => path.startsWith(prefix)) ?? [];
  if (place === undefined) throw new Error(path);
  return readFile(new URL(path.slice(prefix.length), place));
}

const server = createServer(async ({ url }, answer) => {
  const path = new URL(url, 'http://localhost').pathname;
  try {
    const found = await body(path);
    const type = path === '/' || path === '/start' ? 'text/html' : (TYPES[path.split('.').pop()] ?? 'application/octet-stream');
    // Isolated pages have a clock of 5 µs instead of 100.
    const isolated = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };
    answer.writeHead(200, { 'content-type': type, 'cache-control': 'no-store', ...isolated }).end(found);
  } catch {
    answer.writeHead(404).end();
  }
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const address = `http://127.0.0.1:${server.address().port}`;

const browser = await chromium.launch({
  executablePath: PANPROTO_CHROMIUM,
  args: ['--no-sandbox', '--disable-gpu', '--enable-precise-memory-info', '--js-flags=--expose-gc'],
});

/** The process of the page: the one that has worked most. */
async function renderer() {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  const pages = processInfo.filter(({ type }) => type === 'renderer');
  return pages.reduce((most, one) => (one.cpuTime > most.cpuTime ? one : most)).id;
}

/** A new page with nothing cached, until it has converted a record. */
async function start() {
  const context = await browser.newContext();
  const page = await context.newPage();
  const ended = new Promise((resolve) => page.exposeFunction('done', resolve));
  await page.goto(`${address}/start`);
  await ended;
  await context.close();
}

const page = await browser.newPage();
page.on('pageerror', (error) => console.error(`chromium: ${error}`));
const starts = new Measure(() => performance.now(), null);
let mine = false;

async function answer(request) {
  switch (request.do) {
    case 'hello': {
      folder = request.data;
      await page.goto(`${address}/`);
      await page.waitForFunction(() => 'answer' in globalThis);
      const versions = { chromium: browser.version() };
      await page.evaluate((request) => globalThis.answer(request), { ...request, live: Boolean(BENCH_LIVE) });
      return { pid: await renderer(), versions };
    }
    case 'prepare':
      mine = request.id === 'start.cold';
      if (mine) return starts.prepare({ run: start, asynchronous: true, units: 1 }, request);
      break;
    case 'sample':
      if (mine) return starts.sample(request.iterations);
      break;
    case 'end':
      if (mine) return starts.end();
  }
  return page.evaluate((request) => globalThis.answer(request), request);
}

try {
  for await (const line of createInterface({ input: process.stdin })) {
    const said = await answer(JSON.parse(line)).catch((error) => ({ error: String(error) }));
    process.stdout.write(JSON.stringify(said) + '\n');
  }
} finally {
  await browser.close();
  server.close();
}
