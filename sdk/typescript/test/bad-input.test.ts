import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  Panproto,
  PanprotoDataError,
  PanprotoError,
  PanprotoLensError,
  PanprotoLimitError,
  PanprotoParseError,
  PanprotoSchemaError,
  PanprotoUsageError,
} from '@panproto/core';
import { lexicon } from './schemas.js';
import { random } from './random.js';

const pp = await Panproto.init();
const old = pp.parseSchema('atproto', lexicon({ text: 'string', count: 'integer', gone: 'string' }, ['text']));
const next = pp.parseSchema('atproto', lexicon({ body: 'string', count: 'integer' }, ['body']));
const lens = old.lensTo(next, { hints: { text: 'body' } });
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Runs what has to fail, and then what has to work all the same. */
function fails(step: () => unknown, check: (error: PanprotoError) => void): void {
  assert.throws(step, (error: unknown) => {
    assert.ok(error instanceof PanprotoError, String(error));
    check(error);
    return true;
  });
  assert.equal(lens.lift('{"text":"fine"}'), '{"body":"fine"}');
}

function code(step: () => unknown, expected: string, path?: string | null): void {
  fails(step, (error) => {
    assert.equal(error.code, expected, error.message);
    if (path !== undefined) assert.equal(error.path, path);
  });
}

test('malformed JSON at every byte is an error with a span', () => {
  const record = '{"text":"a\\u00e9ü","count":-12,"x":[true,null,{"y":1.5e3}]}';
  assert.equal(typeof lens.lift(record), 'string');
  const bytes = utf8(record);
  for (let at = 0; at < bytes.length; at++) {
    fails(
      () => lens.lift(bytes.subarray(0, at)),
      (error) => {
        assert.ok(error instanceof PanprotoParseError, `${at}: ${error.name} ${error.code}`);
        assert.notEqual(error.span, null, `${at}: ${error.code}`);
      },
    );
    for (const byte of [0xff, 0x00, 0x7d, 0x22]) {
      const broken = bytes.slice();
      broken[at] = byte;
      let valid = true;
      try {
        JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(broken));
      } catch {
        valid = false;
      }
      if (valid) continue;
      fails(() => lens.lift(broken), (error) => assert.ok(error instanceof PanprotoParseError && error.span !== null, `${at}/${byte}`));
    }
  }
});

test('spans count bytes of bytes and UTF-16 units of text', () => {
  const record = '{"text":"é😀",!}';
  fails(() => lens.lift(record), (error) => assert.equal(error.span?.[0], record.indexOf('!')));
  fails(() => lens.lift(utf8(record)), (error) => assert.equal(error.span?.[0], utf8(record).indexOf(0x21)));
  fails(() => pp.parseSchema('atproto', '{"é": 1,}'), (error) => assert.equal(error.span?.[0], 8));
});

test('nesting of 100,000 levels is a limit', () => {
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  code(() => lens.lift(`{"text":"a","x":${deep}}`), 'limit-depth');
  code(() => lens.lift(utf8(`{"text":"a","x":${deep}}`)), 'limit-depth');
  code(() => pp.parseSchema('json-schema', `{"default":${deep}}`), 'limit-depth');
  let value: unknown = 'x';
  for (let level = 0; level < 100_000; level++) value = [value];
  fails(() => lens.lift({ text: 'a', x: value }), (error) => assert.ok(error instanceof PanprotoLimitError && error.code === 'limit-depth'));
});

test('a lexicon of 5,000 levels is refused', () => {
  let type: object = { type: 'string' };
  for (let level = 0; level < 5_000; level++) type = { type: 'array', items: type };
  fails(() => pp.parseSchema('atproto', lexicon({ deep: type })), (error) => assert.match(error.code, /^limit-/));
});

test('a string of 200 MB is a limit, and its memory is given back', () => {
  const bytes = new Uint8Array(200 << 20).fill(0x61);
  bytes.set(utf8('{"text":"'));
  bytes.set(utf8('"}'), bytes.length - 2);
  code(() => lens.lift(bytes), 'limit-size');
  fails(() => lens.liftNdjson(bytes), (error) => assert.match(error.code, /^limit-/));
  assert.ok(pp._runtime.memoryBytes < 64 << 20);
});

test('memory that an operation needs counts, and the next call works', () => {
  const held = pp.setLimits({});
  const properties = Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [`field_${at}`, { type: 'string', maxLength: at }]));
  try {
    pp.setLimits({ memoryBytes: 4 << 20 });
    fails(() => pp.parseSchema('json-schema', { type: 'object', properties }), (error) => {
      assert.ok(error instanceof PanprotoLimitError);
      assert.equal(error.code, 'limit-memory');
      assert.match(error.help ?? '', /memoryBytes/);
    });
    // The least that there is lets a record through, and another limit be set.
    pp.setLimits({ memoryBytes: 0 });
    assert.equal(lens.lift('{"text":"a"}'), '{"body":"a"}');
  } finally {
    pp.setLimits({ memoryBytes: held.memoryBytes });
  }
  assert.equal(pp.parseSchema('json-schema', { type: 'object', properties }).fields().length, 20_000);
});

test('a repeated member is refused where it is declared, and passes elsewhere', () => {
  code(() => lens.lift('{"text":"a","text":"b"}'), 'duplicate-member', 'text');
  code(() => lens.lift('{"text":"a","te\\u0078t":"b"}'), 'duplicate-member', 'text');
  const twice = '{"body":"a","x":{"y":1,"y":2}}';
  assert.equal(lens.lift('{"text":"a","x":{"y":1,"y":2}}'), twice);
});

test('half of a surrogate pair is refused as text, and kept as an escape', () => {
  code(() => lens.lift(Uint8Array.of(0x7b, 0x22, 0x74, 0x22, 0x3a, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x7d)), 'text-encoding');
  fails(() => lens.lift('{"text":"\ud800"}'), (error) => assert.deepEqual([error.code, error.span], ['text-encoding', [9, 10]]));
  assert.equal(lens.lift('{"text":"\\ud800"}'), '{"body":"\\ud800"}');
  assert.deepEqual(lens.lift({ text: '\ud800', '\udc00': '\udc00\ud800' }), { body: '\ud800', '\udc00': '\udc00\ud800' });
});

test('numbers that are no JSON are refused; numbers that no double holds come through', () => {
  for (const text of ['NaN', 'Infinity', '-Infinity', '01', '1.', '.5', '+1', '0x1']) {
    fails(() => lens.lift(`{"text":"a","x":${text}}`), (error) => assert.equal(error.code, 'json-syntax'));
  }
  for (const value of [NaN, Infinity, -Infinity]) code(() => lens.lift({ text: 'a', x: [0, { y: value }] }), 'not-representable', 'x[1].y');
  const exact = '"x":[1e400,18446744073709551616,123456789012345678901234567890,1.0,-0,1E+2]';
  const { view, complement } = lens.get(`{"text":"a",${exact}}`);
  assert.equal(view, `{"body":"a",${exact}}`);
  assert.equal(lens.put(view, complement), `{"text":"a",${exact}}`);
});

test('any name can be the name of a member', () => {
  const text = '{"text":"a","__proto__":{"__proto__":1},"constructor":2,"":3,"\\u0000":4,"toString":5}';
  const { view, complement } = lens.get(text);
  assert.equal(view, text.replace('text', 'body'));
  assert.equal(lens.put(view, complement), text);
  const record: unknown = JSON.parse(text);
  const got = lens.get(record);
  assert.deepEqual(got.view, JSON.parse(view));
  assert.ok(Object.hasOwn(got.view as object, '__proto__'));
  assert.deepEqual(lens.put(got.view, got.complement), record);
  assert.equal(({} as Record<string, unknown>)['1'], undefined);
});

test('references that lead nowhere', () => {
  const cycle = { lexicon: 1, id: 'com.example.a', defs: { a: { type: 'ref', ref: '#b' }, b: { type: 'ref', ref: '#a' } } };
  fails(() => pp.parseSchema('atproto', cycle), (error) => assert.ok(error.path !== null || error.span !== null, error.code));
  const nowhere = lexicon({ a: { type: 'ref', ref: '#nothing' } });
  fails(() => pp.parseSchema('atproto', nowhere), (error) => assert.ok(error.path !== null || error.span !== null, error.code));
  const elsewhere = pp.parseSchema('atproto', lexicon({ a: { type: 'ref', ref: 'com.example.other#thing' } }));
  assert.ok(elsewhere.diagnostics.length > 0);
  assert.ok(elsewhere.diagnostics.every((note) => note instanceof PanprotoError));
});

test('a schema that is no schema says where', () => {
  fails(() => pp.parseSchema('atproto', '[]'), (error) => assert.ok(error instanceof PanprotoSchemaError || error instanceof PanprotoParseError));
  code(() => pp.parseSchema('cobol', '{}'), 'unknown-language');
  fails(() => pp.parseSchema('atproto', { lexicon: 1, id: 'x', defs: { main: { type: 'robot' } } }), (error) => assert.ok(error.path !== null || error.span !== null));
  fails(() => pp.migrate(old, 'schema' as never), (error) => assert.ok(error instanceof PanprotoUsageError && error.path === 'next'));
  fails(() => old.fields('#nothing'), (error) => assert.equal(error.code, 'unknown-root'));
});

test('complements of another migration, cut ones and broken ones are refused', () => {
  const record = '{"gone":"kept","text":"a","count":1}';
  const { view, complement } = lens.get(record);
  const other = old.lensTo(pp.parseSchema('atproto', lexicon({ text: 'string', gone: 'string' })));
  code(() => other.put('{"text":"a"}', complement), 'complement-foreign');
  code(() => lens.put(view, new Uint8Array()), 'complement-truncated');
  for (let length = 0; length < complement.length; length++) {
    fails(() => lens.put(view, complement.subarray(0, length)), (error) => assert.match(error.code, /^complement-/));
  }
  for (let at = 0; at < complement.length; at++) {
    const broken = complement.slice();
    broken[at] = (broken[at] as number) ^ 0x10;
    fails(() => lens.put(view, broken), (error) => assert.match(error.code, /^complement-/, `byte ${at}`));
  }
  code(() => lens.put(view, Uint8Array.of(...complement, 0)), 'complement-left-over');
  fails(() => lens.put(view, 'complement' as never), (error) => assert.ok(error instanceof PanprotoUsageError));
});

test('with the complement of another record the laws hold', () => {
  const { complement } = lens.get({ text: 'one', gone: 'of one', count: 1 });
  const view = { body: 'two', count: 2 };
  const record = lens.put(view, complement);
  assert.deepEqual(lens.get(record).view, view);
});

test('a complement of another record is told', () => {
  const of = (properties: object) =>
    pp.parseSchema('json-schema', { type: 'object', properties: { items: { type: 'array', items: { type: 'object', properties } } } });
  const id = { type: 'integer' };
  const drop = of({ id, flag: { type: 'boolean' } }).lensTo(of({ id }));
  const [mine, other] = [[1], [2, 3]].map((ids) => drop.get({ items: ids.map((id) => ({ id, flag: true })) }));
  assert.ok(mine !== undefined && other !== undefined);
  const told: string[] = [];
  const record = drop.put(mine.view, other.complement, { onNote: ({ code, path }) => told.push(`${code} ${path}`) });
  assert.deepEqual(drop.lift(record), mine.view);
  assert.deepEqual(told, ['item-identity-unclear items', 'items-unpaired items']);
});

test('an edit that the source cannot carry is refused with its path', () => {
  const { view, complement } = lens.get({ text: 'a', gone: 'x' });
  fails(() => lens.put({ ...view, text: 'shadows' }, complement), (error) => {
    assert.ok(error instanceof PanprotoLensError);
    assert.deepEqual([error.code, error.path], ['view-not-representable', 'text']);
  });
  const narrow = old.lensTo(pp.parseSchema('atproto', lexicon({ text: 'string', count: { type: 'integer', maximum: 9 } })));
  fails(() => narrow.lift({ text: 'a', count: 10 }), (error) => {
    assert.ok(error instanceof PanprotoDataError);
    assert.equal(error.path, 'count');
  });
  fails(() => lens.lift([]), (error) => assert.ok(error instanceof PanprotoDataError && error.code === 'type-mismatch'));
  fails(() => lens.lift({ count: 5 }), (error) => assert.deepEqual([error.code, error.path], ['required-missing', 'body']));
});

test('truncated and random requests are errors, never more', () => {
  const seed = 20261122;
  const next = random(seed);
  const whole = [pp._runtime.callBytes(Uint8Array.of(0x81, 0xa2, 0x6f, 0x70, 0xa3, 0x6f, 0x70, 0x73)).answer];
  const request = Uint8Array.of(0x83, 0xa2, 0x6f, 0x70, 0xac, ...utf8('schema.parse'), 0xa8, ...utf8('language'), 0xa7, ...utf8('atproto'), 0xa9, ...utf8('documents'), 0x91, 0xa2, 0x7b, 0x7d);
  assert.equal(pp._runtime.callBytes(request).status, 1);
  for (let length = 0; length < request.length; length++) {
    assert.equal(pp._runtime.callBytes(request.subarray(0, length)).status, 1, `cut at ${length}`);
  }
  for (let round = 0; round < 2_000; round++) {
    const bytes = Uint8Array.from({ length: next() % 80 }, () => next());
    assert.equal(pp._runtime.callBytes(bytes).status, 1, `seed ${seed}, round ${round}`);
    const bent = request.slice();
    bent[next() % bent.length] = next();
    pp._runtime.callBytes(bent);
  }
  assert.ok(whole.length > 0);
  assert.equal(lens.lift('{"text":"fine"}'), '{"body":"fine"}');
});

test('getters and proxies that fail are errors with a path, and the next call is fine', () => {
  const failure = new Error('out of order');
  const fail = (): never => {
    throw failure;
  };
  const getter = { text: 'a', deep: [{ get x(): string { return fail(); } }] };
  fails(() => lens.lift(getter), (error) => {
    assert.ok(error instanceof PanprotoDataError);
    assert.deepEqual([error.code, error.path, error.cause], ['not-readable', 'deep[0].x', failure]);
  });
  for (const trap of ['get', 'ownKeys', 'getPrototypeOf', 'getOwnPropertyDescriptor'] as const) {
    const proxy = new Proxy({ y: 1 }, { [trap]: fail });
    fails(() => lens.get({ text: 'a', x: proxy }), (error) => assert.deepEqual([error.code, error.cause], ['not-readable', failure], trap));
  }
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  fails(() => lens.lift({ text: 'a', x: proxy }), (error) => assert.deepEqual([error.code, error.path], ['not-readable', 'x']));
  fails(() => lens.lift(proxy), (error) => assert.deepEqual([error.code, error.path], ['not-readable', '']));
  // What is thrown may be anything.
  for (const thrown of [Object.create(null), Symbol('s'), undefined]) {
    const throwing = { get text(): never { throw thrown; } };
    fails(() => lens.lift(throwing), (error) => assert.deepEqual([error.code, error.path, error.cause], ['not-readable', 'text', thrown]));
  }
  // An error of this package that a getter meets is the cause, not the answer.
  const inner = { get text(): unknown { return lens.lift({ text: new Map() }); } };
  fails(() => lens.lift(inner), (error) => assert.ok(error.code === 'not-readable' && (error.cause as PanprotoError).code === 'not-representable'));
});

test('bytes inside of a record are refused, and so are buffers that were given away', () => {
  for (const value of [new Uint8Array(2), new Float64Array(1), new ArrayBuffer(2), new DataView(new ArrayBuffer(2)), Buffer.from('x')]) {
    code(() => lens.lift({ text: 'a', x: value }), 'not-representable', 'x');
  }
  const forged = { [Symbol.toStringTag]: 'ArrayBuffer', text: 'a' };
  fails(() => lens.lift(forged), (error) => assert.equal(error.code, 'not-representable'));
  const { complement } = lens.get({ text: 'a' });
  const gone = (): Uint8Array => {
    const bytes = utf8('{"text":"a"}\n');
    structuredClone(bytes.buffer, { transfer: [bytes.buffer as ArrayBuffer] });
    return bytes;
  };
  const shrunk = (): Uint8Array => {
    const Resizable = ArrayBuffer as unknown as new (length: number, options: object) => ArrayBuffer;
    const buffer = new Resizable(20, { maxByteLength: 20 });
    const bytes = new Uint8Array(buffer, 5, 10);
    (buffer as ArrayBuffer & { resize(length: number): void }).resize(8);
    return bytes;
  };
  assert.equal(lens.liftNdjson(new Uint8Array(0)).length, 0);
  for (const step of [
    () => lens.lift(shrunk()),
    () => lens.liftNdjson(shrunk()),
    () => lens.lift(gone()),
    () => lens.lift(gone().buffer),
    () => lens.liftNdjson(gone()),
    () => lens.put({ body: 'a' }, gone()),
    () => lens.putNdjson(gone(), complement),
    () => pp.parseSchema('json-schema', gone()),
    () => Panproto.initSync(gone()),
  ]) {
    fails(step, (error) => assert.ok(error instanceof PanprotoUsageError && error.code === 'detached-buffer', error.message));
  }
});

test('what JavaScript has besides records is refused everywhere a record is taken', async () => {
  for (const value of [undefined, null, Symbol('s'), () => 0, new Map([['text', 'a']]), new Set(), new Date(0), new WeakMap(), Promise.resolve({}), /x/, new Error('x'), Object(1n), NaN]) {
    for (const step of [() => lens.lift(value), () => lens.get(value), () => lens.create(value), () => lens.put(value, lens.get({ text: 'a' }).complement), () => lens.checkLaws(value)]) {
      fails(step, (error) => assert.ok(error instanceof PanprotoDataError, `${String(value)}: ${error.name}`));
    }
    if (value instanceof Promise) continue;
    await assert.rejects(async () => {
      for await (const _ of lens.convert([value])) assert.fail();
    }, (error: unknown) => error instanceof PanprotoDataError && error.record === 0);
  }
});

test('a module that is cut off is refused wherever it is cut', async () => {
  const { readFileSync } = await import('node:fs');
  const { fileURLToPath } = await import('node:url');
  const wasm = readFileSync(fileURLToPath(import.meta.resolve('@panproto/core/panproto.wasm')));
  for (const length of [0, 4, 8, 100, wasm.length >> 1, wasm.length - 1]) {
    const cut = wasm.subarray(0, length);
    const expected = (error: unknown): boolean => error instanceof PanprotoError && ['module-compile', 'module-foreign'].includes(error.code);
    assert.throws(() => Panproto.initSync(cut), expected, `${length} bytes`);
    await assert.rejects(Panproto.init(new Response(cut, { headers: { 'content-type': 'application/wasm' } })), expected, `${length} bytes`);
  }
  assert.equal(lens.lift('{"text":"fine"}'), '{"body":"fine"}');
});

test('handles that name nothing are refused', () => {
  const run = { op: 1, flags: 0, input: [utf8('{"text":"a"}')] };
  for (const [slot, generation] of [[0, 999], [999, 0], [0xffff_ffff, 0xffff_ffff]] as const) {
    code(() => pp._runtime.runHandle(slot, generation, run), 'stale-handle');
  }
  code(() => pp._runtime.runHandle(0, 0, { ...run, op: 99 }), 'unknown-operation');
  code(() => lens._run(1, 0xff, run.input), 'unknown-flag');
});

test('arguments that have no members are refused, and not taken for none', () => {
  const hints = new Map([['text', 'body']]) as never;
  fails(() => pp.migrate(old, next, { hints }), (error) => assert.ok(error instanceof PanprotoUsageError && error.code === 'wrong-argument' && error.path === 'hints'));
  code(() => pp.migrate(old, next, { hints: { text: new Date(0) as never } }), 'wrong-argument', 'hints.text');
  code(() => pp.migrate(old, next, { hints: (() => 0) as never }), 'wrong-argument', 'hints');
  assert.equal(pp.migrate(old, next, { hints: Object.assign(Object.create(null), { text: 'body' }) }).decided, true);
});

test('a value that cannot be one is told with its place among the options', () => {
  const defaults = (value: unknown): (() => unknown) => () => pp.migrate(old, next, { hints: { text: 'body' }, defaults: value as never });
  code(defaults(new Map([['body', 'x']])), 'wrong-argument', 'defaults');
  code(defaults({ body: undefined }), 'wrong-argument', 'defaults.body');
  code(defaults({ body: new Date(0) }), 'not-representable', 'defaults.body');
  code(defaults({ body: { a: [NaN] } }), 'not-representable', 'defaults.body.a[0]');
  code(() => pp.chain.removeField('', 'text').fleet(new Map([['old', old]]) as never), 'wrong-argument', 'schemas');
});

test('a migration file that was cut, edited or damaged is told to be that', () => {
  const saved = old.migrateTo(next, { hints: { text: 'body' } }).toJSON();
  assert.equal(pp.loadMigration(saved).decided, true);
  const bytes = Buffer.from(saved.bytes, 'base64');
  for (let at = 0; at < bytes.length; at += 7) {
    const flipped = Buffer.from(bytes);
    flipped[at] = (flipped[at] as number) ^ 1;
    code(() => pp.loadMigration({ ...saved, bytes: flipped.toString('base64') }), 'migration-file');
    code(() => pp.loadMigration({ ...saved, bytes: bytes.subarray(0, at).toString('base64') }), 'migration-file');
  }
  for (const edit of [{ decided: undefined }, { lossless: 'yes' }, { questions: null }, { format: 'panproto migration 9' }, { bytes: '!!!' }, { digest: '' }]) {
    code(() => pp.loadMigration({ ...saved, ...edit } as never), 'migration-file');
  }
});

test('a dialect that there is not, and a byte-order mark, are said to be what they are', () => {
  code(() => pp.parseSchema('json-schema', {}, { dialect: 'draft-99' }), 'dialect-unknown');
  assert.equal(pp.parseSchema('json-schema', {}, { dialect: 'draft-07' }).dialect, 'draft-07');
  fails(() => pp.parseSchema('json-schema', '\ufeff{}'), (error) => {
    assert.ok(error instanceof PanprotoParseError && /byte-order mark/.test(error.message) && error.help !== null);
    assert.deepEqual(error.span, [0, 1]);
  });
});

test('errors tell logs everything', () => {
  fails(() => pp.parseSchema('json-schema', '{"a": 1,}'), (error) => {
    const told = JSON.parse(JSON.stringify(error)) as Record<string, unknown>;
    assert.deepEqual([told['name'], told['message'], told['code'], told['span']], ['PanprotoParseError', error.message, 'json-syntax', [8, 9]]);
  });
});

test('what is no schema, migration, lens, protocol or instance is told by the name of the argument', async () => {
  const none = ['{"type": "object"}', { type: 'object' }, null, undefined, 5];
  const any = (value: unknown): never => value as never;
  const migration = old.migrateTo(next, { hints: { text: 'body' } });
  const lexicons = [pp.parseLexicon(lexicon({ text: 'string' })), pp.instance(old, { text: 'a' })] as const;
  const steps: readonly (readonly [string, (value: unknown) => unknown])[] = [
    ['next', (value) => old.diff(any(value))],
    ['next', (value) => old.migrateTo(any(value))],
    ['next', (value) => old.lensTo(any(value))],
    ['next', (value) => migration.andThen(any(value))],
    ['next', (value) => lens.andThen(any(value))],
    ['migration', (value) => pp.chain.fromMigration(any(value))],
    ['protocol', (value) => lexicons[0].validate(any(value))],
    ['source', (value) => lexicons[1].eval(any(value))],
    ['schema', (value) => pp.io().parse('atproto', any(value), '{}')],
    ['instance', (value) => pp.io().emit('atproto', old, any(value))],
    ['instance', (value) => pp.editLens(migration, any(value))],
    ['m1', (value) => pp.compose(any(value), any(value))],
    ['l1', (value) => pp.composeLenses(any(value), any(value))],
    ['schema', (value) => pp.theory('ThATProtoSchema').modelOf(any(value))],
  ];
  for (const [path, step] of steps) for (const value of none) code(() => step(value), 'wrong-argument', path);
  code(() => lens.andThen(any(migration)), 'wrong-argument', 'next');
  for (const value of [null, undefined, 5]) {
    code(() => pp.compileMigration(any(value)), 'wrong-argument', 'declaration');
    code(() => pp.protocol(any(value)), 'wrong-argument', 'name');
    code(() => pp.versions(any(value)), 'wrong-argument', 'conversions');
    code(() => pp.tables(old, any(value)), 'wrong-argument', 'records');
    code(() => lens.coverage(any(value)), 'wrong-argument', 'records');
    await assert.rejects(pp.convert({ text: 'a' }, any(value)), { code: 'wrong-argument' });
  }
});
