// What goes wrong while a person works, and that nothing is lost by it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decided, editor, jsonOf, lights, open, saved, settled, textOf, then, write } from './page.mjs';

const object = (properties, required = []) => ({ type: 'object', required, properties });
const string = { type: 'string' };

/** Drops files on a place, as a browser would. */
const drop = (page, selector, files) =>
  page.evaluate(
    ([selector, files]) => {
      const dataTransfer = new DataTransfer();
      for (const [name, content] of files) dataTransfer.items.add(new File([content], name));
      const host = document.querySelector(selector);
      const place = host.shadowRoot?.querySelector('.cm-content') ?? host;
      return ['dragover', 'drop'].map((type) => !place.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true, composed: true })));
    },
    [selector, files],
  );

const choose = (page, id) =>
  then(page, async () => {
    await page.click('text=Examples');
    await page.click(`[data-example="${id}"]`);
  });

test('an engine that ends by itself is replaced, and knows what the one before it knew', async (t) => {
  const { page } = await open(t, '#example/list', {
    init: () => {
      const RealWorker = window.Worker;
      window.workers = [];
      window.Worker = class extends RealWorker {
        constructor(...given) {
          super(...given);
          window.workers.push(this);
        }
      };
    },
  });
  const fail = () => page.evaluate(() => window.workers.at(-1).dispatchEvent(new ErrorEvent('error', { message: 'out of memory' })));
  await then(page, fail);
  await write(page, 'record', { order: 'B', items: [] });
  assert.deepEqual(await jsonOf(page, 'view'), { order: 'B', items: [] });
  assert.deepEqual(await lights(page), ['on', 'on']);
  assert.equal(await page.locator('.notice').count(), 0);

  // One that fails each time is not asked for ever.
  await page.evaluate(() => {
    const RealWorker = window.Worker;
    window.Worker = class extends RealWorker {
      postMessage(message) {
        if (message.type === 'request') setTimeout(() => this.dispatchEvent(new ErrorEvent('error', { message: 'out of memory' })), 10);
        else super.postMessage(message);
      }
    };
    window.restore = () => (window.Worker = RealWorker);
  });
  await fail();
  await page.waitForSelector('.notice[role="alert"]');
  assert.match(await page.textContent('.notice'), /the engine failed: out of memory/);
  await page.evaluate(() => window.restore());
  await then(page, () => page.click('text=Try again'));
  assert.deepEqual(await jsonOf(page, 'view'), { order: 'B', items: [] });
});

test('a reload keeps schemas that are too long for a link', async (t) => {
  const { page } = await open(t, '#example/enum');
  const random = Array.from({ length: 4000 }, (_, at) => Math.imul(at + 1, 2654435761).toString(36));
  for (const [words, size] of [
    [random, 20_000],
    [[...random, 'x'.repeat(2_000_000)], 2_000_000],
  ]) {
    const content = JSON.stringify({ ...object({ title: string, state: string }, ['title', 'state']), description: words.join(' ') });
    assert.ok(content.length > size);
    await then(page, () => page.setInputFiles('[data-side="old"] input[type=file]', { name: 'large.json', mimeType: 'application/json', buffer: Buffer.from(content) }));
    await page.waitForFunction(() => history.state !== null);
    // What is kept is kept after a pause.
    await page.waitForFunction((length) => history.state.o.t.length === length, content.length);
    await page.reload();
    await settled(page);
    assert.ok((await textOf(page, 'schema-old')).startsWith('{"type":"object","required":["title","state"]'));
    assert.equal((await jsonOf(page, 'view')).state, 'open');
  }
});

test('a reload keeps what was written a moment ago', async (t) => {
  const { page } = await open(t, '#example/list');
  await editor(page, 'record').fill('{"order": "in haste", "items": []}');
  await page.reload();
  await settled(page);
  assert.equal((await jsonOf(page, 'view')).order, 'in haste');
});

test('what was there before an example is one step back', async (t) => {
  const { page } = await open(t);
  await write(page, 'record', { text: 'mine', createdAt: '2024-05-01T12:00:00Z' });
  await choose(page, 'list');
  assert.match(page.url(), /#example\/list$/);
  assert.match(await page.textContent('.story'), /^Rename inside a list\..*Take an item out/, 'what one may do with it is told');
  await then(page, () => page.goBack());
  assert.equal((await jsonOf(page, 'record')).text, 'mine');
  await then(page, () => page.goForward());
  assert.equal((await jsonOf(page, 'record')).order, 'A-17');

  await write(page, 'record', { order: 'mine too', items: [] });
  for (const [hash, said] of [
    ['#nonsense', /names nothing/],
    ['#example/none', /no example none/],
    ['#v1/!!!', /cut or changed/],
  ]) {
    await page.evaluate((hash) => (location.hash = hash), hash);
    await page.waitForFunction(() => document.querySelector('.notice') !== null && location.hash.startsWith('#v1/') && !location.hash.includes('!'));
    assert.match(await page.textContent('.notice'), said);
    assert.equal((await jsonOf(page, 'record')).order, 'mine too', 'a link that says nothing takes nothing away');
    await page.click('text=Dismiss');
  }
  await then(page, async () => {
    await page.click('text=Examples');
    await page.click('text=Start empty');
  });
  assert.deepEqual(await Promise.all(['schema-old', 'schema-new', 'record'].map((id) => textOf(page, id))), ['', '', '']);
});

test('to undo takes back what was written there, and no more', async (t) => {
  const { page } = await open(t, '#example/list');
  await editor(page, 'view').click();
  await page.keyboard.press('Control+Home');
  await page.keyboard.press('Control+z');
  assert.notEqual(await textOf(page, 'view'), '', 'what the engine gave is not undone');
  for (const key of ['ArrowDown', 'End', 'ArrowLeft', 'ArrowLeft']) await page.keyboard.press(key);
  await then(page, () => page.keyboard.type('XY'));
  assert.equal((await jsonOf(page, 'record')).order, 'A-17XY');
  await then(page, () => page.keyboard.press('Control+z'));
  assert.equal((await jsonOf(page, 'record')).order, 'A-17');
  await then(page, () => page.keyboard.press('Control+y'));
  assert.equal((await jsonOf(page, 'record')).order, 'A-17XY');
});

test('what cannot be converted is a question with an answer, and the keyboard stays there', async (t) => {
  const { page } = await open(t, '#example/enum');
  await write(page, 'schema-old', object({ title: string, tags: { type: 'array', items: string } }, ['title']));
  await write(page, 'schema-new', object({ title: object({ main: string }), tags: { type: 'array', items: object({ name: string }) }, kind: { enum: ['open', 'shut'] } }, ['kind']));
  const inPanel = () => page.evaluate(() => document.activeElement.closest('[aria-labelledby="migration"]') !== null && document.activeElement !== document.body);
  for (const path of ['title', 'tags[]']) {
    const gone = page.locator(`[data-question="${path}"] .choice`);
    assert.match(await gone.textContent(), /is gone/);
    await gone.focus();
    await then(page, () => page.keyboard.press('Enter'));
    assert.ok(await inPanel(), `the focus after ${path}`);
  }
  await page.fill('[data-question="kind"] input', '"closed"');
  await then(page, () => page.press('[data-question="kind"] input', 'Enter'));
  assert.match(await page.textContent('[data-question="kind"]'), /does not admit/, 'a value that is refused is asked for again');
  await page.fill('[data-question="kind"] input', '"open"');
  await then(page, () => page.press('[data-question="kind"] input', 'Enter'));
  assert.equal(await decided(page), 'true');
  await page.focus('.chip');
  await then(page, () => page.keyboard.press('Enter'));
  assert.ok(await inPanel(), 'the focus after an answer was taken back');
});

test('panels that have nothing to say tell why', async (t) => {
  const { page } = await open(t, '#example/enum');
  const panels = () => Promise.all(['[aria-label="Changes"]', '[aria-label="Steps and questions"]', '[data-drop]'].map((one) => page.textContent(one)));
  await write(page, 'schema-old', '{');
  for (const text of await panels()) assert.match(text, /A schema has a problem: mend it first/);
  assert.match(await page.textContent('[data-editor="view"] .cm-placeholder'), /A schema has a problem/);
  await write(page, 'schema-old', '');
  for (const text of await panels()) assert.match(text, /one is still empty/);

  await write(page, 'schema-old', { ...object({ title: string }), $defs: { part: object({ y: string }) } });
  await then(page, () => page.selectOption('[data-side="old"] select.roots', 'part'));
  await write(page, 'schema-old', object({ title: string, state: string }, ['title', 'state']));
  assert.match(await page.textContent('[aria-label="Steps and questions"]'), /unknown-root/);
  await then(page, () => page.selectOption('[data-side="old"] select.roots', ''));
  assert.equal(await decided(page), 'true', 'a definition that is gone can be left');
});

test('files: an array, a laid out record, none, several, the wrong one, the wrong place', async (t) => {
  const { page } = await open(t, '#example/list');
  const record = (at) => ({ order: `o${at}`, items: [{ id: 'a', qty: at }] });
  const lines = [1, 2, 3].map((at) => `{"order":"o${at}","items":[{"id":"a","quantity":${at}}]}\n`).join('');
  const convert = async (name, content) => {
    await page.setInputFiles('[data-records]', { name, mimeType: 'application/json', buffer: Buffer.from(content) });
    await page.waitForSelector('.progress[data-done="true"]');
    return page.textContent('.tally');
  };
  const all = [1, 2, 3].map(record);
  for (const content of [JSON.stringify(all), JSON.stringify(all, null, 2), `\ufeff${JSON.stringify(all)}\n`, all.map((one) => JSON.stringify(one, null, 2)).join('\n')]) {
    assert.match(await convert('records.json', content), /^Done: 3 records, .* Each is a line of its own now/);
    const { name, bytes } = await saved(page, () => page.click('.progress .primary'));
    assert.deepEqual([name, bytes.toString()], ['records.new.ndjson', lines]);
  }
  await convert('records.json', JSON.stringify([record(1), { order: 5 }]));
  await page.click('.failures summary');
  assert.match(await page.textContent('.failures li'), /^record 2: /);
  assert.match(await convert('picture.png', '\u0089PNG\n\u0000\n'), /^None could be converted: 2 refused\. Is it JSON/);
  assert.equal(await page.locator('.progress .primary').count(), 0, 'there is nothing to download');
  assert.match(await convert('empty.ndjson', ''), /there are no records in it/);

  await drop(page, '[data-drop]', [['a.ndjson', JSON.stringify(record(1))], ['b.ndjson', JSON.stringify(record(2))]]);
  await page.waitForFunction(() => document.querySelector('.toast').textContent.includes('a.ndjson was taken'));
  assert.deepEqual(await drop(page, 'footer', [['a.json', '{}']]), [true, true], 'the browser does not leave the page for it');
  await then(page, () => drop(page, '[data-editor="record"]', [['one.json', '{\r\n"order": "dropped", "items": []\r\n}']]));
  assert.deepEqual(await jsonOf(page, 'record'), { order: 'dropped', items: [] });
  assert.equal(await editor(page, 'record').getAttribute('aria-readonly'), null, 'and can be edited');
  await then(page, () => drop(page, '[data-editor="schema-new"]', [['new.json', JSON.stringify(object({ order: string }))]]));
  assert.deepEqual(await jsonOf(page, 'schema-new'), object({ order: string }));
});
