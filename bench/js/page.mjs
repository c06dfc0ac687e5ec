// The page of `browser.mjs`: the same benchmarks as in Node.

import { Panproto } from '/sdk/typescript/dist/entrypoints/browser.js';
import { Benchmarks, codec } from './benchmarks.mjs';
import { Data } from './data.mjs';
import { Measure } from './measure.mjs';

const measure = new Measure(() => performance.now(), null);
let benchmarks = null;

async function file(path) {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return new Uint8Array(await answer.arrayBuffer());
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

async function open(request) {
  const pp = await Panproto.init();
  const module = await file('/module.wasm');
  let live;
  const host = {
    module,
    fresh,
    instance: async () => fresh(await WebAssembly.compile(module)),
    live: async () => {
      if (!request.live) return null;
      if (live === undefined) {
        const glue = await import('/live/panproto.js');
        await glue.default({ module_or_path: '/live/panproto_bg.wasm' });
        live = new glue.Live();
      }
      return live;
    },
    codec: await codec('/sdk/typescript/dist/'),
    // The heap of JavaScript with its buffers; a page does not know its resident memory.
    resident: () => performance.memory?.usedJSHeapSize ?? null,
  };
  return new Benchmarks(pp, new Data((name) => file(`/data/${name}`), request), host);
}

globalThis.answer = async (request) => {
  try {
    switch (request.do) {
      case 'hello':
        benchmarks = await open(request);
        return {};
      case 'prepare': {
        const ready = await benchmarks.prepare(request.id);
        return ready === null ? { skip: 'this host has no such benchmark' } : await measure.prepare(ready, request);
      }
      case 'sample':
        return await measure.sample(request.iterations);
      case 'end':
        return measure.end();
      default:
        return { error: `there is no request \`${request.do}\`` };
    }
  } catch (error) {
    return { error: String(error.stack ?? error).split('\n').slice(0, 3).join(' ') };
  }
};
