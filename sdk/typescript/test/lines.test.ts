import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Panproto, PanprotoCancelledError, PanprotoError } from '@panproto/core';
import { random } from './random.js';
import { lexicon } from './schemas.js';

const pp = await Panproto.init();
const lens = pp
  .parseSchema('atproto', lexicon({ text: 'string', gone: 'string' }, ['text']))
  .lensTo(pp.parseSchema('atproto', lexicon({ body: 'string' }, ['body'])), { hints: { text: 'body' } });
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** More than two slices. */
const many = Array.from({ length: 40_000 }, (_, at) => `{"text":"number ${at} ü😀","gone":"${'x'.repeat(at % 60)}"}`);
const data = utf8(`${many.join('\n')}\n`);
const views = many.map((record) => lens.lift(record));

test('lines go there and back, slice by slice', () => {
  assert.ok(data.length > 2 << 20);
  assert.equal(text(lens.liftNdjson(data)), `${views.join('\n')}\n`);
  const got = lens.getNdjson(data);
  assert.equal(text(got.views), `${views.join('\n')}\n`);
  assert.deepEqual(lens.putNdjson(got.views, got.complements), data);
  assert.deepEqual(text(lens.createNdjson(got.views)).split('\n').length, many.length + 1);
});

test('blank lines are skipped, CRLF and a missing last newline accepted', () => {
  assert.equal(text(lens.liftNdjson(utf8('\n \r\n{"text":"a"}\r\n\n{"text":"b"}'))), '{"body":"a"}\n{"body":"b"}\n');
  assert.equal(text(lens.liftNdjson(utf8(''))), '');
  const { views, complements } = lens.getNdjson(utf8('{"text":"a","gone":"1"}\n{"text":"b","gone":"2"}'));
  assert.equal(text(lens.putNdjson(utf8(`\n\n${text(views).replace('\n', '\n \n')}\n`), complements)), '{"gone":"1","text":"a"}\n{"gone":"2","text":"b"}\n'.replaceAll(/\{"gone":"(.)","text":"(.)"\}/g, '{"text":"$2","gone":"$1"}'));
  assert.deepEqual(lens.putNdjson(utf8(''), lens.getNdjson(utf8('')).complements), utf8(''));
});

test('a cut last line is refused with its place', () => {
  assert.throws(() => lens.liftNdjson(utf8('{"text":"a"}\n{"text":"b')), (error: unknown) => {
    assert.ok(error instanceof PanprotoError);
    assert.deepEqual([error.record, error.line, error.offset], [1, 2, 13]);
    return true;
  });
});

test('places of failures count from the beginning of the whole', () => {
  const bad = [35_000, 39_999];
  const lines = many.map((record, at) => (bad.includes(at) ? '{"gone":"no text"}' : record));
  const input = utf8(lines.join('\n'));
  const offsets = bad.map((at) => utf8(lines.slice(0, at).join('\n')).length + 1);
  const failures: PanprotoError[] = [];
  const output = lens.liftNdjson(input, { onError: (error) => failures.push(error) });
  assert.deepEqual(
    failures.map(({ code, record, line, offset }) => [code, record, line, offset]),
    bad.map((at, which) => ['required-missing', at, at + 1, offsets[which]]),
  );
  const kept = views.filter((_, at) => !bad.includes(at));
  assert.equal(text(output), `${kept.join('\n')}\n`);
  assert.equal(text(lens.liftNdjson(input, { onError: 'skip' })), text(output));
  assert.throws(() => lens.liftNdjson(input), (error: unknown) => {
    assert.ok(error instanceof PanprotoError);
    assert.deepEqual([error.record, error.line, error.offset], [bad[0], (bad[0] as number) + 1, offsets[0]]);
    return true;
  });
  const got = lens.getNdjson(input, { onError: 'skip' });
  const back = many.filter((_, at) => !bad.includes(at));
  assert.equal(text(lens.putNdjson(got.views, got.complements)), `${back.join('\n')}\n`);
});

test('complements and views that are not in step are refused', () => {
  const { views, complements } = lens.getNdjson(data);
  assert.throws(() => lens.putNdjson(views, complements.subarray(0, -5)), { code: /^complement-/ });
  assert.throws(() => lens.putNdjson(views.subarray(0, views.lastIndexOf(10, views.length - 2) + 1), complements), { code: 'complement-left-over' });
  assert.throws(() => lens.putNdjson(views, new Uint8Array()), { code: 'complement-truncated' });
  assert.throws(() => lens.liftNdjson('{"text":"a"}' as never), { code: 'wrong-argument' });
});

test('complements that are larger than their views cross in groups', () => {
  // Lengths of bodies take one, two and three bytes; some are empty.
  const sizes = [null, 0, 5, 126, 127, 128, 16_383, 16_384, 70_000, null, 200_000, 1];
  const records = Array.from({ length: 400 }, (_, at) => {
    const size = sizes[at % sizes.length] as number | null;
    return `{"text":"ü${at}"${size === null ? '' : `,"gone":"${'x'.repeat(size)}"`}}`;
  });
  const { views, complements } = lens.getNdjson(utf8(`${records.join('\n')}\n`));
  assert.ok(complements.length > 9 << 20);
  assert.equal(text(lens.putNdjson(views, complements)), `${records.join('\n')}\n`);
  const odd = utf8(text(views).replaceAll('\n', '\r\n\t \n\n').trimEnd());
  assert.equal(text(lens.putNdjson(odd, complements)), `${records.join('\n')}\n`);
  const more = lens.getNdjson(utf8('{"text":"a","gone":"b"}')).complements.subarray(36);
  assert.throws(() => lens.putNdjson(views, new Uint8Array([...complements, ...more])), { code: 'complement-left-over' });
  assert.throws(() => lens.putNdjson(utf8(''), complements), { code: 'complement-left-over' });
  assert.throws(() => lens.putNdjson(views, complements.subarray(0, -1)), { code: 'complement-truncated' });
});

test('all failures of views are told, however many', () => {
  const failing = 5000;
  const { complements } = lens.getNdjson(utf8(many.slice(0, failing + 1).join('\n')));
  for (const place of [0, 2500, failing]) {
    const lines = Array<string>(failing).fill('1');
    lines.splice(place, 0, `{"body":"${'x'.repeat(50_000)}"}\n`);
    const failures: PanprotoError[] = [];
    const output = lens.putNdjson(utf8(lines.join('\n')), complements, { onError: (error) => failures.push(error) });
    const others = Array.from({ length: failing + 1 }, (_, at) => at).filter((at) => at !== place);
    assert.deepEqual(failures.map(({ record }) => record), others);
    assert.deepEqual(failures.map(({ line }) => line), others.map((at) => (at > place ? at + 2 : at + 1)));
    assert.equal(failures.at(-1)?.offset, utf8(lines.join('\n')).length - (place === failing ? lines[place]!.length + 2 : 1));
    assert.equal(text(output), `{"text":"${'x'.repeat(50_000)}","gone":"${'x'.repeat(place % 60)}"}\n`);
  }
});

test('the callback may use the lens again', () => {
  const seen: string[] = [];
  lens.liftNdjson(utf8('{}\n{"text":"a"}\n'), { onError: () => seen.push(lens.lift('{"text":"again"}')) });
  assert.deepEqual(seen, ['{"body":"again"}']);
});

test('a stream gives the same wherever it is cut', async () => {
  const expected = text(lens.liftNdjson(data));
  for (const seed of [1, 2, 3]) {
    const next = random(seed);
    const source = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let at = 0; at < data.length; ) {
          const size = (next() % 4 === 0 ? 1 : 1000) * (1 + next());
          controller.enqueue(data.slice(at, at + size));
          at += size;
        }
        controller.close();
      },
    });
    const parts: Uint8Array[] = [];
    for await (const part of source.pipeThrough(lens.stream())) parts.push(part);
    assert.equal(text(Buffer.concat(parts)), expected, `seed ${seed}`);
  }
});

test('a stream carries an unfinished line over, and ends with its error', async () => {
  const collect = async (chunks: (string | Uint8Array)[], options = {}): Promise<string> => {
    const source = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const chunk of chunks) controller.enqueue(chunk as Uint8Array);
        controller.close();
      },
    });
    let out = '';
    for await (const part of source.pipeThrough(lens.stream(options))) out += text(part);
    return out;
  };
  const cut = utf8('{"text":"ü"}');
  assert.equal(await collect([cut.subarray(0, 10), cut.subarray(10), '\n{"te', 'xt":"b"}']), '{"body":"ü"}\n{"body":"b"}\n');
  assert.equal(await collect(['{"body":"a"}\n'], { direction: 'create' }), '{"text":"a"}\n');
  await assert.rejects(collect(['{"text":"a"}\n', '{"text":']), { line: 2, offset: 13 });
});

test('convert gives records in order and in the form that they came in', async () => {
  const records = [{ text: 'a' }, '{"text":"b"}', utf8('{"text":"c"}'), '{\n"text":\n"d"}', ...many];
  const seen: unknown[] = [];
  const progress: number[] = [];
  for await (const view of lens.convert(records, { onProgress: (done) => progress.push(done) })) seen.push(view);
  assert.deepEqual(seen, [{ body: 'a' }, '{"body":"b"}', utf8('{"body":"c"}'), '{"body":"d"}', ...views]);
  assert.equal(progress.at(-1), records.length);
  assert.deepEqual(progress, [...progress].sort((a, b) => a - b));
});

test('convert takes asynchronous records, stops at a failure after those before it, and can be cancelled', async () => {
  async function* records(): AsyncGenerator<unknown> {
    for (let at = 0; at < 1000; at++) yield at === 700 ? { gone: 'x' } : { text: `${at}` };
  }
  let seen = 0;
  await assert.rejects(
    async () => {
      for await (const view of lens.convert(records())) assert.deepEqual(view, { body: `${seen++}` });
    },
    (error: unknown) => error instanceof PanprotoError && error.code === 'required-missing' && error.record === 700,
  );
  assert.equal(seen, 700);
  const abort = new AbortController();
  await assert.rejects(
    async () => {
      for await (const _ of lens.convert(many, { signal: abort.signal })) abort.abort('enough');
    },
    (error: unknown) => error instanceof PanprotoCancelledError && error.cause === 'enough',
  );
  const backwards: unknown[] = [];
  for await (const record of lens.convert([{ body: 'x' }], { direction: 'create' })) backwards.push(record);
  assert.deepEqual(backwards, [{ text: 'x' }]);
});
