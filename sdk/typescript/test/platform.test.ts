/** What comes out goes where the platform takes bytes, for the compiler too: a file, a request, a digest, a pipe. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Panproto } from '@panproto/core';
import type { Bytes } from '@panproto/core';
import { WorkerPool } from '@panproto/core/worker';

const pp = await Panproto.init();
const schema = pp.parseSchema('json-schema', { type: 'object' });
const lens = schema.lensTo(schema);
const line = '{"a":1}\n';
const lines = new TextEncoder().encode(line);

test('bytes are of a memory that nobody shares, and go into blobs, responses and digests without a cast', async () => {
  const { views, complements } = lens.getNdjson(lines);
  const all: Bytes[] = [lens.liftNdjson(lines), lens.createNdjson(lines), views, complements, lens.putNdjson(views, complements), lens.get({ a: 1 }).complement, lens.lift(lines), lens.toBytes()];
  all.push(lens.put(lens.lift(lines), lens.get(lines).complement), lens.get(lines).view, pp.instance(schema, { a: 1 }).toJson());
  for (const bytes of all) {
    assert.ok(bytes.buffer instanceof ArrayBuffer);
    assert.equal(new Blob([bytes]).size, bytes.length);
    assert.equal((await new Response(bytes).arrayBuffer()).byteLength, bytes.length);
    assert.equal((await crypto.subtle.digest('SHA-256', bytes)).byteLength, 32);
  }
  for await (const piece of lens.convertBytes(lines)) assert.equal(new Blob([piece]).size, line.length);
});

test('streams stand between the streams of the platform', async () => {
  const packed = new Blob([lines]).stream().pipeThrough(new CompressionStream('gzip'));
  const again = packed.pipeThrough(new DecompressionStream('gzip')).pipeThrough(lens.stream()).pipeThrough(new CompressionStream('gzip'));
  assert.equal(await new Response(again.pipeThrough(new DecompressionStream('gzip'))).text(), line);
  const pool = new WorkerPool({ size: 1 });
  let text = '';
  const out = new WritableStream<string>({ write: (piece) => void (text += piece) });
  await pool.stream(lens, new Blob([lines])).pipeThrough(new TextDecoderStream()).pipeTo(out);
  assert.equal(text, line);
  pool.dispose();
});
