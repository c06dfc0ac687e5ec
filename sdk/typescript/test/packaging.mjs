// Packs the package, installs the tarball into a clean project, and uses it there: in Node by every entry, and in TypeScript
// with its own declarations checked.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const project = mkdtempSync(join(tmpdir(), 'panproto-packed-'));
const run = (command, ...rest) => execFileSync(command, rest, { cwd: project, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
const write = (name, text) => writeFileSync(join(project, name), text);

try {
  const [packed] = JSON.parse(execFileSync('npm', ['pack', '--json', '--silent', '--ignore-scripts', '--pack-destination', project], { cwd: root, encoding: 'utf8' }));
  const files = packed.files.map((file) => file.path);
  for (const needed of ['package.json', 'README.md', 'dist/index.d.ts', 'dist/panproto.wasm', 'dist/bytes.js', 'dist/entrypoints/node.js']) {
    assert.ok(files.includes(needed), `the tarball lacks ${needed}`);
  }
  assert.ok(!files.some((file) => /^(src|test|build|wasm)\//.test(file)), 'the tarball holds sources or tests');

  write('package.json', '{"name": "consumer", "private": true, "type": "module"}');
  run('npm', 'install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', join(project, packed.filename));

  for (const entry of ['@panproto/core', '@panproto/core/inline']) {
    write('use.mjs', `import { Panproto } from '${entry}'; const pp = await Panproto.init(); console.log(pp.listProtocols().includes('atproto'));`);
    assert.equal(run(process.execPath, 'use.mjs').trim(), 'true', entry);
  }
  write(
    'slim.mjs',
    "import { Panproto } from '@panproto/core/slim'; import { readFileSync } from 'node:fs'; import { fileURLToPath } from 'node:url'; const pp = await Panproto.init(readFileSync(fileURLToPath(import.meta.resolve('@panproto/core/panproto.wasm')))); console.log(pp.listProtocols().includes('atproto'));",
  );
  assert.equal(run(process.execPath, 'slim.mjs').trim(), 'true', 'slim');
  write('required.cjs', "const { Panproto } = require('@panproto/core'); console.log(Panproto.initSync().listProtocols().includes('atproto'));");
  assert.match(run(process.execPath, '--no-warnings', '--experimental-require-module', 'required.cjs'), /true/, 'require');

  write(
    'use.ts',
    `import { Panproto, PanprotoError, type Question } from '@panproto/core';
const pp = await Panproto.init();
const schema = pp.parseSchema('json-schema', { type: 'object' });
const questions: readonly Question[] = pp.migrate(schema, schema, { hints: { a: 'b', c: null } }).questions;
const lens = schema.lensTo(schema);
const text: string = lens.lift('{}');
const bytes: Uint8Array = lens.lift(new Uint8Array());
const { view, complement } = lens.get({ a: 1 });
const back: unknown = lens.put({ ...view, b: 2 }, complement);
const kind: 'breaks' | 'safe' | 'unknown' = schema.diff(schema).verdict().backward.kind;
try {
  for await (const record of lens.convert([text, bytes])) console.log(record, back, kind, questions);
} catch (error) {
  if (error instanceof PanprotoError) console.log(error.code, error.span?.[0]);
}
`,
  );
  for (const resolution of ['NodeNext', 'Bundler']) {
    const module = resolution === 'NodeNext' ? 'NodeNext' : 'ESNext';
    const options = { strict: true, noEmit: true, target: 'ES2022', module, moduleResolution: resolution, lib: ['ES2022', 'DOM'], types: [], skipLibCheck: false };
    write('tsconfig.json', JSON.stringify({ compilerOptions: options, files: ['use.ts'] }));
    run(process.execPath, join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.json');
  }
  const size = readFileSync(join(root, 'dist/panproto.wasm')).length;
  console.log(`packaging: ${packed.filename}, ${files.length} files, module of ${size} bytes; Node, require, TypeScript`);
} finally {
  rmSync(project, { recursive: true, force: true });
}
