import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Panproto, PanprotoMigrationError } from '@panproto/core';
import { lexicon } from './schemas.js';

const pp = await Panproto.init();
const old = pp.parseSchema('atproto', lexicon({ text: 'string', count: 'integer', gone: 'string' }));
const next = pp.parseSchema('atproto', JSON.stringify(lexicon({ body: 'string', count: 'integer', visibility: { type: 'string', default: 'public' } })));

test('fields are listed in declaration order', () => {
  assert.deepEqual(
    old.fields().map(({ name, type, required }) => [name, type, required]),
    [['text', 'string', false], ['count', 'integer', false], ['gone', 'string', false]],
  );
});

test('a migration asks instead of guessing, and has no lens until it is answered', () => {
  const open = pp.migrate(
    pp.parseSchema('atproto', lexicon({ text: 'string' }, ['text'])),
    pp.parseSchema('atproto', lexicon({ body: 'string' }, ['body'])),
  );
  assert.equal(open.decided, false);
  assert.ok(open.questions.length > 0);
  assert.throws(() => open.lens(), (error: unknown) => {
    assert.ok(error instanceof PanprotoMigrationError);
    assert.equal(error.code, 'migration-undecided');
    return true;
  });
});

test('a record goes there and back, edited', () => {
  const lens = pp.migrate(old, next, { hints: { text: 'body' } }).lens();
  const record = { $type: 'com.example.post', text: 'hello', count: 2n ** 64n, gone: 'kept', unknown: [1.5] };
  const { view, complement } = lens.get(record);
  assert.deepEqual(view, { $type: 'com.example.post', body: 'hello', count: 2n ** 64n, unknown: [1.5], visibility: 'public' });
  assert.deepEqual(lens.put(view, complement), record);
  assert.deepEqual(lens.put({ ...view, body: 'edited' }, complement), { ...record, text: 'edited' });
  assert.deepEqual(lens.create({ body: 'new' }), { text: 'new' });
});

test('what goes in as text or bytes comes out as text or bytes', () => {
  const lens = old.lensTo(next, { hints: { text: 'body' } });
  assert.equal(lens.lift('{"text":"a","count":1.0}'), '{"body":"a","count":1.0,"visibility":"public"}');
  const bytes = lens.lift(new TextEncoder().encode('{"text":"a"}'));
  assert.ok(bytes instanceof Uint8Array);
  assert.equal(new TextDecoder().decode(bytes), '{"body":"a","visibility":"public"}');
});

test('a migration can be saved and read again', () => {
  const migration = pp.migrate(old, next, { hints: { text: 'body' } });
  const again = pp.loadMigration(JSON.stringify(migration));
  assert.ok(again.equals(migration));
  assert.deepEqual(again.changes, migration.changes);
  assert.equal(again.lens().lift('{"text":"a"}'), '{"body":"a","visibility":"public"}');
  assert.throws(() => pp.loadMigration('{}'), { code: 'migration-file' });
  assert.throws(() => pp.loadMigration({ ...migration.toJSON(), digest: '00' }), { code: 'migration-file' });
});
