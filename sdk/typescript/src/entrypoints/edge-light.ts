// Bundlers for this runtime give the compiled module for this suffix.
import module from '../panproto.wasm?module';
import { bring } from '../load.js';
bring({ now: () => module });
export * from '../index.js';
