// The stories in a headless Chromium, which PANPROTO_CHROMIUM names: one report a line.
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { chromium } from '../sdk/typescript/node_modules/playwright-core/index.mjs';

const root = new URL('../', import.meta.url);
const TYPES = { html: 'text/html', js: 'text/javascript', mjs: 'text/javascript', json: 'application/json', wasm: 'application/wasm' };
const PAGE = `<!doctype html><meta charset="utf-8"><title>panproto</title><script type="module">
import { Panproto } from '/sdk/typescript/dist/entrypoints/browser.js';
import { tell } from '/demo/story.mjs';
const file = async (path) => {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(path + ': ' + answer.status);
  return new Uint8Array(await answer.arrayBuffer());
};
const run = async () => {
  const pp = await Panproto.init();
  const { stories } = JSON.parse(new TextDecoder().decode(await file('/demo/stories.json')));
  for (const story of stories) await report(await tell(pp, story, 'chromium', (name) => file('/demo/data/' + name), say));
};
run().then(() => done(null), (error) => done(String(error.stack ?? error)));
</script>`;

const server = createServer(async ({ url }, answer) => {
  const path = new URL(url, 'http://localhost').pathname;
  const inside = path.startsWith('/demo/') || path.startsWith('/sdk/typescript/dist/');
  try {
    const body = path === '/' ? PAGE : inside ? await readFile(new URL(`.${path}`, root)) : null;
    if (body === null) throw new Error(path);
    const type = path === '/' ? 'text/html' : (TYPES[path.split('.').pop()] ?? 'application/octet-stream');
    answer.writeHead(200, { 'content-type': type }).end(body);
  } catch {
    answer.writeHead(404).end();
  }
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));

const browser = await chromium.launch({ executablePath: process.env.PANPROTO_CHROMIUM, args: ['--no-sandbox'] });
try {
  const page = await browser.newPage();
  page.on('pageerror', (error) => console.error(`  chromium: ${error}`));
  const ended = new Promise((resolve) => page.exposeFunction('done', resolve));
  await page.exposeFunction('report', (report) => console.log(JSON.stringify(report)));
  await page.exposeFunction('say', (line) => console.error(`  chromium: ${line}`));
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  const failed = await ended;
  if (failed !== null) {
    console.error(`  chromium: ${failed}`);
    process.exitCode = 1;
  }
} finally {
  await browser.close();
  server.close();
}
