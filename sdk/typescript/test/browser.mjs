// Runs the conformance driver in a page, and prints what it prints. `node test/browser.mjs [CASES]`
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const root = fileURLToPath(new URL('..', import.meta.url));
const repository = join(root, '../..');
const cases = process.argv[2] ?? join(repository, 'tests/conformance/cases.json');

/** A browser that is there; this package installs none. */
function browser() {
  if (process.env.PANPROTO_CHROMIUM) return process.env.PANPROTO_CHROMIUM;
  for (const name of ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']) {
    for (const folder of (process.env.PATH ?? '').split(':')) {
      if (existsSync(join(folder, name))) return join(folder, name);
    }
  }
  console.error('there is no Chromium: name one with PANPROTO_CHROMIUM, or `apt-get install chromium`');
  process.exit(2);
}

const types = { '.js': 'text/javascript', '.wasm': 'application/wasm', '.json': 'application/json', '.html': 'text/html' };

const page = `<!doctype html><meta charset="utf-8"><title>panproto</title>
<script type="importmap" nonce="map">{"imports": {"@panproto/core": "/dist/entrypoints/browser.js", "@panproto/core/worker": "/dist/entrypoints/pool-web.js"}}</script>`;

const requested = [];
const server = createServer((request, response) => {
  const path = normalize(new URL(request.url, 'http://localhost').pathname);
  requested.push(path);
  if (path === '/') {
    response.setHeader('content-type', 'text/html');
    // The policy that the README names is enough.
    response.setHeader('content-security-policy', "default-src 'self'; script-src 'self' 'nonce-map' 'wasm-unsafe-eval'; img-src 'self' data:");
    return void response.end(page);
  }
  const file = path === '/cases.json' ? cases : join(root, path);
  const allowed = path === '/cases.json' || path.startsWith('/dist/') || path.startsWith('/build/test/');
  if (!allowed || !existsSync(file)) return void response.writeHead(404).end();
  response.setHeader('content-type', types[extname(file)] ?? 'application/octet-stream');
  response.end(readFileSync(file));
});
await new Promise((done) => server.listen(0, '127.0.0.1', done));
const address = `http://127.0.0.1:${server.address().port}/`;

const profile = mkdtempSync(join(tmpdir(), 'panproto-browser-'));
const context = await chromium.launchPersistentContext(profile, {
  executablePath: browser(),
  headless: true,
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
});
try {
  const tab = await context.newPage();
  await tab.addInitScript(() => {
    globalThis.refused = [];
    addEventListener('securitypolicyviolation', (event) => globalThis.refused.push(`${event.violatedDirective} ${event.blockedURI}`));
  });
  tab.on('pageerror', (error) => console.error(`page: ${error.message}`));
  await tab.goto(address);
  const printed = await tab.evaluate(async () => {
    const { Panproto } = await import('@panproto/core');
    const { run } = await import('/build/test/conformance.js');
    const cases = await (await fetch('/cases.json')).json();
    return run(await Panproto.init(), cases).map((line) => `${line}\n`).join('');
  });
  assert.equal(requested.filter((path) => path.endsWith('.wasm')).length, 1, 'the module is fetched once');
  assert.ok(!requested.some((path) => path.endsWith('/bytes.js')), 'the inlined module is not fetched');

  const survived = await tab.evaluate(async () => {
    const { Panproto, PanprotoInternalError } = await import('@panproto/core');
    const pp = await Panproto.init();
    const schema = pp.parseSchema('json-schema', { type: 'object' });
    let caught = null;
    try {
      pp._runtime.trap();
    } catch (error) {
      caught = error instanceof PanprotoInternalError ? error.code : String(error);
    }
    const lens = schema.lensTo(schema);
    const stream = new Blob(['{"a":1}\n{"a":', '2}\n']).stream().pipeThrough(lens.stream());
    return [caught, lens.lift('{"a":18446744073709551616}'), await new Response(stream).text()];
  });
  assert.deepEqual(survived, ['internal-trap', '{"a":18446744073709551616}', '{"a":1}\n{"a":2}\n']);

  const pooled = await tab.evaluate(async () => {
    const { Panproto, PanprotoCancelledError } = await import('@panproto/core');
    const { WorkerPool } = await import('@panproto/core/worker');
    const pp = await Panproto.init();
    const schema = (name) => pp.parseSchema('json-schema', { type: 'object', properties: { [name]: { type: 'string' } } });
    const lens = schema('text').lensTo(schema('body'), { hints: { text: 'body' } });
    const pool = new WorkerPool({ size: 2 });
    const data = new Blob(Array.from({ length: 40_000 }, (_, at) => `{"text":"record ${at} ${'x'.repeat(500)}"}\n`));
    let frames = 0;
    let largest = 0;
    let longest = 0;
    let last = performance.now();
    const timer = setInterval(() => {
      const now = performance.now();
      longest = Math.max(longest, now - last);
      last = now;
      frames++;
    }, 1);
    const parts = [];
    for await (const piece of pool.convert(lens, data)) {
      largest = Math.max(largest, piece.length);
      parts.push(piece);
    }
    clearInterval(timer);
    const text = await new Blob(parts).text();
    const same = text === new TextDecoder().decode(lens.liftNdjson(new Uint8Array(await data.arrayBuffer())));
    const stop = new AbortController();
    let cancelled = false;
    try {
      for await (const piece of pool.convert(lens, data, { signal: stop.signal })) if (piece.length > 0) stop.abort();
    } catch (error) {
      cancelled = error instanceof PanprotoCancelledError;
    }
    pool.dispose();
    return { same, cancelled, free: frames > 3, small: largest <= 256 << 10, longest };
  });
  // The cause of a page that stays responsive: what it does at once is little.
  assert.deepEqual([pooled.same, pooled.cancelled, pooled.free, pooled.small], [true, true, true, true]);
  assert.deepEqual(await tab.evaluate(() => globalThis.refused.filter((what) => !what.includes('favicon'))), [], 'the policy refuses nothing');
  console.error(`browser: a pool converts 20 MB, the page is never held for more than ${Math.round(pooled.longest)} ms`);

  const inNode = execFileSync(process.execPath, [join(root, 'build/test/conformance.js'), cases], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  process.stdout.write(printed);
  assert.ok(printed === inNode, 'the page and Node print the same');
  console.error(`browser: ${context.browser()?.version() ?? 'Chromium'}, ${printed.split('\n').length - 1} cases as in Node`);
} finally {
  await context.close();
  server.close();
  rmSync(profile, { recursive: true, force: true });
}
