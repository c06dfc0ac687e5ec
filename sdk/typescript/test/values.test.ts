import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JsonNumber, Panproto, PanprotoDataError } from '@panproto/core';
import { random } from './random.js';
import { lexicon } from './schemas.js';

const pp = await Panproto.init();
const lens = pp
  .parseSchema('atproto', lexicon({ text: 'string', gone: 'string' }))
  .lensTo(pp.parseSchema('atproto', lexicon({ body: 'string' })), { hints: { text: 'body' } });

function refused(record: unknown, path: string | null): void {
  assert.throws(
    () => lens.lift(record),
    (error: unknown) => {
      assert.ok(error instanceof PanprotoDataError, String(error));
      assert.deepEqual([error.code, error.path], ['not-representable', path]);
      return true;
    },
  );
}

test('what JSON cannot say is refused with its path', () => {
  const cycle: Record<string, unknown> = { text: 'a' };
  cycle['self'] = { inner: cycle };
  refused(cycle, 'self.inner');
  refused({ x: new Map() }, 'x');
  refused({ x: [new Date()] }, 'x[0]');
  refused({ x: [1, undefined] }, 'x[1]');
  refused({ x: [1, , 3] }, 'x[1]');
  refused({ x: { 'a.b': () => 0 } }, 'x["a.b"]');
  refused({ x: Symbol('s') }, 'x');
  refused({ [Symbol('s')]: 1 }, '');
  refused({ x: new (class Point {})() }, 'x');
  refused({ x: new Set() }, 'x');
  refused({ x: /r/ }, 'x');
  refused(undefined, '');
  refused(() => 0, '');
  refused({ x: Object(1) }, 'x');
});

test('what is there but undefined is absent', () => {
  assert.deepEqual(lens.lift({ text: 'a', x: undefined }), { body: 'a' });
});

test('toJSON does not run, getters and proxies run once', () => {
  assert.throws(() => lens.lift({ text: 'a', toJSON: () => 'no' }), { code: 'not-representable', path: 'toJSON' });
  let runs = 0;
  const record = {
    get text(): string {
      runs++;
      return `run ${runs}`;
    },
  };
  assert.deepEqual(lens.lift(record), { body: 'run 1' });
  const proxy = new Proxy({ text: 'a' }, { get: (target, key) => (key === 'text' ? lens.lift('{"text":"again"}') : Reflect.get(target, key)) });
  assert.deepEqual(lens.lift(proxy), { body: '{"body":"again"}' });
});

test('objects without a prototype, and of another realm, are plain', async () => {
  const bare = Object.assign(Object.create(null) as object, { text: 'a' });
  assert.deepEqual(lens.lift(bare), { body: 'a' });
  const { runInNewContext } = await import('node:vm');
  assert.deepEqual(lens.lift(runInNewContext('({text: "a", x: [{}]})')), { body: 'a', x: [{}] });
});

test('integers are never rounded', () => {
  for (const value of [2 ** 53 - 1, -(2 ** 53 - 1), 2n ** 53n, 2n ** 64n, -(2n ** 63n), 123456789012345678901234567890n]) {
    const { view, complement } = lens.get({ text: 'a', x: value });
    assert.deepEqual(view, { body: 'a', x: value });
    assert.deepEqual(lens.put(view, complement), { text: 'a', x: value });
  }
  assert.deepEqual(lens.lift({ text: 'a', x: 5n }), { body: 'a', x: 5 });
});

test('other numbers are refused, kept as text or rounded, as the caller says', () => {
  const text = '{"text":"a","x":[1e400,0.12345678901234567890123,1.50,-0,1e2]}';
  const bytes = new TextEncoder().encode(text);
  const record = (x: unknown): object => ({ text: 'a', x });
  const number = new JsonNumber('0.12345678901234567890123');
  assert.throws(() => lens.lift(record([number])), { code: 'not-representable', path: 'x[0]' });
  assert.deepEqual(lens.lift(record([number]), { numbers: 'text' }), { body: 'a', x: [number] });
  assert.deepEqual(lens.lift(record([number]), { numbers: 'round' }), { body: 'a', x: [Number(number.text)] });
  assert.throws(() => lens.lift(record([new JsonNumber('1e400')]), { numbers: 'round' }), { code: 'not-representable', path: 'x[0]' });
  assert.equal(new TextDecoder().decode(lens.lift(bytes)), text.replace('text', 'body'));
  assert.throws(() => new JsonNumber('1,5'), PanprotoDataError);
  assert.equal(String(new JsonNumber('1e400')), '1e400');
  assert.equal(new JsonNumber('1.5') + '', '1.5');
  assert.equal(Number(new JsonNumber('1.5')), 1.5);
});

test('put keeps the spelling of what is not edited', () => {
  const handle = pp.lens(
    pp.parseSchema('atproto', lexicon({ text: 'string' })),
    pp.parseSchema('atproto', lexicon({ body: 'string' })),
    { hints: { text: 'body' } },
  );
  const text = '{"text":"a","x":[1.50,-0,1E2,"\\u0041",{"2":1,"1":2.0}]}';
  const { view, complement } = handle.get(text);
  assert.deepEqual(view, { body: 'a', x: [1.5, -0, 100, 'A', { 1: 2, 2: 1 }] });
  const back = handle.put({ ...(view as object), body: 'b' }, complement);
  assert.equal(new TextDecoder().decode(back._rawBytes), text.replace('"a"', '"b"'));
  const edited = handle.put({ body: 'a', x: [1.25, -0, 100, 'B', { 1: 3, 2: 1 }] }, complement);
  assert.equal(new TextDecoder().decode(edited._rawBytes), '{"text":"a","x":[1.25,-0,1E2,"B",{"2":1,"1":3}]}');
});

test('a buffer of any kind is bytes', () => {
  const bytes = new TextEncoder().encode('..{"text":"a"}..');
  const view = bytes.subarray(2, -2);
  const expected = new TextEncoder().encode('{"body":"a"}');
  for (const record of [view, Buffer.from(view), new DataView(bytes.buffer, 2, view.length), view.slice().buffer]) {
    assert.deepEqual(lens.lift(record), expected);
  }
});

test('a value is written as JSON.stringify writes it', () => {
  const same = pp.parseSchema('json-schema', {});
  const identity = same.lensTo(same);
  const check = (value: unknown, seed?: number): void => {
    const back = identity.lift(value);
    assert.equal(JSON.stringify(back), JSON.stringify(value), `seed ${seed}`);
    const { complement } = identity.get(value);
    assert.deepEqual(identity.put(value, complement), value);
  };
  const alphabet = ['a', '"', '\\', '/', '\n', '\b', '\f', '\r', '\t', '\u0000', '\u001f', '\u007f', 'ü', '߿', 'ࠀ', '東', '\uffff', '😀', '\ud800', '\udc00', '\u2028'];
  for (const unit of alphabet) for (const length of [1, 2, 191, 192, 193, 1000]) check({ [unit]: unit.repeat(length) });
  for (let seed = 1; seed <= 300; seed++) {
    const next = random(seed);
    const text = (): string => Array.from({ length: next() % (next() % 7 === 0 ? 300 : 8) }, () => alphabet[next() % alphabet.length]).join('');
    const number = (): number => [next(), -next(), next() / 7, next() * 2 ** 40, 1e21, 5e-324, -0.5][next() % 7] as number;
    const make = (depth: number): unknown => {
      const kind = next() % (depth > 4 ? 5 : 8);
      if (kind < 2) return text();
      if (kind < 4) return number();
      if (kind === 4) return [true, false, null][next() % 3];
      if (kind === 5) return Array.from({ length: next() % 5 }, () => make(depth + 1));
      return Object.fromEntries(Array.from({ length: next() % 6 }, () => [text(), make(depth + 1)]));
    };
    check([make(0)], seed);
  }
});

test('a record that is read while another is written is written whole', () => {
  const inner = { text: 'x'.repeat(10_000) };
  const record = {
    first: 'kept',
    get text(): string {
      return (lens.lift(inner) as { body: string }).body;
    },
    last: 'kept too',
  };
  assert.deepEqual(lens.lift(record), { first: 'kept', body: inner.text, last: 'kept too' });
});

test('a number that is an integer is that integer, safe or not', () => {
  const any = pp.parseSchema('json-schema', {});
  const identity = any.lensTo(any);
  for (const value of [2 ** 53, 2 ** 60, -(2 ** 63), 618124008466547328, 123456789012345680000]) {
    assert.equal((identity.lift({ value }) as { value: bigint }).value, BigInt(value));
    const { view, complement } = identity.get({ value });
    assert.equal((identity.put(view, complement) as { value: bigint }).value, BigInt(value));
  }
  assert.deepEqual(identity.lift({ value: 1e21 }), { value: 1e21 });
});
