// What a person does with the page, and what it shows then.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Panproto } from '@panproto/core';
import { decided, downloaded, editor, jsonOf, lights, open, settled, textOf, then, verdict, write } from './page.mjs';

test('a field is renamed by one click, and a record goes there and back', async (t) => {
  const { page } = await open(t);
  assert.deepEqual(await Promise.all(['backward', 'forward', 'source'].map((one) => verdict(page, one))), ['breaks', 'breaks', 'breaks']);
  assert.equal(await decided(page), 'false');
  assert.match(await page.textContent('[data-question="text"]'), /Where does it go\?.*Why: related words in the name/);
  assert.equal(await textOf(page, 'view'), '');
  assert.deepEqual(await lights(page), ['none', 'none']);

  await then(page, () => page.click('[data-question="text"] .choice >> nth=0'));
  assert.equal(await decided(page), 'true');
  assert.deepEqual(await jsonOf(page, 'view'), { body: 'Hello from the old schema', createdAt: '2024-05-01T12:00:00Z', visibility: 'public' });
  assert.deepEqual(await lights(page), ['on', 'on']);
  assert.match(await page.textContent('[data-complement]'), /^50 50 43 01 /);
  assert.match(await page.textContent('.complement'), /sensitive/);
  assert.match(await page.textContent('[data-verdict="backward"] .repaired'), /repairs/);
  const steps = await page.$$eval('.steps li', (rows) => rows.map((row) => row.textContent));
  assert.match(steps[0], /rename text → body\s*a hint says so/);

  await write(page, 'view', { body: 'Edited', createdAt: '2024-05-01T12:00:00Z', visibility: 'public' });
  assert.deepEqual(await jsonOf(page, 'record'), { text: 'Edited', sensitive: true, createdAt: '2024-05-01T12:00:00Z' });
  assert.deepEqual(await lights(page), ['on', 'on']);
  await write(page, 'record', { text: 'Again', createdAt: '2024-05-01T12:00:00Z' });
  assert.equal((await jsonOf(page, 'view')).body, 'Again');

  await then(page, () => page.click('.chip'));
  assert.equal(await decided(page), 'false', 'an answer can be taken back');
  assert.equal(await textOf(page, 'view'), '');
});

test('an edit that cannot be carried back is refused where it stands', async (t) => {
  const { page } = await open(t, '#example/number');
  assert.deepEqual(await jsonOf(page, 'view'), { id: '18446744073709551616', label: 'two to the 64th' });
  assert.match(await textOf(page, 'record'), /18446744073709551616/, 'no digit is lost');
  await write(page, 'view', { id: 'not a number', label: 'x' });
  const [problem] = await page.$$eval('[data-side="view"] .problems code', (codes) => codes.map((code) => code.textContent));
  assert.ok(problem.length > 0);
  assert.equal(await page.locator('[data-editor="view"] .cm-lintRange-error').count(), 1);
  assert.match(await textOf(page, 'record'), /18446744073709551616/, 'the record stays');
  await write(page, 'view', { id: '7', label: 'x' });
  assert.equal(await textOf(page, 'record'), '{\n  "id": 7,\n  "label": "x"\n}');
});

test('a law that is broken is a red light, with what is wrong', async (t) => {
  // The engine refuses rather than break a law: so its answer is changed on the way.
  const { page } = await open(t, '#example/list', {
    init: () => {
      const RealWorker = window.Worker;
      window.Worker = class extends RealWorker {
        set onmessage(take) {
          super.onmessage = ({ data }) => take({ data: { ...data, text: data.text.replace('"getPut":{"light":"on","why":null}', '"getPut":{"light":"off","why":"the record is another one"}') } });
        }
      };
    },
  });
  assert.deepEqual(await lights(page), ['off', 'on']);
  assert.match(await page.textContent('[data-law="getPut"]'), /does not hold.*the record is another one/);
  const colour = (law) => page.$eval(`[data-law="${law}"] .light`, (light) => getComputedStyle(light).backgroundColor.match(/\d+/g).map(Number));
  const [red, green] = [await colour('getPut'), await colour('putGet')];
  assert.ok(red[0] > red[1] && green[1] > green[0], `${red}, ${green}`);
});

test('problems are underlined, say their code and help, and lead to their place', async (t) => {
  const { page } = await open(t, '#example/enum');
  await write(page, 'schema-old', '{\n  "type": "object",\n  "properties": { "a": { "$ref": "#/nowhere" } }\n}');
  const line = page.locator('[data-side="old"] .problems li.error');
  assert.match(await line.textContent(), /missing-definition/);
  const marked = page.locator('[data-editor="schema-old"] .cm-lintRange-error');
  assert.match(await marked.first().textContent(), /nowhere/);
  await line.locator('button').click();
  assert.ok(await editor(page, 'schema-old').evaluate((content) => content.getRootNode().activeElement === content), 'the cursor is there');
  await page.waitForFunction(() => document.querySelector('[data-announced]').textContent.includes('A schema has a problem'));
  await write(page, 'schema-old', '{"type": "object",}');
  assert.match(await line.textContent(), /json-syntax/);
  await write(page, 'schema-old', '[{"type": "object"}, {"$id": "x", "type": "wrong"}]');
  assert.match(await marked.first().textContent(), /wrong/, 'the second of two documents');
});

test('each side has its language, and where records begin', async (t) => {
  const { page } = await open(t, '#example/languages');
  assert.equal(await decided(page), 'true');
  assert.deepEqual(await jsonOf(page, 'view'), { text: 'hello', likes: 3 });
  await then(page, () => page.selectOption('[data-side="old"] select', 'json-schema'));
  assert.ok((await page.locator('[data-side="old"] .problems li').count()) > 0, 'a Lexicon is no JSON Schema');

  const definitions = { type: 'object', properties: { x: { type: 'string' } }, $defs: { part: { type: 'object', properties: { y: { type: 'string' } } } } };
  await write(page, 'schema-old', definitions);
  await write(page, 'schema-new', definitions);
  await write(page, 'record', { y: 'only in the part' });
  await then(page, () => page.selectOption('[data-side="old"] select.roots', 'part'));
  await then(page, () => page.selectOption('[data-side="new"] select.roots', 'part'));
  assert.equal(await decided(page), 'true');
  assert.deepEqual(await jsonOf(page, 'view'), { y: 'only in the part' });
});

test('a tightened enum shows a record that breaks, and it can be tried', async (t) => {
  const { page } = await open(t, '#example/enum');
  assert.deepEqual([await verdict(page, 'backward'), await verdict(page, 'forward')], ['breaks', 'safe']);
  await page.click('[data-verdict="backward"] .witness summary');
  const witness = JSON.parse(await page.textContent('[data-verdict="backward"] .witness pre'));
  assert.equal(witness.state, 'stale');
  await then(page, () => page.click('[data-verdict="backward"] .witness button'));
  assert.deepEqual(await jsonOf(page, 'record'), witness);
  assert.match(await page.textContent('[data-side="record"] .problems'), /not-in-enum/);
  assert.match(await page.locator('[data-editor="record"] .cm-lintRange-error').textContent(), /stale/);
});

test('a required field asks for a value: offered ones, or one that is written', async (t) => {
  const { page } = await open(t, '#example/required');
  const offered = await page.$$eval('[data-question="language"] .choice', (buttons) => buttons.map((button) => button.textContent.trim()));
  assert.deepEqual(offered, ['= "en"', '= "de"', '= "ja"']);
  await page.fill('[data-question="language"] input', 'not json');
  await page.click('[data-question="language"] form button');
  assert.match(await page.textContent('.wrong'), /no JSON value/);
  await page.fill('[data-question="language"] input', '18446744073709551617');
  await page.click('[data-question="language"] form button');
  assert.match(await page.textContent('.wrong'), /so many digits/);
  await page.fill('[data-question="language"] input', '"de"');
  await then(page, () => page.press('[data-question="language"] input', 'Enter'));
  assert.deepEqual(await jsonOf(page, 'view'), { name: 'Ada', language: 'de' });
});

test('a name is split by an expression, and a wrong expression is underlined', async (t) => {
  const { page } = await open(t, '#example/split');
  assert.deepEqual(await jsonOf(page, 'view'), { email: 'ada@example.org', firstName: 'Ada', lastName: 'Lovelace' });
  await write(page, 'view', { email: 'ada@example.org', firstName: 'Augusta Ada', lastName: 'King' });
  assert.match(await page.textContent('[data-side="view"] .problems .error'), /\w/, 'a first name of two words does not come back as it is');
  await write(page, 'view', { email: 'ada@example.org', firstName: 'Augusta', lastName: 'King' });
  assert.equal((await jsonOf(page, 'record')).name, 'Augusta King');
  const declared = JSON.parse(await textOf(page, 'declaration'));
  await write(page, 'declaration', '{"fields": }');
  assert.match(await page.textContent('.declaration .error'), /declaration-syntax/);
  declared.fields.name.expr = '{firstName = nothing name}';
  await write(page, 'declaration', declared);
  assert.match(await page.textContent('.declaration .error'), /unknown-function|expr/);
  assert.ok((await page.locator('[data-editor="declaration"] .cm-lintRange-error').count()) > 0, 'its place is the path that the engine names');
});

test('a view alone makes a record, and stays when the schemas change', async (t) => {
  const { page } = await open(t, '#example/list');
  await write(page, 'record', '');
  await write(page, 'view', { order: 'B-1', items: [{ id: 'fig', quantity: 2 }] });
  assert.deepEqual(await jsonOf(page, 'record'), { order: 'B-1', items: [{ id: 'fig', qty: 2 }] });
  await write(page, 'record', { order: 'C', items: [] });
  assert.deepEqual(await jsonOf(page, 'view'), { order: 'C', items: [] });
});

test('changes are a list or a graph, of what changed or of all', async (t) => {
  const { page } = await open(t, '#example/webhook-star');
  const rows = await page.$$eval('[aria-label="Changes"] [data-row]', (list) => list.length);
  assert.ok(rows > 10);
  assert.match(await page.textContent('[aria-label="Changes"]'), /is_template\s*field-added/);
  await page.check('.check >> text=descriptions too');
  await page.waitForFunction((before) => document.querySelectorAll('[aria-label="Changes"] [data-row]').length > before, rows);

  await page.check('input[name="changes-as"] >> nth=1', { force: true });
  await page.waitForSelector('svg[data-cards]');
  const cards = () => page.getAttribute('svg[data-cards]', 'data-cards').then(Number);
  const few = await cards();
  assert.ok(few > 1);
  assert.ok(await page.isChecked('.check >> text=only what changed'), 'that is what one sees first');
  assert.ok((await page.locator('.row.added').count()) > 10);
  await page.uncheck('.check >> text=only what changed');
  await page.waitForFunction((before) => Number(document.querySelector('svg[data-cards]').dataset.cards) > before, few);
  const before = await page.getAttribute('svg[data-cards]', 'width');
  await page.click('[aria-label="Larger"]');
  assert.ok(Number(await page.getAttribute('svg[data-cards]', 'width')) > Number(before));
});

test('every example opens, and converts once its questions are answered', async (t) => {
  const { page } = await open(t);
  const ids = await page.$$eval('[data-example]', (buttons) => buttons.map((button) => button.dataset.example));
  assert.ok(ids.length >= 10);
  for (const id of ids) {
    await page.click('text=Examples');
    await then(page, () => page.click(`[data-example="${id}"]`));
    for (let left = await page.locator('[data-question]').count(); left > 0; left = await page.locator('[data-question]').count()) {
      await then(page, () => page.click('[data-question] .choice >> nth=0'));
      assert.ok((await page.locator('[data-question]').count()) < left, `${id}: an answer answers`);
    }
    assert.equal(await decided(page), 'true', id);
    assert.ok((await textOf(page, 'view')).startsWith('{'), `${id}: there is a view`);
    assert.deepEqual(await lights(page), ['on', 'on'], id);
    assert.equal(await page.locator('.notice').count(), 0, id);
  }
});

test('a link holds everything, and a bad link says so', async (t) => {
  const { page } = await open(t);
  await then(page, () => page.click('[data-question="text"] .choice >> nth=0'));
  await write(page, 'record', { text: 'shared', createdAt: '2024-05-01T12:00:00Z' });
  await page.click('text=Copy link');
  await page.waitForSelector('.toast.there');
  const link = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(link, /#v1\/[\w-]+$/);
  assert.equal(link, page.url());
  const { page: other } = await open(t, new URL(link).hash);
  assert.equal((await jsonOf(other, 'view')).body, 'shared');
  assert.equal(await decided(other), 'true');

  await write(page, 'record', { text: 'typed', createdAt: '2024-05-01T12:00:00Z' });
  await page.waitForFunction((before) => location.href !== before, link);
  await page.reload();
  await settled(page);
  assert.equal((await jsonOf(page, 'view')).body, 'typed', 'a reload loses nothing');

  const { page: cut } = await open(t, new URL(link).hash.slice(0, -10));
  assert.match(await cut.textContent('.notice'), /cut or changed/);
  const { page: later } = await open(t, '#v9/abc');
  assert.match(await later.textContent('.notice'), /version 9/);
});

test('all of it as Markdown', async (t) => {
  const { page } = await open(t, '#example/enum');
  await page.click('text=Copy as Markdown');
  await page.waitForSelector('.toast.there');
  const text = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(text, /^## Tighten an enum\n\n\[Open in the playground\]\(http[^)]+#v1\//);
  assert.match(text, /### Who breaks[^]*\| new readers, old data \| \*\*breaks\*\* \| `enum-narrowed` at `state` \|/);
  assert.match(text, /### Changes\n\n- `enum-changed` `state`/);
  assert.match(text, /### Migration\n\n- check `state` → `state`/);
  assert.match(text, /```json\n\{\n {2}"title": "Does not start"/);
  assert.match(text, /#### A record that was valid, and is refused now\n\n```json\n\{[^`]*"stale"/);
  await page.evaluate(() => (location.hash = '#example/split'));
  await page.waitForFunction(() => document.querySelector('.story')?.textContent.startsWith('Split'));
  await settled(page);
  await page.click('text=Copy as Markdown');
  await page.waitForFunction(() => navigator.clipboard.readText().then((copied) => copied.startsWith('## Split')));
  assert.match(await page.evaluate(() => navigator.clipboard.readText()), /### Values that are computed\n\n```json\n[^`]*"expr"/, 'nothing of it is missing');
});

test('schemas, migration and records are downloads', async (t) => {
  const { page } = await open(t);
  await then(page, () => page.click('[data-question="text"] .choice >> nth=0'));
  const files = {};
  for (const label of ['Old schema', 'New schema', 'Migration', 'Record', 'Converted record']) {
    const { name, bytes } = await downloaded(page, label);
    files[name] = bytes.toString();
  }
  assert.deepEqual(Object.keys(files), ['old.json', 'new.json', 'migration.json', 'record.json', 'view.json']);
  const pp = await Panproto.init();
  const view = pp.loadMigration(files['migration.json']).lens().lift(JSON.parse(files['record.json']));
  assert.deepEqual(view, JSON.parse(files['view.json']), 'the package reads the migration, and converts as the page does');
  assert.equal(pp.parseSchema('atproto', files['old.json']).diff(pp.parseSchema('atproto', files['new.json'])).changes.length, 4);
});

test('a large schema is used whole, and shown as far as an editor goes', async (t) => {
  const { page } = await open(t);
  const { createRequire } = await import('node:module');
  const path = createRequire(import.meta.url).resolve('webhooks-schemas-4.1.0/schema.json');
  assert.ok(readFileSync(path).length > 256_000);
  await then(page, () => page.setInputFiles('[data-side="old"] input[type=file]', path));
  assert.match(await page.textContent('.editor-note'), /first 256 kB .* cannot be edited/);
  const length = Number(await page.getAttribute('[data-editor="schema-old"]', 'data-bytes'));
  assert.ok(length > 250_000 && length <= 256_000, `${length} bytes`);
  assert.equal(await editor(page, 'schema-old').getAttribute('aria-readonly'), 'true');
  assert.match(page.url(), /\/#?$/, 'it is in no link by itself');
  await page.click('text=Copy link');
  await page.waitForSelector('.toast.there');
  assert.match(await page.textContent('.toast'), /Link copied, \d+ kB: some programs cut long links/);
  const huge = { name: 'huge.json', mimeType: 'application/json', buffer: Buffer.from(`{"type": "object", "description": "${'d'.repeat(3_000_000)}"}`) };
  await then(page, () => page.setInputFiles('[data-side="old"] input[type=file]', huge));
  await page.click('text=Copy link');
  await page.waitForFunction(() => document.querySelector('.toast').textContent.includes('too large for a link'));
});

test('light, dark, or what the system says', async (t) => {
  const { page } = await open(t, '', { scheme: 'dark' });
  const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const dark = await ground();
  await page.click('[aria-label^="Colours: system"]');
  const light = await ground();
  assert.notEqual(light, dark);
  await page.reload();
  await settled(page);
  assert.equal(await ground(), light, 'it is remembered');
  await page.click('[aria-label^="Colours: light"]');
  assert.equal(await ground(), dark);
  await page.click('[aria-label^="Colours: dark"]');
});
