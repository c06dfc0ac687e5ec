// The sizes of the package's JavaScript. `node scripts/sizes.mjs` writes them to sizes.json of the repository, where the
// test compares.
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** The file of the repository. */
export const file = at('../../sizes.json');

/** All scripts of the package together but the one that is the module, as they are and compressed. */
export function measured() {
  const names = readdirSync(at('dist'), { recursive: true, encoding: 'utf8' }).map((name) => name.replaceAll('\\', '/')).sort();
  // What a script of an older build left there is none of the package's.
  const present = (name) => name.endsWith('.js') && existsSync(at(`src/${name.replace(/\.js$/, '.ts')}`));
  const scripts = names.filter(present).map((name) => readFileSync(at(`dist/${name}`)));
  const whole = Buffer.concat(scripts);
  return { files: scripts.length, raw: whole.length, brotli: brotliCompressSync(whole).length };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  let sizes = {};
  try {
    sizes = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  writeFileSync(file, `${JSON.stringify({ ...sizes, typescript: measured() }, null, 2)}\n`);
}
