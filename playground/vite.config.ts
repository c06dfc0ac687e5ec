import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vite';
import type { Plugin } from 'vite';

/** What the page may do. `sw.js` and `_headers` say the same to workers, which a page's own policy does not reach. */
const POLICY = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "object-src 'none'",
].join('; ');

/** Puts the policy and what is to be loaded early into the page, and the list of all files into the service worker. */
function offline(): Plugin {
  let out = 'dist';
  return {
    name: 'offline',
    apply: 'build',
    configResolved(config) {
      out = config.build.outDir;
    },
    transformIndexHtml: (_html, { bundle }) => [
      { tag: 'meta', attrs: { 'http-equiv': 'Content-Security-Policy', content: POLICY }, injectTo: 'head-prepend' },
      // What the first script asks for is on its way before that has run.
      ...Object.values(bundle ?? {})
        .filter((chunk) => chunk.type === 'chunk' && chunk.isDynamicEntry && chunk.name === 'page')
        .map(({ fileName }) => ({ tag: 'link', attrs: { rel: 'modulepreload', crossorigin: true, href: `./${fileName}` }, injectTo: 'head' as const })),
    ],
    closeBundle() {
      const files = walk(out)
        .map((file) => file.slice(out.length + 1).replaceAll('\\', '/'))
        .filter((file) => file !== 'sw.js' && file !== '_headers')
        .sort();
      const digest = createHash('sha256');
      for (const file of files) digest.update(`${file}\0`).update(readFileSync(join(out, file)));
      const version = digest.digest('hex').slice(0, 16);
      const worker = join(out, 'sw.js');
      const source = readFileSync(worker, 'utf8')
        .replaceAll('__VERSION__', version)
        .replaceAll('__POLICY__', POLICY.replaceAll("'", "\\'"))
        .replace("['__FILES__']", JSON.stringify(files.map((file) => (file === 'index.html' ? './' : file))));
      writeFileSync(worker, source);
      writeFileSync(join(out, '_headers'), `/*\n  Content-Security-Policy: ${POLICY}\n`);
    },
  };
}

function walk(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const file = join(folder, name);
    return statSync(file).isDirectory() ? walk(file) : [file];
  });
}

export default defineConfig({
  base: './',
  plugins: [offline()],
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1000,
  },
  preview: { port: 4173, headers: { 'Content-Security-Policy': POLICY } },
});
