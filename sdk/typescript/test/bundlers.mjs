// Packs the package, installs the tarball into a clean project, and uses it there through bundlers and runtimes. What cannot
// run here is listed as not run. `node test/bundlers.mjs [--full]`: with `--full`, or PANPROTO_FULL, in Next.js too.
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const tools = join(root, 'test/bundlers');
if (!existsSync(join(tools, 'node_modules'))) {
  console.log('packaging: the tools of test/bundlers are not installed (npm ci there); NOT RUN: bundlers and runtimes');
  process.exit(0);
}
const require = createRequire(join(tools, 'package.json'));
const tool = async (name) => import(pathToFileURL(require.resolve(name)).href);
const project = mkdtempSync(join(tmpdir(), 'panproto-bundled-'));
const quiet = { NEXT_TELEMETRY_DISABLED: '1', WRANGLER_SEND_METRICS: 'false', DO_NOT_TRACK: '1', DENO_NO_UPDATE_CHECK: '1', NO_COLOR: '1' };
const environment = { ...process.env, ...quiet, DENO_DIR: join(project, '.deno') };
const run = async (command, ...rest) => (await promisify(execFile)(command, rest, { cwd: project, env: environment, maxBuffer: 1 << 26 })).stdout.trim();
const write = (name, text) => {
  mkdirSync(join(project, name, '..'), { recursive: true });
  writeFileSync(join(project, name), text);
};
const bin = (name) => join(tools, 'node_modules/.bin', name);
const full = process.argv.includes('--full') || process.env.PANPROTO_FULL !== undefined;
/** The name of a tool with the version that is installed. */
const versioned = (name, packed = name.toLowerCase()) => `${name} ${JSON.parse(readFileSync(join(tools, 'node_modules', packed, 'package.json'), 'utf8')).version}`;

const use = (from) => `import { Panproto } from '${from}';
export async function use() {
  const pp = await Panproto.init();
  const schema = (name) => pp.parseSchema('json-schema', { type: 'object', properties: { [name]: { type: 'string' } } });
  return schema('text').lensTo(schema('body'), { hints: { text: 'body' } }).lift('{"text":"a"}');
}
`;
const EXPECTED = '{"body":"a"}';
const print = "import { use } from './use.mjs';\nuse().then((text) => console.log(text));\n";
const done = [];
const skipped = [];
const failed = [];
async function part(name, body, { page = false } = {}) {
  if (page && chromium() === null) return void skipped.push(`${name} (no Chromium)`);
  const begin = performance.now();
  try {
    const why = await body();
    if (typeof why === 'string') skipped.push(`${name} (${why})`);
    else done.push([name, ((performance.now() - begin) / 1000).toFixed(1)]);
  } catch (error) {
    failed.push(name);
    console.error(`packaging: ${name} failed: ${error.stack ?? error}`);
  }
}

function chromium() {
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
  const found = (process.env.PATH ?? '').split(':').flatMap((folder) => names.map((name) => join(folder, name))).find(existsSync);
  return process.env.PANPROTO_CHROMIUM ?? found ?? null;
}

const types = { '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm', '.html': 'text/html' };

/** What a page of a folder says in its title; `parts` is how many it takes, if more than one. */
async function inPage(folder, parts = 1) {
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url, 'http://localhost').pathname);
    const file = join(folder, path === '/' ? 'index.html' : path);
    if (!existsSync(file)) return void response.writeHead(404).end();
    response.setHeader('content-type', types[extname(file)] ?? 'application/octet-stream');
    response.end(readFileSync(file));
  });
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  try {
    return await titleOf(`http://127.0.0.1:${server.address().port}/`, parts);
  } finally {
    server.close();
  }
}

let browserVersion = null;

async function titleOf(address, parts = 1) {
  const { chromium: driver } = await import('playwright-core');
  // A profile on the disk: without one a service worker has no place for its script.
  const profile = mkdtempSync(join(tmpdir(), 'panproto-profile-'));
  const browser = await driver.launchPersistentContext(profile, { executablePath: chromium(), headless: true, args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'] });
  browserVersion = browser.browser()?.version() ?? null;
  try {
    const tab = await browser.newPage();
    const problems = [];
    tab.on('pageerror', (error) => problems.push(error.message));
    tab.on('console', (message) => message.type() === 'error' && !message.text().includes('favicon') && problems.push(message.text()));
    await tab.goto(address);
    await tab.waitForFunction((parts) => document.title !== 'wait' && document.title.split(' | ').length >= parts, parts, { timeout: 60_000 });
    assert.deepEqual(problems.filter((problem) => !problem.includes('404')), []);
    return await tab.title();
  } finally {
    await browser.close();
    rmSync(profile, { recursive: true, force: true });
  }
}

const page = (script) => `<!doctype html><meta charset="utf-8"><title>wait</title><link rel="icon" href="data:,"><script type="module" src="${script}"></script>`;
const titled = "import { use } from './use.mjs';\nuse().then((text) => { document.title = text; }, (error) => { document.title = String(error); });\n";
const files = (folder) => readdirSync(folder, { recursive: true, encoding: 'utf8' });

try {
  const [packed] = JSON.parse(execFileSync('npm', ['pack', '--json', '--silent', '--ignore-scripts', '--pack-destination', project], { cwd: root, encoding: 'utf8' }));
  const tarball = join(project, packed.filename);
  write('package.json', '{"name": "consumer", "private": true, "type": "module"}');
  await run('npm', 'install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', tarball);
  write('use.mjs', use('@panproto/core'));
  write('inline/use.mjs', use('@panproto/core/inline'));
  write('print.mjs', print);
  write('inline/print.mjs', print);
  write('index.html', page('./title.mjs'));
  write('title.mjs', titled);

  await part(versioned('publint'), async () => {
    assert.match(await run(process.execPath, bin('publint'), '--strict', '--pack=false', join(project, 'node_modules/@panproto/core')), /All good/);
  });
  await part(versioned('are the types wrong', '@arethetypeswrong/cli'), async () => {
    await run(process.execPath, bin('attw'), '--profile', 'esm-only', '--exclude-entrypoints', 'panproto.wasm', '--', tarball);
  });
  await part(`Node ${process.versions.node}, module worker`, async () => {
    write('thread.mjs', "import { Worker } from 'node:worker_threads';\nnew Worker(new URL('./print.mjs', import.meta.url));\n");
    assert.equal(await run(process.execPath, 'thread.mjs'), EXPECTED);
  });
  await part(`Node ${process.versions.node}, worker pool`, async () => {
    write(
      'pool.mjs',
      `import { Panproto } from '@panproto/core';
import { WorkerPool } from '@panproto/core/worker';
const schema = (await Panproto.init()).parseSchema('json-schema', { type: 'object' });
for await (const piece of new WorkerPool({ size: 1 }).convert(schema.lensTo(schema), new TextEncoder().encode('{"a":1}'))) console.log(new TextDecoder().decode(piece).trim());
`,
    );
    assert.equal(await run(process.execPath, 'pool.mjs'), '{"a":1}');
  });
  await part(versioned('esbuild'), async () => {
    const { build } = await tool('esbuild');
    const options = { absWorkingDir: project, bundle: true, format: 'esm', logLevel: 'error', minify: true };
    await build({ ...options, entryPoints: ['print.mjs'], platform: 'node', outfile: 'esbuild/node.mjs' });
    assert.equal(await run(process.execPath, 'esbuild/node.mjs'), EXPECTED);
    await build({ ...options, entryPoints: ['inline/print.mjs'], platform: 'browser', outfile: 'esbuild/inline.mjs' });
    assert.equal(await run(process.execPath, 'esbuild/inline.mjs'), EXPECTED);
  });
  await part(versioned('Rollup'), async () => {
    const { rollup } = await tool('rollup');
    const { nodeResolve } = await tool('@rollup/plugin-node-resolve');
    const bundle = await rollup({ input: join(project, 'print.mjs'), plugins: [nodeResolve({ exportConditions: ['node'] })], external: /^node:/ });
    await bundle.write({ file: join(project, 'rollup/out.mjs'), format: 'es' });
    assert.equal(await run(process.execPath, 'rollup/out.mjs'), EXPECTED);
  });
  await part(versioned('webpack'), async () => {
    const { default: webpack } = await tool('webpack');
    const bundle = async (target, entry, folder) => {
      const path = join(project, folder);
      const compiler = webpack({ mode: 'production', context: project, target, entry, output: { path, filename: target === 'web' ? 'out.js' : 'out.cjs' }, performance: false });
      const stats = await promisify(compiler.run.bind(compiler))();
      await promisify(compiler.close.bind(compiler))();
      assert.ok(!stats.hasErrors(), stats.toString('errors-only'));
      return path;
    };
    await bundle('node', './print.mjs', 'webpack/node');
    assert.equal(await run(process.execPath, 'webpack/node/out.cjs'), EXPECTED);
    const web = await bundle('web', './title.mjs', 'webpack/web');
    assert.equal(files(web).filter((name) => name.endsWith('.wasm')).length, 1, 'one copy of the module');
    if (chromium() === null) return void skipped.push('webpack in a page (no Chromium)');
    writeFileSync(join(web, 'index.html'), page('./out.js'));
    assert.equal(await inPage(web), EXPECTED);
  });
  await part(`${versioned('Vite')}, build`, async () => {
    const { build } = await tool('vite');
    await build({ root: project, logLevel: 'error', base: './', build: { outDir: 'vite', emptyOutDir: true } });
    const web = join(project, 'vite');
    assert.equal(files(web).filter((name) => name.endsWith('.wasm')).length, 1, 'one copy of the module');
    assert.ok(files(web).every((name) => !name.includes('bytes')), 'the inlined module is not there');
    if (chromium() === null) return void skipped.push('Vite build in a page (no Chromium)');
    assert.equal(await inPage(web), EXPECTED);
  });
  await part(`${versioned('Vite')}, worker pool in a page`, async () => {
    const { build } = await tool('vite');
    write(
      'pool/title.mjs',
      `import { Panproto } from '@panproto/core';
import { WorkerPool } from '@panproto/core/worker';
const schema = (await Panproto.init()).parseSchema('json-schema', { type: 'object' });
const pool = new WorkerPool({ size: 1 });
document.title = await new Response(pool.stream(schema.lensTo(schema), new Blob(['{"a":1}']))).text();
`,
    );
    write('pool/index.html', page('./title.mjs'));
    await build({ root: join(project, 'pool'), logLevel: 'error', base: './', build: { outDir: '../vite-pool', emptyOutDir: true }, worker: { format: 'es' } });
    const web = join(project, 'vite-pool');
    assert.equal(files(web).filter((name) => name.endsWith('.wasm')).length, 1, 'one copy of the module');
    assert.equal(await inPage(web), '{"a":1}');
  }, { page: true });
  await part(`${versioned('Vite')}, development server`, async () => {
    const { createServer: develop } = await tool('vite');
    const server = await develop({ root: project, logLevel: 'error', server: { host: '127.0.0.1', port: 0 }, cacheDir: '.vite' });
    try {
      await server.listen();
      assert.equal(await titleOf(server.resolvedUrls.local[0]), EXPECTED);
    } finally {
      await server.close();
    }
  }, { page: true });
  await part('README, its first example pasted into a new Vite project', async () => {
    const { build } = await tool('vite');
    const [, example] = /```ts\n(.*?)```/s.exec(readFileSync(join(root, 'README.md'), 'utf8'));
    const said = [...example.matchAll(/console\.log\((.*)\); \/\/ (.*)/g)].map(([, , comment]) => comment);
    assert.ok(said.length > 0);
    // What it prints becomes the title; nothing else is changed.
    write('fresh/main.js', example);
    write('fresh/log.js', "const said = [];\nconst write = (value) => JSON.stringify(value).replace(/\"(\\w+)\":/g, ' $1: ').replace(/,/g, ',').replace(/}$/, ' }').replace(/\"/g, \"'\");\nconsole.log = (value) => { said.push(write(value)); document.title = said.join(' | '); };\n");
    write('fresh/index.html', page('./log.js').replace('</script>', '</script><script type="module" src="./main.js"></script>').replace('<title>wait</title>', '<title>wait</title>'));
    await build({ root: join(project, 'fresh'), logLevel: 'error', build: { outDir: '../vite-fresh', emptyOutDir: true } });
    assert.equal(await inPage(join(project, 'vite-fresh'), said.length), said.join(' | '));
  }, { page: true });
  for (const [name, type, entry, source] of [
    ['classic', 'classic', '@panproto/core/inline', ''],
    ['module', 'module', '@panproto/core/slim', "new URL('./panproto.wasm', self.location.href)"],
  ]) {
    await part(`service worker, ${name}, by ${versioned('esbuild')}`, async () => {
      const { build } = await tool('esbuild');
      const folder = `service-${name}`;
      const web = join(project, folder);
      write(`${folder}/use.mjs`, use(entry).replace('init()', `init(${source})`));
      write(
        `${folder}/worker.mjs`,
        `import { use } from './use.mjs';
self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
self.addEventListener('fetch', (event) => {
  if (new URL(event.request.url).pathname === '/convert') event.respondWith(use().then((text) => new Response(text), (error) => new Response(String(error))));
});
`,
      );
      await build({ absWorkingDir: web, bundle: true, format: type === 'module' ? 'esm' : 'iife', logLevel: 'error', entryPoints: ['worker.mjs'], platform: 'browser', outfile: join(web, 'sw.js') });
      copyFileSync(join(project, 'node_modules/@panproto/core/dist/panproto.wasm'), join(web, 'panproto.wasm'));
      write(
        `${folder}/page.mjs`,
        `const taken = new Promise((resolve) => navigator.serviceWorker.addEventListener('controllerchange', resolve));
await navigator.serviceWorker.register('./sw.js', { type: '${type}' });
if (navigator.serviceWorker.controller === null) await taken;
document.title = await (await fetch('/convert')).text();
`,
      );
      write(`${folder}/index.html`, page('./page.mjs'));
      assert.equal(await inPage(web), EXPECTED);
    }, { page: true });
  }
  await part(versioned('Deno'), async () => {
    const found = files(join(tools, 'node_modules/@deno')).find((name) => name.endsWith('/deno'));
    if (found === undefined) return 'no Deno for this machine';
    assert.equal(await run(join(tools, 'node_modules/@deno', found), 'run', '--no-config', '--node-modules-dir=manual', '--allow-read', '--allow-env', 'print.mjs'), EXPECTED);
  });
  await part(versioned('Bun'), async () => {
    const found = files(join(tools, 'node_modules/@oven')).filter((name) => name.endsWith('/bin/bun')).sort()[0];
    if (found === undefined) return 'no Bun for this machine';
    assert.equal(await run(join(tools, 'node_modules/@oven', found), 'run', 'print.mjs'), EXPECTED);
  });
  await part(versioned('workerd (through miniflare)', 'miniflare'), async () => {
    const { build } = await tool('esbuild');
    write('edge.mjs', "import { use } from './use.mjs';\nexport default { fetch: async () => new Response(await use()) };\n");
    await build({ absWorkingDir: project, bundle: true, format: 'esm', logLevel: 'error', entryPoints: ['edge.mjs'], conditions: ['workerd'], loader: { '.wasm': 'copy' }, assetNames: '[name]', outdir: 'edge' });
    const { Miniflare } = await tool('miniflare');
    const text = readFileSync(join(project, 'edge/edge.js'), 'utf8');
    const modules = [
      { type: 'ESModule', path: 'edge.js', contents: text },
      { type: 'CompiledWasm', path: 'panproto.wasm', contents: readFileSync(join(project, 'edge/panproto.wasm')) },
    ];
    const edge = new Miniflare({ modules, compatibilityDate: '2026-01-01', telemetry: { enabled: false } });
    try {
      assert.equal(await (await edge.dispatchFetch('http://localhost/')).text(), EXPECTED);
    } finally {
      await edge.dispose();
    }
  });
  if (full) {
    const { inNext, nextVersion } = await import('./next.mjs');
    await part(`Next.js ${nextVersion() ?? ''}`.trim(), async () => inNext({ tarball, environment, use, expected: EXPECTED, titleOf: chromium() === null ? null : titleOf }));
  } else skipped.push('Next.js (part of the whole matrix: `cargo xtask test --full`)');
  for (const [name, seconds] of done) console.log(`packaging: ${name}: ${seconds} s`);
  if (skipped.length > 0) console.log(`packaging: NOT RUN: ${skipped.join(', ')}`);
  // For docs/tested.md.
  for (const [name] of done) console.log(`tested: ${name}`);
  if (browserVersion !== null) console.log(`tested: Chromium ${browserVersion}, for all pages`);
  for (const name of skipped) console.log(`not run: ${name}`);
  if (failed.length > 0) process.exitCode = 1;
} finally {
  rmSync(project, { recursive: true, force: true });
}
