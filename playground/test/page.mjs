// The built page in a browser: one browser and one server for a file of tests, and what may never happen on any page.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { browser, serve } from './stage.mjs';

export const stage = {};

before(async () => {
  stage.server = await serve();
  stage.browser = await browser();
  await stage.browser.context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: stage.server.address });
});

after(async () => {
  await stage.browser?.close();
  await stage.server?.close();
});

/**
 * Opens the page, and watches it: errors, requests to anywhere else, and things that move by themselves are failures of
 * the test that opened it.
 */
export async function open(context, hash = '', { width = 1360, height = 900, scheme = 'light', settle = true, init } = {}) {
  const page = await stage.browser.context.newPage();
  const errors = [];
  const elsewhere = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') errors.push(`console ${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => errors.push(`thrown: ${error.message}`));
  page.on('request', (request) => {
    if (!request.url().startsWith(stage.server.address) && !request.url().startsWith('blob:')) elsewhere.push(request.url());
  });
  await page.addInitScript(() => {
    window.shifts = [];
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        if (entry.hadRecentInput) continue;
        const what = entry.sources.map(({ node }) => (node?.className ? `${node.nodeName}.${node.className.baseVal ?? node.className}` : (node?.nodeName ?? '?')));
        const how = entry.sources.map(({ previousRect: a, currentRect: b }) => `${[a.x, a.y, a.width, a.height].map(Math.round)} → ${[b.x, b.y, b.width, b.height].map(Math.round)}`);
        window.shifts.push(`${entry.value}: ${what.map((name, at) => `${name} ${how[at]}`).join('; ')}`);
      }
    }).observe({ type: 'layout-shift', buffered: true });
  });
  if (init !== undefined) await page.addInitScript(init);
  await page.emulateMedia({ colorScheme: scheme });
  await page.setViewportSize({ width, height });
  await page.goto(stage.server.address + hash);
  if (settle) {
    await settled(page);
    // Afterwards a person does things, and what moves then is what they did.
    assert.deepEqual(await page.evaluate(() => window.shifts), [], 'nothing moves by itself');
  }
  context.after(async () => {
    await page.close();
    assert.deepEqual(errors, [], 'no console error');
    assert.deepEqual(elsewhere, [], 'no request to anywhere else');
  });
  return { page, errors };
}

/** Waits until the engine has said what it has to say. */
export async function settled(page) {
  await page.bringToFront();
  await page.waitForSelector('body[data-busy="false"]', { timeout: 60_000 });
  await drawn(page);
}

/** Two frames: what was said is drawn. */
const drawn = (page) => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));

/** Does something, and waits for what the engine says to it. */
export async function then(page, action) {
  await page.bringToFront();
  const before = await page.evaluate(() => Number(document.body.dataset.turn));
  await action();
  await page.waitForFunction((turn) => Number(document.body.dataset.turn) > turn && document.body.dataset.busy === 'false', before, { timeout: 60_000 });
  await drawn(page);
}

export const editor = (page, id) => page.locator(`[data-editor="${id}"] .cm-content`);

/** The text of an editor that is short enough to be drawn whole. */
export async function textOf(page, id) {
  return page.$$eval(`[data-editor="${id}"] .cm-line`, (lines) => lines.map((line) => (line.querySelector('.cm-placeholder') === null ? line.textContent : '')).join('\n'));
}

export const jsonOf = async (page, id) => JSON.parse(await textOf(page, id));

export const write = (page, id, text) =>
  then(page, async () => {
    await editor(page, id).fill(typeof text === 'string' ? text : JSON.stringify(text, null, 2));
  });

export const lights = (page) => page.$$eval('[data-law]', (laws) => laws.map((law) => law.dataset.light));

export const verdict = (page, direction) => page.getAttribute(`[data-verdict="${direction}"]`, 'data-kind');

export const decided = (page) => page.getAttribute('[data-decided]', 'data-decided');

/** The file that an action makes the browser save. */
export async function saved(page, action) {
  const [download] = await Promise.all([page.waitForEvent('download'), action()]);
  const chunks = [];
  for await (const chunk of await download.createReadStream()) chunks.push(chunk);
  return { name: download.suggestedFilename(), bytes: Buffer.concat(chunks) };
}

/** What the menu of downloads gives. */
export const downloaded = (page, label) =>
  saved(page, async () => {
    await page.click('.menu summary');
    await page.click(`.menu >> text="${label}"`);
  });
