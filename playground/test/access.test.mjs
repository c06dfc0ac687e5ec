// For everybody: keyboards, screen readers, phones, light and dark.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { decided, editor, open, settled, then, write } from './page.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Fails on what axe finds, with where it is. */
async function sound(page, what) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations.map(({ id, nodes }) => [id, nodes.length, nodes.slice(0, 3).map(({ target, failureSummary }) => `${target.flat().join(' ')}: ${failureSummary.split('\n')[1]?.trim()}`)])));
  assert.deepEqual(found, [], what);
}

for (const scheme of ['light', 'dark']) {
  for (const [device, width, height] of [
    ['desktop', 1360, 900],
    ['phone', 375, 740],
  ]) {
    test(`axe finds nothing: ${device}, ${scheme}`, async (t) => {
      const { page } = await open(t, '', { width, height, scheme });
      await sound(page, 'questions are open');
      await then(page, () => page.click('[data-question="text"] .choice >> nth=0'));
      await sound(page, 'it is decided');
      await page.check('input[name="changes-as"] >> nth=1', { force: true });
      await page.waitForSelector('.card');
      await page.click('[data-verdict="backward"] .witness summary');
      await page.click('.declaration summary');
      await page.click('.menu summary');
      await sound(page, 'graph, witness, declaration, menu');
      await page.keyboard.press('Escape');
      await page.setInputFiles('[data-records]', { name: 'a.ndjson', mimeType: 'text/plain', buffer: Buffer.from('{"text":"a","createdAt":"2024-05-01T12:00:00Z"}\n{\n') });
      await page.waitForSelector('.progress[data-done="true"]');
      await page.click('.failures summary');
      await write(page, 'record', '{"text": ');
      await write(page, 'schema-new', '{"lexicon": 2}');
      await sound(page, 'a file, and problems');
      await page.click('text=Examples');
      await sound(page, 'examples');
    });
  }
}

test('by keyboard alone: an example, a question, an edit', async (t) => {
  const { page } = await open(t);
  const focused = () =>
    page.evaluate(() => {
      let at = document.activeElement;
      while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
      return at?.getAttribute('aria-label') ?? at?.textContent?.trim() ?? '';
    });
  const tabTo = async (wanted, most = 80) => {
    for (let presses = 0; presses < most; presses++) {
      await page.keyboard.press('Tab');
      if (wanted.test(await focused())) return;
    }
    assert.fail(`${wanted} is not reached by Tab`);
  };
  await page.keyboard.press('Tab');
  assert.equal(await focused(), 'Skip to the schemas');
  await tabTo(/^Examples$/);
  await page.keyboard.press('Enter');
  await tabTo(/^Make a field required/);
  await then(page, () => page.keyboard.press('Enter'));
  assert.equal(await page.locator('dialog[open]').count(), 0);
  await tabTo(/^Old schema$/);
  await page.keyboard.press('Tab');
  assert.notEqual(await focused(), 'Old schema', 'an editor lets go of the keyboard');
  await tabTo(/^= "en"$/);
  await then(page, () => page.keyboard.press('Enter'));
  assert.equal(await decided(page), 'true');
  await tabTo(/^As the new schema has it$/);
  await page.keyboard.press('Control+A');
  await then(page, () => page.keyboard.insertText('{"name": "Grace", "language": "de"}'));
  assert.match(await page.textContent('[data-editor="record"] .cm-content'), /Grace/);
  await page.keyboard.press('Control+Z');
  await page.keyboard.press('Escape');
});

test('a dialog keeps the focus, Escape closes it, and the focus returns', async (t) => {
  const { page } = await open(t);
  await page.focus('text=Examples');
  await page.keyboard.press('Enter');
  for (let presses = 0; presses < 30; presses++) {
    await page.keyboard.press('Tab');
    assert.ok(await page.evaluate(() => document.activeElement === document.body || document.querySelector('dialog').contains(document.activeElement)));
  }
  await page.keyboard.press('Escape');
  assert.equal(await page.evaluate(() => document.activeElement.textContent.trim()), 'Examples');
});

test('what happens is said', async (t) => {
  const { page } = await open(t);
  const said = () => page.textContent('[data-announced][aria-live="polite"]');
  assert.match(await said(), /4 changes\. New reader, old data: breaks\..* 2 questions\./);
  await then(page, () => page.click('[data-question="text"] .choice >> nth=0'));
  assert.match(await said(), /The migration is decided\./);
  assert.equal(await page.locator('[data-law="getPut"] .unseen').textContent(), ': holds');
  assert.equal(await editor(page, 'record').getAttribute('role'), 'textbox');
});

test('on a phone everything fits in its width', async (t) => {
  for (const hash of ['', '#example/webhook-star', '#example/bluesky-post']) {
    const { page } = await open(t, hash, { width: 360, height: 700 });
    const [needed, there] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
    assert.ok(there > 300 && needed <= there, `${hash}: ${needed} in ${there}`);
    const small = await page.$$eval('button, select, summary', (controls) =>
      controls.filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < 24).map((one) => `${one.textContent.trim().slice(0, 30)}: ${one.getBoundingClientRect().height}`),
    );
    assert.deepEqual(small, [], 'what is touched is large enough');
    await settled(page);
  }
});
