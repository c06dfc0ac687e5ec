// What can be said of parts without a browser.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createServer } from 'vite';
import { root } from './stage.mjs';

let server;
let load;
before(async () => {
  server = await createServer({ root, configFile: false, logLevel: 'error', server: { middlewareMode: true, hmr: false, ws: false, watch: null }, optimizeDeps: { noDiscovery: true }, ssr: { external: ['@panproto/core'] } });
  load = (path) => server.ssrLoadModule(path);
});
after(() => server.close());

test('a text is laid out, and nothing in it is spelled anew', async () => {
  const { pretty } = await load('/src/engine/json-text.ts');
  for (const [given, wanted] of [
    ['{}', '{}'],
    ['[ ]', '[]'],
    ['{"a":1e400,"b":[1.0,-0]}', '{\n  "a": 1e400,\n  "b": [\n    1.0,\n    -0\n  ]\n}'],
    ['"a,b:{\\"}"', '"a,b:{\\"}"'],
    ['{"\\ud83d":{"x":{}}}', '{\n  "\\ud83d": {\n    "x": {}\n  }\n}'],
  ]) {
    assert.equal(pretty(given), wanted);
    assert.equal(pretty(wanted), wanted, 'and stays so');
  }
  const deep = '['.repeat(200_000);
  assert.ok(pretty(deep).startsWith('[\n  ['), 'depth is not the stack');
});

test('several documents are the items of an array, wherever it is cut', async () => {
  const { items } = await load('/src/engine/json-text.ts');
  assert.equal(items('{"a":[1,2]}'), null);
  const text = ' [ {"a":"],["} , [1,2], 3 ] ';
  const found = items(text);
  assert.deepEqual(found.map((item) => item.text), ['{"a":"],["}', '[1,2]', '3']);
  for (const { text: item, from } of found) assert.equal(text.slice(from, from + item.length), item);
  assert.deepEqual(items('[]'), []);
  assert.deepEqual(items('[{"a":1').map((item) => item.text), ['{"a":1']);
});

test('a path leads to its place, or to the nearest around it', async () => {
  const { locate } = await load('/src/engine/json-text.ts');
  const text = '{"a": {"b": [{"c": 1}, {"c": "x"}]}, "b": 2, "weird key": true}';
  const at = (path) => text.slice(...locate(text, path));
  assert.equal(at('b'), '"b": 2');
  assert.equal(at('a.b[1].c'), '"c": "x"');
  assert.equal(at('a.b[].c'), '"c": 1');
  assert.equal(at('/a/b/1/c'), '"c": "x"');
  assert.equal(at('weird key'), '"weird key": true');
  assert.equal(at('a.b[0].missing'), '{', 'what is missing is shown where it would be');
  assert.equal(at(''), '{');
  assert.equal(locate('', 'a'), null);

  const odd = '{"c.d": {"a b": 1, "": {"x\\"y": 2}}}';
  assert.equal(odd.slice(...locate(odd, '["c.d"]["a b"]')), '"a b": 1', 'names in quotes');
  assert.equal(odd.slice(...locate(odd, '["c.d"][""]["x\\"y"]')), '"x\\"y": 2');
  const { around } = await load('/src/engine/json-text.ts');
  for (const [path, wanted] of [['a', ''], ['a.b', 'a'], ['a[].b', 'a[]'], ['a["c.d"]', 'a'], ['["e[0]"]', ''], ['a[]', 'a']]) assert.equal(around(path), wanted, path);
});

test('members of any name are asked about as others are', async () => {
  const { Session } = await load('/src/engine/session.ts');
  const { NO_ANSWERS } = await load('/src/state.ts');
  const { Panproto } = await import('@panproto/core');
  const session = new Session(await Panproto.init());
  const schema = (names, required) => JSON.stringify({ type: 'object', properties: Object.fromEntries(names.map((name) => [name, { type: 'string' }])), required });
  const names = ['c.d', '', 'e[0]', 'two words', 'a/b', '<b>', 'x"y', 'line\nend'];
  const side = (text) => ({ language: 'json-schema', text, root: '' });
  const { migration } = session.compare({ old: side(schema(['was one'], [])), next: side(schema(names, names)), answers: NO_ANSWERS, declaration: '' });
  const asked = migration.questions.filter(({ code }) => code === 'required-without-value');
  assert.equal(asked.length, names.length);
  for (const { path, sources, values } of asked) assert.deepEqual([sources, values], [['["was one"]'], ['""']], path);
  const rows = session.drawing(true).cards[0].rows;
  assert.deepEqual(rows.filter(({ status }) => status === 'added').length, names.length, JSON.stringify(rows));
});

test('how records follow one another is told by how a file begins', async () => {
  const { framingOf } = await load('/src/engine/file.ts');
  for (const [head, wanted] of [
    ['{"a":1}\n{"a":2}\n', 'lines'],
    ['{"a":1}', 'lines'],
    ['{"a":\n{"a":1}\n', 'lines'],
    ['{\n  "a": 1\n}\n', 'values'],
    ['\ufeff [{"a":1},{"a":2}]\n', 'array'],
    ['[\r\n  {"a":1}', 'array'],
    ['[{"a":1},\n{"a":2}]', 'array'],
    ['[1,2]\n[3,4]\n', 'lines'],
    ['', 'lines'],
  ]) {
    assert.equal(framingOf(head), wanted, head);
  }
  assert.equal(framingOf('[1,2]\n', true), 'lines', 'a record that may be an array');
});

test('a law that loses a digit is broken', async () => {
  const { same } = await load('/src/engine/json-text.ts');
  assert.ok(same('{"a": 1.0, "b": [18446744073709551616]}', '{"b":[18446744073709551616],"a":1}'));
  assert.ok(!same('{"a": 18446744073709551616}', '{"a": 18446744073709551617}'));
  assert.ok(!same('{"a": "18446744073709551616"}', '{"a": 18446744073709551616}'));
  assert.ok(!same('["\\u0001"]', '[1]'));

  const { Session } = await load('/src/engine/session.ts');
  const { NO_ANSWERS } = await load('/src/state.ts');
  const { Panproto } = await import('@panproto/core');
  const session = new Session(await Panproto.init());
  const side = (text) => ({ language: 'json-schema', text, root: '' });
  const told = session.compare({
    old: side('{"type": "object"}'),
    next: side('{"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}'),
    answers: NO_ANSWERS,
    declaration: '{"defaults": {"n": 18446744073709551617}}',
  });
  assert.equal(told.trouble, null);
  assert.match(session.get('{}').text, /"n": 18446744073709551617\n/, 'nor does a declaration lose one');
});

test('a link holds a scene, and a bad one is told from a good one', async () => {
  const { fromHash, toHash } = await load('/src/share.ts');
  const { NO_ANSWERS } = await load('/src/state.ts');
  const scene = {
    old: { language: 'atproto', text: '{"ü": "\ud83d\ude00"}', root: '' },
    next: { language: 'json-schema', text: '{}', root: 'post' },
    answers: { ...NO_ANSWERS, hints: { text: null, a: 'b' }, defaults: { x: [1] }, match: ['u'] },
    declaration: '{"fields": {}}',
    record: '{"a": 18446744073709551616}',
  };
  const hash = await toHash(scene);
  assert.match(hash, /^#v1\/[\w-]+$/);
  assert.deepEqual(await fromHash(hash), scene);
  assert.equal(await fromHash(''), null);
  assert.equal(await fromHash('#somewhere'), null);
  await assert.rejects(fromHash('#v2/abc'), /version 2/);
  await assert.rejects(fromHash(hash.slice(0, -9)), /cut or changed/);
  await assert.rejects(fromHash('#v1/!!!'), /cut or changed/);
  const bomb = await toHash({ ...scene, record: ' '.repeat(5_000_000) });
  assert.ok(bomb.length < 20_000);
  await assert.rejects(fromHash(bomb), /more than the page takes/);
});

test('pieces are small, few are under way, and a stopped worker owes nothing', async () => {
  const { Inbox, Outbox, PIECE, Stopped } = await load('/src/engine/transport.ts');
  const posted = [];
  const outbox = new Outbox((piece) => posted.push(piece));
  const value = { text: 'x'.repeat(PIECE * 10) };
  outbox.send(7, value);
  assert.equal(posted.length, 4, 'no more before the first is taken');
  for (let at = 0; at < posted.length; at++) outbox.taken();
  assert.ok(posted.every(({ text }) => text.length * 2 <= 64_000));
  assert.deepEqual(JSON.parse(posted.map(({ text }) => text).join('')), value);
  assert.deepEqual(posted.map(({ last }) => last).filter(Boolean).length, 1);

  const workers = [];
  class Fake {
    sent = [];
    postMessage(message) {
      this.sent.push(message);
    }
    terminate() {
      this.ended = true;
    }
  }
  const inbox = new Inbox(() => workers[workers.push(new Fake()) - 1]);
  const told = [];
  const { id, answer } = inbox.ask('question', (progress) => told.push(progress));
  const [worker] = workers;
  for (const [seq, [text, last, more]] of [['{"do', false, true], ['ne":1}', true, true], ['{"ok":', false, true], ['2}', true, false]].entries()) {
    worker.onmessage({ data: { id, seq, text, last, more } });
  }
  assert.deepEqual([told, (await answer).value], [[{ done: 1 }], { ok: 2 }]);
  assert.equal(worker.sent.filter(({ type }) => type === 'taken').length, 4);
  const { answer: never } = inbox.ask('forever');
  inbox.stop('enough');
  await assert.rejects(never, Stopped);
  assert.ok(worker.ended);
  inbox.ask('again');
  assert.equal(workers.length, 2);
});

test('the README of the package shows the page', () => {
  const readme = readFileSync(join(root, '../sdk/typescript/README.md'), 'utf8');
  const [, picture] = /## The playground\n[^]*?cargo xtask play\n[^]*?!\[[^\]]+\]\(([^)]+)\)/.exec(readme) ?? [];
  assert.ok(existsSync(join(root, '../sdk/typescript', picture ?? 'no picture')), picture);
});

test('a long list grows by 200 rows or 64 kB a frame', async () => {
  const { FRAME_ROWS, FRAME_TEXT, step } = await load('/src/gradual.ts');
  const rows = Array.from({ length: 1000 }, () => 10);
  const room = () => ({ rows: FRAME_ROWS, text: FRAME_TEXT });
  assert.equal(step(rows, 0, (row) => [1, row], room()), FRAME_ROWS);
  assert.equal(step(rows, 900, (row) => [1, row], room()), 1000);
  assert.equal(step(rows, 0, () => [1, 10_000], room()), Math.floor(FRAME_TEXT / 10_000));
  assert.equal(step(rows, 0, () => [1, 10 * FRAME_TEXT], room()), 1, 'one that is larger is alone');
  const shared = room();
  assert.equal(step(rows, 0, () => [1, 1], shared), 200);
  assert.equal(step(rows, 0, () => [1, 1], shared), 0, 'another list of the same frame waits');
});

test('the drawing tells what happened to each member', async () => {
  const { drawingOf } = await load('/src/engine/drawing.ts');
  const { shapeOf } = await load('/src/engine/shape.ts');
  const { Panproto } = await import('@panproto/core');
  const pp = await Panproto.init();
  const order = (item, more) => ({
    $ref: '#/definitions/order',
    definitions: {
      order: { type: 'object', properties: { id: { type: 'string' }, items: { type: 'array', items: { type: 'object', properties: item } }, by: { $ref: '#/definitions/person' } } },
      person: { type: 'object', properties: { name: { type: 'string' }, friend: { $ref: '#/definitions/person' }, ...more } },
      alone: { type: 'object', properties: { x: { type: 'string' } } },
    },
  });
  const old = pp.parseSchema('json-schema', order({ qty: { type: 'integer' }, gone: { type: 'string' } }, { age: { type: 'integer' } }));
  const next = pp.parseSchema('json-schema', order({ quantity: { type: 'integer' } }, { age: { type: 'number' }, mail: { type: 'string' } }));
  const { changes } = old.diff(next);
  const migration = pp.migrate(old, next, { hints: { 'items[].qty': 'items[].quantity', 'items[].gone': null } });
  const draw = (all) => drawingOf(shapeOf(old, ''), shapeOf(next, ''), changes, migration.changes, all);
  const { cards, total, changed } = draw(false);
  assert.deepEqual([cards.map(({ title }) => title), total, changed], [['order', 'items[]', 'person'], 2, 2]);
  const rows = Object.fromEntries(cards.map(({ title, rows }) => [title, Object.fromEntries(rows.map(({ name, status, was }) => [name, status === 'renamed' ? `${was} → ${name}` : status]))]));
  assert.deepEqual(rows, {
    order: { items: 'same', by: 'same' },
    'items[]': { quantity: 'qty → quantity', gone: 'removed' },
    person: { age: 'changed', mail: 'added' },
  });
  assert.equal(cards[0].hidden, 1);
  assert.deepEqual(cards[0].rows.map(({ to }) => to), [[1], [2]]);
  assert.deepEqual(draw(true).cards.map(({ title }) => title).sort(), ['alone', 'items[]', 'order', 'person']);
});

test('values that are offered are values that are taken', async () => {
  const { textOf, valuesAt } = await load('/src/engine/values.ts');
  const { Panproto, JsonNumber } = await import('@panproto/core');
  const pp = await Panproto.init();
  const schema = pp.parseSchema('json-schema', {
    type: 'object',
    properties: { e: { enum: ['a', 'b'] }, s: { type: 'string' }, n: { type: ['integer', 'null'] }, r: { $ref: '#/definitions/r' } },
    definitions: { r: { type: 'boolean' } },
  });
  const graph = schema.graph();
  const at = (name) => valuesAt(graph, schema.fields().find((field) => field.name === name).vertex);
  assert.deepEqual([at('e'), at('s'), at('r')], [['"a"', '"b"'], ['""'], ['false', 'true']]);
  for (const name of ['e', 's', 'n', 'r']) for (const value of at(name)) JSON.parse(value);
  assert.equal(textOf({ a: 2n ** 64n, b: new JsonNumber('1e400') }), '{"a":18446744073709551616,"b":1e400}');
});

test('whatever is written, the answer is a problem with a code of the engine, never an accident', async () => {
  const { Session } = await load('/src/engine/session.ts');
  const { NO_ANSWERS } = await load('/src/state.ts');
  const { Panproto } = await import('@panproto/core');
  const session = new Session(await Panproto.init());
  const good = '{"type": "object", "properties": {"a": {"type": "string"}}}';
  const texts = ['', ' ', '[', ']', '[[[[', '{"a":', '\u0000', '"', 'null', '[null]', '[1,2', '[,]', '{}{}', '\ud800', '{"$ref": "#"}', '{"lexicon": 1}', '[{"lexicon": 1}, 7]', 'true', '1e999999', '['.repeat(50_000), '{"a":'.repeat(50_000), good, `[${good}]`, `[${good}, ${good}]`];
  const seen = new Set();
  const note = (problem) => {
    if (problem === null) return;
    assert.match(problem.code, /^[a-z0-9-]+$/);
    assert.ok(!problem.code.startsWith('internal'), JSON.stringify(problem));
    if (problem.span !== null) assert.ok(problem.span[0] <= problem.span[1], JSON.stringify(problem));
    seen.add(problem.code);
  };
  for (const language of ['json-schema', 'atproto']) {
    for (const text of texts) {
      for (const [old, next] of [
        [text, good],
        [good, text],
      ]) {
        const side = (one) => ({ language, text: one, root: '' });
        const told = session.compare({ old: side(old), next: side(next), answers: NO_ANSWERS, declaration: '' });
        for (const { problems } of [told.old, told.next]) problems.forEach(note);
        note(told.trouble);
        JSON.stringify([told, session.drawing(true), session.changes(0)]);
      }
    }
  }
  const side = { language: 'json-schema', text: good, root: '' };
  for (const text of texts) {
    session.compare({ old: side, next: side, answers: NO_ANSWERS, declaration: '' });
    note(session.get(text).problem);
    note(session.put(text).problem);
    note(session.compare({ old: side, next: side, answers: NO_ANSWERS, declaration: text }).trouble);
    note(session.compare({ old: side, next: side, answers: { ...NO_ANSWERS, hints: { [text]: text } }, declaration: '' }).trouble);
    note(session.compare({ old: { ...side, root: text }, next: side, answers: NO_ANSWERS, declaration: '' }).trouble);
  }
  for (const code of ['json-syntax', 'limit-depth', 'declaration-syntax', 'missing-keyword']) assert.ok(seen.has(code), `${code} in ${[...seen]}`);
});
