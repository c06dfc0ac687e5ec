/** Streams of every framing, cut anywhere, with back-pressure. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Panproto, PanprotoCancelledError, PanprotoDataError, PanprotoError, PanprotoLimitError, PanprotoParseError } from '@panproto/core';
import type { Framing, OnError } from '@panproto/core';
import { WorkerPool } from '@panproto/core/worker';
import { lexicon } from './schemas.js';

const pp = await Panproto.init();
const lens = pp
  .parseSchema('atproto', lexicon({ text: 'string', count: 'integer' }, ['text']))
  .lensTo(pp.parseSchema('atproto', lexicon({ body: 'string', count: 'integer' }, ['body'])), { hints: { text: 'body' } });
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const bytes = (...parts: readonly (string | readonly number[])[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === 'string' ? [...utf8(part)] : part)));

function* cut(data: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < data.length; at += size) yield data.slice(at, at + size);
}

async function collect(pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const piece of pieces) parts.push(piece);
  return Buffer.concat(parts).toString('latin1');
}

function streamed(pieces: Iterator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    pull(controller) {
      const { done, value } = pieces.next();
      if (done === true) controller.close();
      else controller.enqueue(value);
    },
  });
}

/** What a stream gives, cut in pieces of every size; the same from the async iterator. */
async function check(framing: Framing, data: Uint8Array, expected: string | { readonly code: string }, onError?: OnError): Promise<void> {
  const options = { framing, ...(onError === undefined ? {} : { onError }) };
  for (const size of [1, 2, 7, 64, data.length || 1]) {
    const ways = [
      () => collect(streamed(cut(data, size)).pipeThrough(lens.stream(options)) as unknown as AsyncIterable<Uint8Array>),
      () => collect(lens.convertBytes(cut(data, size), options)),
    ];
    for (const way of ways) {
      if (typeof expected === 'string') assert.equal(await way(), Buffer.from(expected).toString('latin1'), `${framing}, pieces of ${size}`);
      else await assert.rejects(way, (error: unknown) => error instanceof PanprotoError && error.code === expected.code, `${framing}, pieces of ${size}`);
    }
  }
}

test('lines, an array, values and MessagePack, cut anywhere', async () => {
  await check('lines', utf8('{"text":"a"}\n\r\n{"text":"ü😀"}'), '{"body":"a"}\n{"body":"ü😀"}\n');
  await check('array', utf8(' [{"text":"]"} ,\n{"text":"ü😀","x":[1,\n{}]}]\n'), '{"body":"]"}\n{"body":"ü😀","x":[1, {}]}\n');
  await check('values', utf8('{"text":"a"}{"text":\n"b"}\n\n {"text":"c"}'), '{"body":"a"}\n{"body":"b"}\n{"body":"c"}\n');
  const packed = bytes([0x82, 0xa4], 'text', [0xa2], 'hi', [0xa5], 'count', [0xcd, 0x01, 0x2c], [0x81, 0xa4], 'text', [0xa0]);
  const views = bytes([0x82, 0xa4], 'body', [0xa2], 'hi', [0xa5], 'count', [0xcd, 0x01, 0x2c], [0x81, 0xa4], 'body', [0xa0]);
  for (const size of [1, 3, 100]) {
    assert.equal(await collect(lens.convertBytes(cut(packed, size), { framing: 'messagepack' })), Buffer.from(views).toString('latin1'));
  }
  for (const framing of ['lines', 'values', 'messagepack'] as const) await check(framing, utf8(''), '');
  await check('array', utf8('[]'), '');
});

test('a stream that is cut off, or is none, is refused', async () => {
  await check('array', utf8('[{"text":"a"},'), { code: 'json-syntax' });
  await check('array', utf8('{"text":"a"}'), { code: 'json-syntax' });
  await check('array', utf8('[{"text":"a"}] {}'), { code: 'json-syntax' });
  await check('array', utf8(''), { code: 'json-syntax' });
  await check('values', utf8('{"text":"a"} {"text":'), { code: 'json-syntax' });
  await check('lines', utf8('{"text":"a"}\n{"text":'), { code: 'json-syntax' });
  await check('messagepack', Uint8Array.of(0x81, 0xa4, 0x74), { code: 'msgpack-syntax' });
  await check('messagepack', Uint8Array.of(0xc1), { code: 'msgpack-syntax' });
  assert.throws(() => lens.stream({ framing: 'csv' as never }), { code: 'wrong-argument', path: 'framing' });
  await assert.rejects(collect(lens.convertBytes(['text'] as never)), { code: 'wrong-argument', path: 'source' });
  await assert.rejects(collect(lens.convertBytes(42 as never)), { code: 'wrong-argument', path: 'source' });
});

test('failures are told with their place in the stream, all of them', async () => {
  const records = Array.from({ length: 30_000 }, (_, at) => (at % 3 === 0 ? `{"text":"${at}"}` : '{}'));
  const offsets = [0];
  for (const record of records) offsets.push((offsets.at(-1) as number) + record.length + 1);
  for (const framing of ['lines', 'array'] as const) {
    const data = utf8(framing === 'lines' ? records.join('\n') : `[${records.join(',')}]`);
    const shift = framing === 'lines' ? 0 : 1;
    const failures: PanprotoError[] = [];
    const out = await collect(lens.convertBytes([data], { framing, onError: (error) => failures.push(error) }));
    assert.equal(out.split('\n').length - 1, 10_000);
    assert.equal(failures.length, 20_000);
    failures.forEach((error, at) => {
      const record = Math.floor(at / 2) * 3 + (at % 2) + 1;
      const line = framing === 'lines' ? record + 1 : null;
      assert.deepEqual([error.code, error.record, error.line, error.offset], ['required-missing', record, line, (offsets[record] as number) + shift]);
    });
    assert.equal(await collect(lens.convertBytes([data], { framing, onError: 'skip' })), out);
    await assert.rejects(collect(lens.convertBytes([data], { framing })), (error: unknown) => error instanceof PanprotoDataError && error.record === 1);
  }
  // The shortest records that there are.
  for (const [framing, data] of [['messagepack', new Uint8Array(5000).fill(0x80)], ['values', utf8('0 '.repeat(5000))], ['lines', utf8('0\n'.repeat(5000))]] as const) {
    const all: PanprotoError[] = [];
    assert.equal(await collect(lens.convertBytes([data], { framing, onError: (error) => all.push(error) })), '');
    assert.deepEqual(all.map(({ record }) => record), Array.from({ length: 5000 }, (_, at) => at), framing);
  }
  const lines: PanprotoError[] = [];
  lens.liftNdjson(utf8(records.join('\n')), { onError: (error) => lines.push(error) });
  assert.equal(lines.length, 20_000);
  assert.deepEqual([lines.at(-1)?.record, lines.at(-1)?.line, lines.at(-1)?.offset], [29_999, 30_000, offsets[29_999]]);
});

test('the records before one that fails come before its error, wherever the input is cut', async () => {
  const pool = new WorkerPool({ size: 2 });
  const records = ['{"text":"a"}', '{"text":"b"}', '{"txt":"c"}', '{"text":"d"}'];
  for (const framing of ['lines', 'array', 'values'] as const) {
    const data = utf8(framing === 'array' ? `[${records.join(',')}]` : records.join('\n'));
    const offset = framing === 'array' ? 27 : 26;
    for (const size of [1, 5, 13, 1000]) {
      const ways = [
        () => lens.convertBytes(cut(data, size), { framing }),
        () => streamed(cut(data, size)).pipeThrough(lens.stream({ framing })) as unknown as AsyncIterable<Uint8Array>,
        () => pool.convert(lens, cut(data, size), { framing }),
      ];
      for (const [at, way] of ways.entries()) {
        let out = '';
        await assert.rejects(
          async () => {
            for await (const piece of way()) out += Buffer.from(piece).toString();
          },
          { code: 'required-missing', record: 2, offset, line: framing === 'lines' ? 3 : null },
        );
        assert.equal(out, '{"body":"a"}\n{"body":"b"}\n', `${framing}, pieces of ${size}, way ${at}`);
      }
    }
  }
  const values = Array.from({ length: 400 }, (_, at) => ({ text: at === 300 ? new Date(0) : `${at}` }));
  let came = 0;
  await assert.rejects(
    async () => {
      for await (const view of lens.convert(values)) assert.deepEqual(view, { body: `${came++}` });
    },
    { code: 'not-representable', path: 'text', record: 300 },
  );
  assert.equal(came, 300);
  // What a source ends with comes after what it gave.
  let out = '';
  const broken = (function* (): Generator<Uint8Array> {
    yield utf8('{"text":"a"}\n');
    throw new Error('the connection was lost');
  })();
  await assert.rejects(async () => {
    for await (const piece of pool.convert(lens, broken)) out += Buffer.from(piece).toString();
  }, /the connection was lost/);
  assert.equal(out, '{"body":"a"}\n');
  pool.dispose();
});

test('a source that gives nothing any more can be cancelled', async () => {
  const pool = new WorkerPool({ size: 1 });
  const silent = async function* (): AsyncGenerator<Uint8Array> {
    yield utf8('{"text":"a"}\n');
    await new Promise(() => {});
  };
  let left: unknown = null;
  const stream = (): ReadableStream<Uint8Array> => new ReadableStream({ cancel: (reason) => void (left = reason ?? 'left') });
  for (const way of [
    (signal: AbortSignal) => lens.convertBytes(silent(), { signal }),
    (signal: AbortSignal) => lens.convertBytes(stream(), { signal }),
    (signal: AbortSignal) => lens.convert(silent(), { signal }),
    (signal: AbortSignal) => lens.convert([new Promise(() => {})], { signal }),
    (signal: AbortSignal) => pool.convert(lens, silent(), { signal }),
    (signal: AbortSignal) => pool.convert(lens, silent(), { signal, framing: 'values' }),
  ]) {
    const stop = new AbortController();
    setTimeout(() => stop.abort('enough'), 5);
    await assert.rejects(
      async () => {
        for await (const _ of way(stop.signal));
      },
      (error: unknown) => error instanceof PanprotoCancelledError && error.cause === 'enough',
    );
  }
  assert.equal(left, 'left');
  pool.dispose();
});

test('what is no policy, no direction and no source of records is refused', async () => {
  const nothing = utf8('');
  for (const onError of ['collect', 'ignore', 5] as never[]) {
    assert.throws(() => lens.stream({ onError }), { code: 'wrong-argument', path: 'onError' });
    assert.throws(() => lens.liftNdjson(utf8('{}'), { onError }), { code: 'wrong-argument', path: 'onError' });
    await assert.rejects(collect(lens.convertBytes(nothing, { onError })), { code: 'wrong-argument', path: 'onError' });
  }
  assert.throws(() => lens.stream({ direction: 'put' as never }), { code: 'wrong-argument', path: 'direction' });
  await assert.rejects(lens.convert([], { direction: 'put' as never }).next(), { code: 'wrong-argument', path: 'direction' });
  for (const records of ['{"text":"a"}', utf8('{}'), { text: 'a' }, null, undefined, new Blob([])]) {
    await assert.rejects(lens.convert(records as never).next(), { code: 'wrong-argument', path: 'records' });
  }
});

test('a record larger than a slice takes its time, one beyond the limit is refused', async () => {
  const long = `{"text":"${'x'.repeat(3 << 20)}"}`;
  for (const framing of ['array', 'values'] as const) {
    const data = utf8(framing === 'array' ? `[${long},{"text":"b"}]` : `${long}{"text":"b"}`);
    const out = await collect(lens.convertBytes(cut(data, 100_000), { framing }));
    assert.equal(out, `${long.replace('text', 'body')}\n{"body":"b"}\n`);
  }
  const small = await Panproto.init();
  small.setLimits({ recordBytes: 1000 });
  const limited = small.parseSchema('json-schema', { type: 'object' });
  const endless = (function* (): Generator<Uint8Array> {
    yield utf8('["');
    for (let at = 0; at < 1000; at++) yield utf8('x'.repeat(10_000));
  })();
  const identity = limited.lensTo(limited);
  await assert.rejects(collect(identity.convertBytes(endless, { framing: 'array' })), PanprotoLimitError);
  // A line without an end is not kept: neither here nor for workers.
  const pool = new WorkerPool({ size: 1 });
  for (const size of [1000, 300_000, 5 << 20]) {
    for (const way of [(source: Iterable<Uint8Array>) => identity.convertBytes(source, { onError: 'skip' }), (source: Iterable<Uint8Array>) => pool.convert(identity, source, { onError: 'skip' })]) {
      let given = 0;
      const line = (function* (): Generator<Uint8Array> {
        yield utf8('{}\n\n');
        for (; given < 20 << 20; given += size) yield new Uint8Array(size).fill(0x78);
      })();
      let out = '';
      await assert.rejects(
        async () => {
          for await (const piece of way(line)) out += Buffer.from(piece).toString();
        },
        { code: 'limit-size', record: 1, line: 3, offset: 4 },
      );
      assert.equal(out, '{}\n');
      assert.ok(given <= 6 << 20, `${given} bytes were taken in pieces of ${size}`);
    }
  }
  // One that ends soon enough is a record that fails.
  const soon = [utf8('{}\n'), new Uint8Array(500_000).fill(0x78), utf8('\n{}\n')];
  assert.equal(await collect(identity.convertBytes(soon, { onError: 'skip' })), '{}\n{}\n');
  assert.equal(await collect(pool.convert(identity, soon, { onError: 'skip' })), '{}\n{}\n');
  pool.dispose();
});

test('no more is read than is asked for', async () => {
  let taken = 0;
  const source = new ReadableStream<Uint8Array>({
    pull(controller) {
      taken++;
      controller.enqueue(utf8('{"text":"a"}{"text":"b"}'));
    },
  });
  const reader = source.pipeThrough(lens.stream({ framing: 'values' })).getReader();
  for (let at = 0; at < 20; at++) await reader.read();
  await new Promise((resolve) => setTimeout(resolve, 10));
  assert.ok(taken < 30, `${taken} pieces were taken`);
  await reader.cancel();

  let asked = 0;
  const pieces = lens.convertBytes(
    (function* () {
      for (;;) {
        asked++;
        yield utf8('{"text":"a"}\n');
      }
    })(),
  );
  for (let at = 0; at < 5; at++) await pieces.next();
  assert.equal(asked, 5);
  await pieces.return();
});

test('the memory of a piece may be used again', async () => {
  const buffer = new Uint8Array(64);
  function* reused(): Generator<Uint8Array> {
    for (const piece of cut(utf8('[{"text":"abc"},{"text":"defghi"}]'), 5)) {
      buffer.fill(0x78).set(piece);
      yield buffer.subarray(0, piece.length);
    }
  }
  assert.equal(await collect(lens.convertBytes(reused(), { framing: 'array' })), '{"body":"abc"}\n{"body":"defghi"}\n');
});

test('it goes backwards, tells progress and can be cancelled', async () => {
  const data = utf8(`[${Array.from({ length: 1000 }, (_, at) => `{"body":"${at}"}`).join(',')}]`);
  const told: { records: number; bytes: number }[] = [];
  const out = await collect(lens.convertBytes(new Blob([data as BlobPart]), { framing: 'array', direction: 'create', onProgress: (now) => told.push(now) }));
  assert.equal(out.split('\n')[999], '{"text":"999"}');
  assert.deepEqual(told.at(-1), { records: 1000, bytes: data.length });
  const stop = new AbortController();
  await assert.rejects(async () => {
    for await (const piece of lens.convertBytes(cut(data, 1000), { framing: 'array', direction: 'create', signal: stop.signal })) {
      assert.ok(piece.length > 0);
      stop.abort('enough');
    }
  }, (error: unknown) => error instanceof PanprotoCancelledError && error.cause === 'enough');
});

test('a pool takes every framing', async () => {
  const pool = new WorkerPool({ size: 2 });
  const records = Array.from({ length: 5000 }, (_, at) => (at === 4000 ? '{}' : `{"text":"${at}"}`));
  const data = utf8(`[${records.join(',')}]`);
  const failures: PanprotoError[] = [];
  const out = await collect(pool.convert(lens, new Blob([data as BlobPart]), { framing: 'array', onError: (error) => failures.push(error) }));
  assert.equal(out, await collect(lens.convertBytes([data], { framing: 'array', onError: 'skip' })));
  assert.deepEqual(failures.map(({ record }) => record), [4000]);
  await assert.rejects(collect(pool.convert(lens, utf8('[{]'), { framing: 'array' })), PanprotoParseError);
  const many: PanprotoError[] = [];
  await collect(pool.convert(lens, utf8('{}\n'.repeat(5000)), { onError: (error) => many.push(error) }));
  assert.deepEqual([many.length, many.at(-1)?.record, many.at(-1)?.line], [5000, 4999, 5000]);
  pool.dispose();
});
