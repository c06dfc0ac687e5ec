// What files of the built page weigh: for a test and for the benchmark.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { dist } from './stage.mjs';

/** Files that a first visit may ask for. */
export const MOST = 12;

/** Bytes as hosts send them. */
const packed = (bytes) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length, [constants.BROTLI_PARAM_LGWIN]: 24 } }).length;

/** The module is not packed here, which takes half a minute: where it is built, it was. */
export function weigh(paths) {
  const found = { files: paths.map((path) => (path === '/' ? 'index.html' : path.slice(1))), module: 0, page: 0, 'page, brotli': 0 };
  for (const file of found.files) {
    const bytes = readFileSync(join(dist, file));
    if (file.endsWith('.wasm')) found.module += bytes.length;
    else {
      found.page += bytes.length;
      found['page, brotli'] += packed(bytes);
    }
  }
  return found;
}
