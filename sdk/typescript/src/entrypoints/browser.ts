import { bring } from '../load.js';
bring({ url: () => new URL('../panproto.wasm', import.meta.url) });
export * from '../index.js';
