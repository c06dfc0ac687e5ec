import module from '../panproto.wasm';
import { bring } from '../load.js';
bring({ now: () => module });
export * from '../index.js';
