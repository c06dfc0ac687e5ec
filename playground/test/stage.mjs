// A static server for what was built, and a browser to look at it with.
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

export const root = fileURLToPath(new URL('..', import.meta.url));
export const dist = join(root, 'dist');

const TYPES = {
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};

/** Serves the built page as any static host does: without headers of its own. `requested` are the paths that came. */
export async function serve() {
  const requested = [];
  /** What this host has lost, and what it is slow with. */
  const stage = { requested, missing: (_path) => false, hold: async (_path) => {} };
  const server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url, 'http://localhost').pathname);
    requested.push(path);
    await stage.hold(path);
    const file = join(dist, path === '/' ? 'index.html' : path);
    if (stage.missing(path) || !file.startsWith(dist) || !existsSync(file) || !statSync(file).isFile()) return void response.writeHead(404).end();
    response.setHeader('content-type', TYPES[extname(file)] ?? 'application/octet-stream');
    response.end(readFileSync(file));
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const close = () =>
    new Promise((done) => {
      server.closeAllConnections();
      server.close(done);
    });
  return Object.assign(stage, { address: `http://127.0.0.1:${server.address().port}/`, close });
}

/** A browser that is there; this package installs none. */
function executable() {
  if (process.env.PANPROTO_CHROMIUM) return process.env.PANPROTO_CHROMIUM;
  for (const name of ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']) {
    for (const folder of (process.env.PATH ?? '').split(':')) {
      if (existsSync(join(folder, name))) return join(folder, name);
    }
  }
  console.error('there is no Chromium: name one with PANPROTO_CHROMIUM, or `apt-get install chromium`');
  process.exit(2);
}

/** How it is started, for tests and for the benchmark. */
const launched = () => ({
  executablePath: executable(),
  headless: true,
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
});

export async function browser() {
  const profile = mkdtempSync(join(tmpdir(), 'panproto-playground-'));
  const context = await chromium.launchPersistentContext(profile, { ...launched(), viewport: null });
  const close = async () => {
    await context.close();
    rmSync(profile, { recursive: true, force: true });
  };
  return { context, close };
}

/** One without a profile: each of its contexts begins with nothing. */
export const bare = () => chromium.launch(launched());
