// Puts the module into dist: as a file, and as text inside a script for places where there is no file to read.
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const module = at('wasm/panproto.wasm');
if (!existsSync(module)) {
  console.error('wasm/panproto.wasm is missing: run `cargo xtask build` in the repository first');
  process.exit(1);
}
copyFileSync(module, at('dist/panproto.wasm'));
copyFileSync(at('src/bytes.d.ts'), at('dist/bytes.d.ts'));
copyFileSync(at('src/panproto.d.wasm.ts'), at('dist/panproto.d.wasm.ts'));
const text = readFileSync(module).toString('base64');
writeFileSync(
  at('dist/bytes.js'),
  `const text = '${text}';
export function bytes() {
  if (typeof Buffer === 'function') return Buffer.from(text, 'base64');
  if (typeof Uint8Array.fromBase64 === 'function') return Uint8Array.fromBase64(text);
  return Uint8Array.from(atob(text), (byte) => byte.charCodeAt(0));
}
`,
);
