import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Panproto, PanprotoInternalError, PanprotoLimitError, PanprotoUsageError, WasmError } from '@panproto/core';
import { tinyModule } from './module.js';
import { lexicon } from './schemas.js';

const file = fileURLToPath(import.meta.resolve('@panproto/core/panproto.wasm'));
const wasm = readFileSync(file);
const v1 = lexicon({ text: 'string' });
const v2 = lexicon({ body: 'string' });
const hints = { hints: { text: 'body' } };

function internal(error: unknown): boolean {
  assert.ok(error instanceof PanprotoInternalError && error instanceof WasmError, String(error));
  assert.equal(error.code, 'internal-trap');
  return true;
}

test('a trap is one error, and everything goes on with a new instance', async () => {
  const pp = await Panproto.init();
  const lens = pp.parseSchema('atproto', v1).lensTo(pp.parseSchema('atproto', v2), hints);
  const { view, complement } = lens.get('{"text":"a"}');
  for (let round = 0; round < 3; round++) {
    assert.throws(
      () => pp._runtime.trap(),
      (error: unknown) => internal(error) && /asked to trap/.test((error as Error).message),
    );
    assert.equal(lens.put(view, complement), '{"text":"a"}');
    assert.equal(pp.parseSchema('atproto', v1).fields().length, 1);
  }
});

test('a module whose every call traps fails every time in the same way', () => {
  const pp = Panproto.initSync(tinyModule(1, true));
  for (let round = 0; round < 3; round++) assert.throws(() => pp.version, internal);
  assert.throws(() => pp._runtime.run({ kind: 'lens', bytes: new Uint8Array(), digest: new Uint8Array(32), name: '' }, { op: 1, flags: 0, input: [] }), internal);
});

test('a large module that stops without a word is one without memory', () => {
  const pp = Panproto.initSync(tinyModule(1, true, 1040));
  assert.throws(() => pp.version, (error: unknown) => error instanceof PanprotoLimitError && error.code === 'resource-exhausted' && /65 MiB/.test(error.message));
});

test('limits hold after a trap', async () => {
  const pp = await Panproto.init();
  assert.equal(pp.setLimits({ depth: 8 }).depth, 8);
  assert.throws(() => pp._runtime.trap(), internal);
  const lens = pp.parseSchema('atproto', v1).lensTo(pp.parseSchema('atproto', v2), hints);
  assert.throws(() => lens.lift(`{"text":"a","x":${'['.repeat(8)}${']'.repeat(8)}}`), PanprotoLimitError);
  assert.throws(() => pp.setLimits({ depth: 1_000_000 }), { code: 'limit-range' });
});

test('an instance whose memory has grown is replaced', async () => {
  const pp = await Panproto.init();
  const lens = pp.parseSchema('atproto', v1).lensTo(pp.parseSchema('atproto', v2), hints);
  const long = `{"text":"${'a'.repeat(40 << 20)}"}`;
  assert.equal(lens.lift(long).length, long.length);
  assert.equal(lens.lift('{"text":"a"}'), '{"body":"a"}');
  assert.ok(pp._runtime.memoryBytes <= 64 << 20, `${pp._runtime.memoryBytes}`);
});

test('what is given out is no part of the memory of the module', async () => {
  const pp = await Panproto.init();
  const lens = pp.parseSchema('atproto', v1).lensTo(pp.parseSchema('atproto', v2), hints);
  const { view, complement } = lens.get(new TextEncoder().encode('{"text":"a"}'));
  for (const bytes of [view, complement, lens.toBytes()]) assert.equal(bytes.buffer.byteLength, bytes.length);
  lens.toBytes().fill(0);
  assert.equal(lens.lift('{"text":"a"}'), '{"body":"a"}');
});

test('objects are values: any Panproto can use them, also after the one that made them', async () => {
  const one = await Panproto.init();
  const other = await Panproto.init();
  const [old, next] = [one.parseSchema('atproto', v1), one.parseSchema('atproto', v2)];
  assert.ok(old.equals(other.parseSchema('atproto', v1)));
  assert.equal(old.equals(next), false);
  one.dispose();
  assert.throws(() => old.fields(), { code: 'disposed' });
  assert.equal(other.migrate(old, next, hints).lens().lift('{"text":"a"}'), '{"body":"a"}');
});

test('use after dispose is an error, and disposing twice is none', async () => {
  const pp = await Panproto.init();
  const schema = pp.parseSchema('atproto', v1);
  const lens = schema.lensTo(pp.parseSchema('atproto', v2), hints);
  lens.dispose();
  lens.dispose();
  assert.throws(() => lens.lift({ text: 'a' }), (error: unknown) => error instanceof PanprotoUsageError && error.code === 'disposed');
  schema.dispose();
  assert.throws(() => schema.diff(schema), { code: 'disposed' });
  const dispose = Symbol.dispose ?? Symbol.for('Symbol.dispose');
  (pp as unknown as Record<symbol, () => void>)[dispose]?.();
  pp.dispose();
  assert.throws(() => pp.parseSchema('atproto', v1), { code: 'disposed' });
});

test('the module comes from bytes, a compiled module, a response or an address', async () => {
  const response = (type: string): Response => new Response(new Uint8Array(wasm), { headers: { 'content-type': type } });
  const sources = [
    wasm,
    new Uint8Array(wasm).buffer,
    new WebAssembly.Module(new Uint8Array(wasm)),
    response('application/wasm'),
    response('application/octet-stream'),
    Promise.resolve(response('application/wasm')),
    `data:application/wasm;base64,${wasm.toString('base64')}`,
    new URL(`data:application/wasm;base64,${wasm.toString('base64')}`),
  ];
  for (const source of sources) {
    const pp = await Panproto.init(source);
    assert.equal(pp.parseSchema('atproto', v1).fields().length, 1);
  }
  assert.equal(Panproto.initSync(new Uint8Array(wasm)).version, (await Panproto.init()).version);
});

test('what is no module is refused', async () => {
  const rejects = (source: unknown, code: string): Promise<void> =>
    assert.rejects(Panproto.init(source as never), (error: unknown) => {
      assert.ok(error instanceof WasmError || error instanceof PanprotoUsageError, String(error));
      assert.equal(error.code, code);
      return true;
    });
  await rejects(new Uint8Array([1, 2, 3]), 'module-compile');
  await rejects(new Response('no', { status: 404 }), 'module-fetch');
  await rejects(new Response('<html>'), 'module-compile');
  await rejects('http://127.0.0.1:1/', 'module-fetch');
  await rejects(42, 'module-source');
  await rejects(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0), 'module-foreign');
  await rejects(tinyModule(2, false), 'module-abi');
});

test('the inlined module is the file', () => {
  const script = "import { bytes } from './dist/bytes.js'; import { createHash } from 'node:crypto'; console.log(createHash('sha256').update(bytes()).digest('hex'));";
  const inlined = run(script);
  assert.equal(inlined, createHash('sha256').update(wasm).digest('hex'));
});

test('the slim entry brings no module and says so', () => {
  const script = "import { Panproto } from '@panproto/core/slim'; import { readFileSync } from 'node:fs'; try { await Panproto.init(); } catch (error) { console.log(error.code); } const pp = await Panproto.init(readFileSync(process.argv[1])); console.log(pp.listProtocols().length > 0);";
  assert.equal(run(script, file), 'module-missing\ntrue');
});

test('importing changes no global', () => {
  const script =
    "const names = () => [globalThis, Symbol, Uint8Array.prototype, Promise.prototype].map((of) => Reflect.ownKeys(of).map(String).sort().join()).join(); void globalThis.crypto; const before = names(); const { Panproto } = await import('@panproto/core'); const pp = await Panproto.init(); pp.listProtocols(); console.log(names() === before);";
  assert.equal(run(script), 'true');
});

function run(script: string, ...rest: string[]): string {
  const cwd = fileURLToPath(new URL('../..', import.meta.url));
  return execFileSync(process.execPath, ['--input-type=module', '-e', script, ...rest], { cwd, encoding: 'utf8' }).trim();
}

test('a response that cannot be used is no module that does not compile', async () => {
  const used = new Response(wasm);
  await used.arrayBuffer();
  await assert.rejects(Panproto.init(used), { code: 'module-fetch', message: 'the response was read already' });
  await assert.rejects(Panproto.init(new Response('', { status: 404 })), { code: 'module-fetch', message: 'the response answered 404' });
  const cut = new ReadableStream({ pull: (controller) => controller.error(new Error('the connection was lost')) });
  await assert.rejects(Panproto.init(new Response(cut)), { code: 'module-fetch' });
  const New = Panproto as unknown as new () => Panproto;
  assert.throws(() => new New(), { code: 'not-initialised', help: /await Panproto\.init\(\)/ });
});
