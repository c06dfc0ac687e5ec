// Why the page stays quick, keeps what it is given to itself, and works without a network. Causes, not times.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Panproto } from '@panproto/core';
import { serve } from './stage.mjs';
import { decided, downloaded, jsonOf, open, saved, settled, stage, then, write } from './page.mjs';
import { HINTS, records } from './records.mjs';

/** Watches from the inside, before anything of the page runs. */
const watch = () => {
  const seen = (window.seen = { modules: 0, sent: [], pieces: [], taken: 0, most: 0, frames: 0, rows: 0, text: 0, mostRows: 0, mostText: 0 });
  for (const name of ['compile', 'compileStreaming', 'instantiate', 'instantiateStreaming']) {
    const real = WebAssembly[name];
    WebAssembly[name] = (...given) => {
      seen.modules++;
      return real.apply(WebAssembly, given);
    };
  }
  for (const name of ['Module', 'Instance']) {
    WebAssembly[name] = new Proxy(WebAssembly[name], {
      construct(target, given) {
        seen.modules++;
        return Reflect.construct(target, given);
      },
    });
  }
  let underWay = 0;
  const RealWorker = window.Worker;
  window.Worker = class extends RealWorker {
    constructor(...given) {
      super(...given);
      this.addEventListener('message', ({ data }) => {
        seen.pieces.push(data.text.length * 2);
        seen.most = Math.max(seen.most, ++underWay);
      });
    }
    postMessage(message, ...rest) {
      if (message.type === 'taken') {
        seen.taken++;
        underWay--;
      } else if (message.request?.kind === 'file') {
        seen.sent.push([message.request.file instanceof File, Object.keys(message.request).sort().join()]);
      }
      super.postMessage(message, ...rest);
    }
  };
  // What is added to the page between two frames.
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) {
      for (const node of addedNodes) {
        if (!(node instanceof Element)) continue;
        seen.rows += node.querySelectorAll('[data-row]').length + Number(node.matches('[data-row]'));
        seen.text += node.textContent.length;
      }
    }
  }).observe(document, { childList: true, subtree: true });
  const frame = () => {
    seen.frames++;
    seen.mostRows = Math.max(seen.mostRows, seen.rows);
    seen.mostText = Math.max(seen.mostText, seen.text);
    seen.rows = seen.text = 0;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
};

/** A folder that is gone afterwards. */
function folder(t) {
  const place = mkdtempSync(join(tmpdir(), 'panproto-records-'));
  t.after(() => rmSync(place, { recursive: true, force: true }));
  return place;
}

test('a file of 20 MB converts as the package does, while the page draws on', async (t) => {
  const { page } = await open(t, '', { init: watch });
  await then(page, () => page.click('[data-question="text"] .choice >> nth=0'));
  const [old, next] = [(await downloaded(page, 'Old schema')).bytes, (await downloaded(page, 'New schema')).bytes];
  const text = records(20_000_000);
  const path = join(folder(t), 'posts.ndjson');
  writeFileSync(path, text);

  const before = await page.evaluate(() => window.seen.frames);
  await page.evaluate(() => {
    window.progress = [];
    new MutationObserver(() => {
      const bar = document.querySelector('.progress progress');
      if (bar !== null) window.progress.push([bar.value / bar.max, window.seen.frames]);
    }).observe(document.querySelector('[data-drop]'), { subtree: true, childList: true, attributes: true, characterData: true });
  });
  await page.setInputFiles('[data-records]', path);
  await page.waitForSelector('.progress[data-done="true"]', { timeout: 120_000 });
  const [seen, progress] = await page.evaluate(() => [window.seen, window.progress]);
  assert.deepEqual(seen.sent, [[true, 'backwards,file,kind']], 'a file goes to the worker as a file');
  assert.equal(seen.modules, 0, 'the module is not on this thread');
  const steps = [...new Set(progress.map(([part]) => part))];
  assert.ok(steps.length > 10, `it is told ${steps.length} times how far it is`);
  assert.deepEqual(steps, [...steps].sort((a, b) => a - b), 'and only forwards');
  const drawn = new Set(progress.map(([, frames]) => frames));
  assert.ok(seen.frames - before >= drawn.size && drawn.size > 2, `${seen.frames - before} frames were drawn meanwhile`);

  const pp = await Panproto.init();
  const lens = pp.migrate(pp.parseSchema('atproto', old), pp.parseSchema('atproto', next), { hints: HINTS }).lens();
  let refused = 0;
  const wanted = lens.liftNdjson(new TextEncoder().encode(text), { onError: () => refused++ });
  assert.ok(refused > 50);
  assert.match(await page.textContent('.tally'), new RegExp(`^Done: [\\d,]+ records, ${refused.toLocaleString('en')} refused, `));
  const { name, bytes } = await saved(page, () => page.click('.progress .primary'));
  assert.equal(name, 'posts.new.ndjson');
  assert.ok(bytes.equals(Buffer.from(wanted)), 'the same bytes');
  await page.click('.failures summary');
  const failures = await page.$$eval('.failures li', (rows) => rows.map((row) => row.textContent));
  assert.ok(failures.length <= 200);
  assert.match(failures[0], /^line 1000: json-syntax /);

  await page.click('text=Clear');
  await page.selectOption('[data-drop] select', 'back');
  writeFileSync(path, bytes.subarray(0, bytes.indexOf(10) + 1));
  await page.setInputFiles('[data-records]', path);
  await page.waitForSelector('.progress[data-done="true"]');
  const back = await saved(page, () => page.click('.progress .primary'));
  assert.equal(back.name, 'posts.old.ndjson');
  assert.deepEqual(JSON.parse(back.bytes).text, JSON.parse(text.slice(0, text.indexOf('\n'))).text);
});

test('a conversion can be cancelled, and nothing of it is left', async (t) => {
  const { page } = await open(t, '', { init: watch });
  await then(page, () => page.click('[data-question="text"] .choice >> nth=0'));
  const path = join(folder(t), 'posts.ndjson');
  writeFileSync(path, records(60_000_000));
  await write(page, 'record', { text: 'meanwhile', createdAt: '2024-05-01T12:00:00Z' });
  // The page cancels as soon as it sees progress, and writes at the same moment: no round trip in between.
  const cancelled = page.evaluate(
    () =>
      new Promise((done) => {
        const look = () => {
          const { value = 0 } = document.querySelector('.progress progress') ?? {};
          const cancel = [...document.querySelectorAll('.progress button')].find((button) => button.textContent === 'Cancel');
          if (!(value > 0 && cancel)) return requestAnimationFrame(look);
          const running = document.querySelector('.progress').dataset.done;
          cancel.click();
          done(running);
        };
        look();
      }),
  );
  await page.setInputFiles('[data-records]', path);
  assert.equal(await cancelled, 'false', 'it is under way when it is cancelled');
  await page.waitForSelector('.progress[data-done="true"]');
  assert.match(await page.textContent('.tally'), /^Cancelled after /);
  assert.equal(await page.locator('.progress .primary').count(), 0, 'there is no half of a file');
  assert.equal((await jsonOf(page, 'view')).body, 'meanwhile');
});

test('while a file converts the page goes on, and a file that does not come can be cancelled', async (t) => {
  const { page } = await open(t, '', { init: watch });
  await then(page, () => page.click('[data-question="text"] .choice >> nth=0'));
  // A disk that falls asleep in the middle of a file, until it is woken.
  await page.workers()[0].evaluate(() => {
    const real = Blob.prototype.stream;
    Blob.prototype.stream = function () {
      let bytes = 0;
      const awake = new Promise((resume) => (self.wake = resume));
      return real.call(this).pipeThrough(
        new TransformStream({
          async transform(piece, controller) {
            bytes += piece.length;
            if (bytes > 6_000_000) await awake;
            controller.enqueue(piece);
          },
        }),
      );
    };
  });
  const path = join(folder(t), 'posts.ndjson');
  const text = records(12_000_000);
  writeFileSync(path, text);
  const begin = async () => {
    await page.setInputFiles('[data-records]', path);
    await page.waitForFunction(() => document.querySelector('.progress progress')?.value > 0);
  };
  const under = () => page.getAttribute('.progress', 'data-done');

  await begin();
  await write(page, 'record', { text: 'meanwhile', createdAt: '2024-05-01T12:00:00Z' });
  assert.equal((await jsonOf(page, 'view')).body, 'meanwhile', 'an edit is answered');
  await write(page, 'view', { body: 'and back', createdAt: '2024-05-01T12:00:00Z', visibility: 'public' });
  assert.equal((await jsonOf(page, 'record')).text, 'and back');
  await page.check('input[name="changes-as"] >> nth=1', { force: true });
  await page.waitForSelector('.card');
  assert.equal(await under(), 'false', 'and the file is still under way');
  await page.workers()[0].evaluate(() => self.wake());
  await page.waitForSelector('.progress[data-done="true"]');
  const lines = text.split('\n').length - 1;
  const refused = Math.floor(lines / 1000);
  assert.match(await page.textContent('.tally'), new RegExp(`^Done: ${(lines - refused).toLocaleString('en')} records, ${refused} refused, `), 'nothing of it is lost');

  await page.click('text=Clear');
  await begin();
  await page.click('.progress >> text=Cancel');
  await page.waitForSelector('.progress[data-done="true"]');
  assert.match(await page.textContent('.tally'), /^Cancelled after /, 'though nothing comes');
  await write(page, 'record', { text: 'afterwards', createdAt: '2024-05-01T12:00:00Z' });
  assert.equal((await jsonOf(page, 'view')).body, 'afterwards');
});

test('messages are small and acknowledged, frames add little, editors hold little', async (t) => {
  const { page } = await open(t, '', { init: watch });
  const properties = (from) => Object.fromEntries(Array.from({ length: 1500 }, (_, at) => [`member${from + at}`, { type: 'string', description: 'd'.repeat(40) }]));
  const place = folder(t);
  for (const [side, from] of [
    ['old', 0],
    ['new', 700],
  ]) {
    const path = join(place, `${side}.json`);
    writeFileSync(path, JSON.stringify({ type: 'object', properties: properties(from) }, null, 2));
    await then(page, () => page.setInputFiles(`[data-side="${side}"] input[type=file]`, path));
  }
  await write(page, 'record', Object.fromEntries(Array.from({ length: 1500 }, (_, at) => [`member${at}`, 'v'.repeat(60)])));
  const rows = () => page.locator('[aria-label="Changes"] [data-row]').count();
  assert.equal(await rows(), 200);
  await page.click('text=/^Show more/');
  await page.waitForFunction(() => document.querySelectorAll('[aria-label="Changes"] [data-row]').length === 400);
  await page.check('input[name="changes-as"] >> nth=1', { force: true });
  await page.waitForSelector('svg[data-cards]');
  await page.waitForSelector('.card');

  const seen = await page.evaluate(() => window.seen);
  assert.equal(seen.modules, 0);
  assert.ok(seen.pieces.length > 10);
  assert.ok(Math.max(...seen.pieces) <= 64_000, `${Math.max(...seen.pieces)} bytes`);
  assert.ok(seen.pieces.some((bytes) => bytes === 64_000), 'there was something to cut');
  assert.equal(seen.taken, seen.pieces.length, 'each is acknowledged');
  assert.ok(seen.most <= 8, `${seen.most} under way, of two workers`);
  assert.ok(seen.mostRows > 100 && seen.mostRows <= 200, `${seen.mostRows} rows in a frame`);
  assert.ok(seen.mostText <= 64_000, `${seen.mostText} characters in a frame`);
  const held = await page.$$eval('[data-bytes]', (editors) => editors.map((editor) => Number(editor.dataset.bytes)));
  assert.ok(Math.max(...held) > 100_000 && Math.max(...held) <= 256_000, String(held));

  await page.locator('[data-editor="record"] .cm-content').fill('x'.repeat(300_000));
  await page.waitForSelector('.editor-note[role="alert"]');
  assert.ok(Number(await page.getAttribute('[data-editor="record"]', 'data-bytes')) <= 256_000, 'nor by a paste');
});

test('nothing leaves the page: its policy refuses, and it says so', async (t) => {
  const asked = [];
  const elsewhere = createServer((request, response) => {
    asked.push(request.url);
    response.setHeader('access-control-allow-origin', '*');
    response.end('ok');
  });
  await new Promise((done) => elsewhere.listen(0, '127.0.0.1', done));
  t.after(() => elsewhere.close());
  const address = `http://127.0.0.1:${elsewhere.address().port}/`;

  const page = await stage.browser.context.newPage();
  t.after(() => page.close());
  await page.goto(stage.server.address);
  await settled(page);
  assert.match(await page.textContent('.lead'), /nothing you write leaves it/);
  const policy = await page.getAttribute('meta[http-equiv="Content-Security-Policy"]', 'content');
  for (const part of ["default-src 'self'", "script-src 'self' 'wasm-unsafe-eval'", "connect-src 'self'", "img-src 'self' data:"]) assert.ok(policy.split('; ').includes(part), part);

  const refused = await page.evaluate(async (there) => {
    const violated = [];
    document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) => violated.push(effectiveDirective));
    const script = document.createElement('script');
    script.textContent = 'window.ran = true';
    document.body.append(script);
    const style = document.createElement('p');
    style.setAttribute('style', 'color: red');
    document.body.append(style);
    const image = new Image();
    image.src = `${there}image`;
    const fetched = await fetch(`${there}fetch`).then(
      () => 'answered',
      () => 'refused',
    );
    const beacon = navigator.sendBeacon(`${there}beacon`, 'x');
    await new Promise((done) => setTimeout(done, 0));
    return { violated: [...new Set(violated)].sort(), ran: window.ran === true, fetched, beacon };
  }, address);
  assert.deepEqual([refused.ran, refused.fetched], [false, 'refused']);
  for (const directive of ['connect-src', 'img-src', 'script-src-elem', 'style-src-attr']) assert.ok(refused.violated.includes(directive), `${directive} in ${refused.violated}`);

  // A worker is not bound by the page's policy: it has let go of the means.
  const worker = page.workers().find((one) => one.url().includes('worker'));
  const means = await worker.evaluate(() => ['fetch', 'XMLHttpRequest', 'WebSocket', 'EventSource', 'WebTransport', 'importScripts', 'Worker'].filter((name) => typeof self[name] === 'function'));
  assert.deepEqual(means, []);
  // And from the second visit on, its own policy comes with its script.
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.reload();
  await settled(page);
  const own = await page.evaluate((script) => fetch(script).then(({ headers }) => headers.get('content-security-policy')), worker.url());
  assert.equal(own, policy);
  assert.deepEqual(asked, [], 'and nothing arrived');
});

test('without a network the page opens, with all of its examples', async (t) => {
  const server = await serve();
  const page = await stage.browser.context.newPage();
  t.after(() => page.close());
  await page.goto(server.address);
  await settled(page);
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.reload();
  await settled(page);
  await server.close();
  await page.goto('about:blank');
  await page.goto(`${server.address}#example/bluesky-post`);
  await settled(page);
  assert.equal(await decided(page), 'true');
  assert.equal((await jsonOf(page, 'view')).$type, 'app.bsky.feed.post');
  await page.check('input[name="changes-as"] >> nth=1', { force: true });
  await page.waitForSelector('.card');
});

test('an engine that cannot be loaded says so, and another attempt may work', async (t) => {
  const server = await serve();
  const page = await stage.browser.context.newPage();
  t.after(async () => {
    await page.close();
    await server.close();
  });
  await page.addInitScript(() => {
    navigator.serviceWorker.register = () => new Promise(() => {});
  });
  server.missing = (path) => path.endsWith('.wasm');
  await page.goto(server.address);
  await page.waitForSelector('.notice[role="alert"]');
  assert.match(await page.textContent('.notice'), /404/);
  server.missing = () => false;
  await page.click('.notice button');
  await page.waitForSelector('[data-decided]');
  assert.equal(await page.locator('.notice').count(), 0);
});

test('what takes too long can be stopped, and the next edit starts again', async (t) => {
  // An engine that never answers its second question.
  const { page } = await open(t, '', {
    init: () => {
      const RealWorker = window.Worker;
      window.asked = 0;
      window.Worker = class extends RealWorker {
        postMessage(message, ...rest) {
          if (message.request?.kind === 'compare' && ++window.asked === 2) return;
          super.postMessage(message, ...rest);
        }
        terminate() {
          window.ended = true;
          super.terminate();
        }
      };
    },
  });
  const name = page.locator('[data-question="text"] .choice').first();
  await name.click();
  await page.waitForSelector('.notice[role="status"]');
  await page.click('text=Stop');
  await page.waitForSelector('.notice[role="alert"]');
  assert.equal(await page.evaluate(() => window.ended), true);
  await then(page, () => page.click('text=Try again'));
  assert.equal(await decided(page), 'true');
  assert.equal(await page.locator('.notice').count(), 0);
});

test('files that are dropped are taken', async (t) => {
  const { page } = await open(t, '#example/enum');
  const drop = (selector, name, content) =>
    page.evaluate(
      ([selector, name, content]) => {
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File([content], name));
        const place = document.querySelector(selector);
        for (const type of ['dragover', 'drop']) place.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
      },
      [selector, name, content],
    );
  await then(page, () => drop('[data-side="new"]', 'lexicon.json', JSON.stringify({ lexicon: 1, id: 'a.b.c', defs: { main: { type: 'object', properties: { title: { type: 'string' }, state: { type: 'string' } } } } })));
  assert.equal(await page.inputValue('[data-side="new"] select'), 'atproto', 'its language is told by itself');
  await then(page, () => drop('[data-side="new"]', 'same.json', JSON.stringify({ type: 'object', properties: { title: { type: 'string' } } })));
  assert.equal(await page.inputValue('[data-side="new"] select'), 'json-schema');
  await drop('[data-drop]', 'a.ndjson', '{"title":"a","state":"open"}\n{"title":"b","state":"open"}');
  await page.waitForSelector('.progress[data-done="true"]');
  assert.match(await page.textContent('.tally'), /^Done: 2 records, /);
  await page.evaluate(() => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([Uint8Array.of(0xff, 0xfe, 0)], 'binary.json'));
    document.querySelector('[data-side="old"]').dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
  });
  await page.waitForSelector('.notice[role="alert"]');
  assert.match(await page.textContent('.notice'), /binary\.json is no text in UTF-8/);
});
