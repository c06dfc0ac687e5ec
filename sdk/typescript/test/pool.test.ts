import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Panproto, PanprotoCancelledError, PanprotoError, PanprotoParseError } from '@panproto/core';
import { WorkerPool } from '@panproto/core/worker';
import type { Channel } from '@panproto/core/worker';
import { lexicon } from './schemas.js';

const pp = await Panproto.init();
const lens = pp.parseSchema('atproto', lexicon({ text: 'string', count: 'integer' })).lensTo(pp.parseSchema('atproto', lexicon({ body: 'string', count: 'integer' })), { hints: { text: 'body' } });
const pool = new WorkerPool({ size: 2 });
const lines = (count: number): Uint8Array =>
  new TextEncoder().encode(Array.from({ length: count }, (_, at) => `{"text":"record ${at}","count":${at}}\n`).join(''));
const collect = async (pieces: AsyncIterable<Uint8Array>): Promise<string> => {
  const parts: BlobPart[] = [];
  for await (const piece of pieces) parts.push(piece as BlobPart);
  return new Blob(parts).text();
};

test('workers convert what one thread converts, in order, with progress', async () => {
  const data = lines(60_000);
  const expected = new TextDecoder().decode(lens.liftNdjson(data));
  const progress: { records: number; bytes: number }[] = [];
  assert.equal(await collect(pool.convert(lens, data, { onProgress: (now) => progress.push(now) })), expected);
  assert.deepEqual(progress.at(-1), { records: 60_000, bytes: data.length });
  assert.ok(progress.length > 1);
  assert.ok(data[0] === 0x7b && data.length > 0, 'what was given is not taken away');
  assert.equal(await new Response(pool.stream(lens, new Blob([data as BlobPart]))).text(), expected);
  const cut = [data.subarray(0, 7), data.subarray(7, 100_001), data.subarray(100_001)];
  assert.equal(await collect(pool.convert(lens, cut)), expected);
  const views = new TextEncoder().encode(expected);
  assert.equal(await collect(pool.convert(lens, views, { direction: 'create' })), new TextDecoder().decode(data));
});

test('what the asking thread does at once is little: slices are small, wherever they come from and wherever they are cut', async () => {
  const data = lines(60_000);
  assert.ok(data.length > 2 << 20);
  const long = new TextEncoder().encode(`{"text":"${'x'.repeat(1 << 20)}","count":1}\n`);
  for (const source of [data, new Blob([data as BlobPart]), [data.subarray(0, 1_000_003), data.subarray(1_000_003)]]) {
    const sizes: number[] = [];
    for await (const piece of pool.convert(lens, source)) sizes.push(piece.length);
    assert.ok(Math.max(...sizes) <= 256 << 10, `${Math.max(...sizes)} bytes at once`);
  }
  // Only a record that is longer is more.
  const sizes: number[] = [];
  for await (const piece of pool.convert(lens, [data, long, data])) sizes.push(piece.length);
  assert.deepEqual(sizes.filter((size) => size > 256 << 10), [long.length]);
});

test('the thread that asks stays free', async () => {
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  await collect(pool.convert(lens, lines(60_000)));
  clearInterval(timer);
  assert.ok(turns > 1);
});

test('a failing record ends with its place in the whole, or is told', async () => {
  const good = lines(40_000);
  const data = new Uint8Array([...good, ...new TextEncoder().encode('{"text":}\n'), ...good]);
  const errors: PanprotoError[] = [];
  await assert.rejects(collect(pool.convert(lens, data)), (error: unknown) => error instanceof PanprotoParseError && error.record === 40_000 && error.line === 40_001 && error.offset === good.length);
  const rest = await collect(pool.convert(lens, data, { onError: (error) => errors.push(error) }));
  assert.equal(rest.split('\n').length - 1, 80_000);
  assert.deepEqual(errors.map(({ record, line, name }) => [record, line, name]), [[40_000, 40_001, 'PanprotoParseError']]);
});

test('it can be cancelled, also while it waits', async () => {
  const controller = new AbortController();
  const data = lines(200_000);
  let pieces = 0;
  await assert.rejects(async () => {
    for await (const piece of pool.convert(lens, data, { signal: controller.signal })) {
      assert.ok(piece.length > 0);
      if (++pieces === 1) controller.abort('enough');
    }
  }, (error: unknown) => error instanceof PanprotoCancelledError && error.cause === 'enough');
  assert.equal(pieces, 1);
  await assert.rejects(collect(pool.convert(lens, data, { signal: AbortSignal.abort() })), PanprotoCancelledError);
});

test('no more is under way than there are places for', async () => {
  let taken = 0;
  async function* source(): AsyncGenerator<Uint8Array> {
    for (; taken < 100; taken++) yield lines(100);
  }
  const pieces = pool.convert(lens, source());
  await pieces.next();
  assert.ok(taken <= 14, `${taken} pieces were taken`);
  await pieces.return(undefined);
});

test('workers keep the limits that hold here', async () => {
  const limited = await Panproto.init();
  const schema = limited.parseSchema('json-schema', { type: 'object' });
  const identity = schema.lensTo(schema);
  const line = new TextEncoder().encode('{"text":"aaaaaaaaaaaaaaaaaaaa"}\n');
  assert.equal(await collect(pool.convert(identity, line)), '{"text":"aaaaaaaaaaaaaaaaaaaa"}\n');
  limited.setLimits({ recordBytes: 10 });
  await assert.rejects(collect(pool.convert(identity, line)), { code: 'limit-size', help: /`recordBytes`/ });
  assert.equal((await collect(pool.convert(lens, lines(10)))).split('\n').length, 11);
  limited.setLimits({ recordBytes: 1000 });
  assert.equal(await collect(pool.convert(identity, line)), '{"text":"aaaaaaaaaaaaaaaaaaaa"}\n');
});

test('a worker that ends is an error, and the next call has another one', async () => {
  class Watched extends WorkerPool {
    readonly channels: Channel[] = [];
    protected override _spawn(): Channel {
      const channel = super._spawn();
      this.channels.push(channel);
      return channel;
    }
  }
  const watched = new Watched({ size: 1 });
  const pieces = watched.convert(lens, lines(200_000));
  await pieces.next();
  watched.channels[0]?.close();
  await assert.rejects(collect(pieces), { code: 'worker-failed' });
  assert.equal((await collect(watched.convert(lens, lines(10)))).split('\n').length, 11);
  assert.equal(watched.channels.length, 2);
  watched.dispose();
});

test('a slow source is converted as it comes', async () => {
  let answered = (): void => {};
  const first = new Promise<void>((resolve) => (answered = resolve));
  class Watched extends WorkerPool {
    protected override _spawn(): Channel {
      const channel = super._spawn();
      const tell = channel.listen.bind(channel);
      channel.listen = (onMessage, onError) =>
        tell((answer) => {
          onMessage(answer);
          setImmediate(answered);
        }, onError);
      return channel;
    }
  }
  const slow = new Watched({ size: 1 });
  let told = 0;
  const source = (async function* (): AsyncGenerator<Uint8Array> {
    yield lines(20_000);
    await first;
    yield lines(20_000);
    assert.ok(told > 0, 'what is there was given before the source ended');
  })();
  await collect(slow.convert(lens, source, { onProgress: () => told++ }));
  slow.dispose();
});

test('what is no source, and use after dispose, are refused', async () => {
  for (const one of [{}, null, pp.parseSchema('json-schema', {})]) {
    await assert.rejects(collect(pool.convert(one as never, lines(1))), { code: 'wrong-argument', path: 'lens' });
  }
  await assert.rejects(collect(pool.convert(lens, ['text'] as never)), (error: unknown) => error instanceof PanprotoError && error.code === 'wrong-argument');
  assert.throws(() => new WorkerPool({ size: 0 }), (error: unknown) => error instanceof PanprotoError && error.code === 'wrong-argument');
  pool.dispose();
  await assert.rejects(collect(pool.convert(lens, lines(1))), (error: unknown) => error instanceof PanprotoError && error.code === 'disposed');
});
