// Answers requests, one JSON object a line (`bench/README.md` has the protocol): the package in Node.

import { readFile } from 'node:fs/promises';
import { spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { Benchmarks, codec } from './benchmarks.mjs';
import { Data } from './data.mjs';
import { Measure } from './measure.mjs';

const { BENCH_MODULE, BENCH_LIVE, BENCH_PARTS } = process.env;
const entry = new URL('../../sdk/typescript/dist/entrypoints/node.js', import.meta.url);

/** By the clock, and by what the processor did for this process. */
const byProcess = () =>
  new Measure(
    () => performance.now(),
    () => {
      const { user, system } = process.cpuUsage();
      return (user + system) * 1000;
    },
  );

/** Answers until the input ends. `open` is told what the run says at first, and gives `prepare(id)`; `pid` is the process that works. */
export async function serve(open, versions, { measure = byProcess(), pid = process.pid } = {}) {
  let benchmarks = null;
  for await (const line of createInterface({ input: process.stdin })) {
    let answer;
    try {
      const request = JSON.parse(line);
      switch (request.do) {
        case 'hello': {
          const data = new Data(async (name) => new Uint8Array(await readFile(`${request.data}/${name}`)), request);
          benchmarks = await open(data, request);
          answer = { pid, versions };
          break;
        }
        case 'prepare': {
          const ready = await benchmarks.prepare(request.id);
          answer = ready === null ? { skip: 'this host has no such benchmark' } : await measure.prepare(ready, request);
          break;
        }
        case 'sample':
          answer = await measure.sample(request.iterations);
          break;
        case 'end':
          answer = measure.end();
          break;
        default:
          answer = { error: `there is no request \`${request.do}\`` };
      }
    } catch (error) {
      answer = { error: String(error.stack ?? error).split('\n').slice(0, 3).join(' ') };
    }
    process.stdout.write(JSON.stringify(answer) + '\n');
  }
}

/** A fresh instance of a compiled module, without the package. */
function fresh(compiled) {
  const imports = {};
  for (const { module, name, kind } of WebAssembly.Module.imports(compiled)) {
    if (kind === 'function') (imports[module] ??= {})[name] = () => {};
  }
  const instance = new WebAssembly.Instance(compiled, imports);
  instance.exports.pp_init();
  return instance;
}

/** Bytes of the module, whole and compressed; its parts where they were counted. */
async function size(module) {
  const brotli = brotliCompressSync(module, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24, [constants.BROTLI_PARAM_SIZE_HINT]: module.length },
  });
  const facts = { bytes: module.length, gzip: gzipSync(module, { level: 9 }).length, brotli: brotli.length };
  if (BENCH_PARTS) facts.parts = JSON.parse(await readFile(BENCH_PARTS, 'utf8'));
  return { run: () => module.length, units: 1, bytes: module.length, facts };
}

/** A new process with a script; it fails where the script does. */
function process_of(script, ...argument) {
  return async () => {
    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script, ...argument], { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
  };
}

async function open(data, { data: folder }) {
  const { Panproto } = await import(entry);
  const pp = await Panproto.init();
  const module = new Uint8Array(await readFile(BENCH_MODULE));
  let live;
  const host = {
    module,
    fresh,
    instance: async () => fresh(await WebAssembly.compile(module)),
    live: async () => {
      if (!BENCH_LIVE) return null;
      if (live === undefined) {
        const glue = await import(`${BENCH_LIVE}/panproto.js`);
        glue.initSync({ module: new Uint8Array(await readFile(`${BENCH_LIVE}/panproto_bg.wasm`)) });
        live = new glue.Live();
      }
      return live;
    },
    codec: await codec(new URL('../', entry)),
    resident: () => process.memoryUsage().rss,
    used: () => {
      // Buffers of what the first collection found go with the second.
      globalThis.gc();
      globalThis.gc();
      const { heapUsed, external, arrayBuffers } = process.memoryUsage();
      return heapUsed + external + arrayBuffers;
    },
    size: () => size(module),
    starts: {
      cold: process_of(`
        const { readFileSync } = await import('node:fs');
        const { Panproto } = await import(${JSON.stringify(entry.href)});
        const pp = await Panproto.init();
        const { old, new: next, hints } = JSON.parse(readFileSync(${JSON.stringify(`${folder}/w1.json`)}, 'utf8'));
        const lens = pp.migrate(pp.parseSchema('atproto', old), pp.parseSchema('atproto', next), { hints }).lens();
        const text = readFileSync(${JSON.stringify(`${folder}/w1.ndjson`)}, 'utf8');
        lens.lift(text.slice(0, text.indexOf('\\n')));`),
      import: process_of(`await import(${JSON.stringify(entry.href)});`),
    },
  };
  return new Benchmarks(pp, data, host);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { version: msgpackr } = JSON.parse(await readFile(new URL('node_modules/msgpackr/package.json', import.meta.url), 'utf8'));
  await serve(open, { node: process.versions.node, v8: process.versions.v8, msgpackr });
}
