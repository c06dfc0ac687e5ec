// The packed package in Next.js: a page that the server renders, a route on the edge runtime, a page that runs in the browser.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const framework = fileURLToPath(new URL('next', import.meta.url));
const manifest = join(framework, 'node_modules/next/package.json');

/** The version that is installed; null where there is none. */
export function nextVersion() {
  return existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')).version : null;
}

const FILES = (use) => ({
  'package.json': '{"name": "next-consumer", "private": true}',
  'next.config.mjs': `export default { turbopack: { root: ${JSON.stringify(framework)} }, outputFileTracingRoot: ${JSON.stringify(framework)} };\n`,
  'app/use.mjs': use,
  'app/layout.js': 'export default function Layout({ children }) { return <html lang="en"><body>{children}</body></html>; }\n',
  'app/page.js': "import { use } from './use.mjs';\nexport const dynamic = 'force-dynamic';\nexport default async function Page() { return <p>{await use()}</p>; }\n",
  'app/edge/route.js': "import { use } from '../use.mjs';\nexport const runtime = 'edge';\nexport const GET = async () => new Response(await use());\n",
  'app/client/page.js':
    "'use client';\nimport { useEffect, useState } from 'react';\nimport { use } from '../use.mjs';\nexport default function Page() {\n  const [text, set] = useState('wait');\n  useEffect(() => { use().then(set, (error) => set(String(error))); }, []);\n  useEffect(() => { document.title = text; }, [text]);\n  return <p>{text}</p>;\n}\n",
});

/** Builds and serves a project, and asks all three. A text is why it did not run. */
export async function inNext({ tarball, environment, use, expected, titleOf }) {
  if (nextVersion() === null) return 'the packages of test/next are not installed: npm ci there';
  const project = mkdtempSync(join(framework, '.run-'));
  const next = join(framework, 'node_modules/next/dist/bin/next');
  const env = { ...environment, NODE_ENV: 'production', CI: '1' };
  const run = (command, ...rest) => promisify(execFile)(command, rest, { cwd: project, env, maxBuffer: 1 << 26 });
  try {
    for (const [name, text] of Object.entries(FILES(use('@panproto/core')))) {
      mkdirSync(dirname(join(project, name)), { recursive: true });
      writeFileSync(join(project, name), text);
    }
    await run('npm', 'install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', tarball);
    await run(process.execPath, next, 'build');
    const port = await freePort();
    const server = spawn(process.execPath, [next, 'start', '--hostname', '127.0.0.1', '--port', String(port)], { cwd: project, env, stdio: 'ignore' });
    try {
      const address = `http://127.0.0.1:${port}`;
      const page = await answered(`${address}/`, server);
      assert.ok(page.includes(expected.replaceAll('"', '&quot;')), `the server's page: ${page}`);
      assert.equal(await answered(`${address}/edge`, server), expected);
      if (titleOf === null) return;
      assert.equal(await titleOf(`${address}/client`), expected);
    } finally {
      server.kill();
    }
  } catch (error) {
    throw new Error(`${error.message}\n${error.stdout ?? ''}${error.stderr ?? ''}`, { cause: error });
  } finally {
    rmSync(project, { recursive: true, force: true });
  }
}

async function freePort() {
  const server = createServer();
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address();
  await new Promise((closed) => server.close(closed));
  return port;
}

/** The text of an address, once the server is up. */
async function answered(address, server) {
  for (let turn = 0; ; turn++) {
    try {
      return await (await fetch(address)).text();
    } catch (error) {
      if (turn > 600 || server.exitCode !== null) throw error;
      await new Promise((later) => setTimeout(later, 100));
    }
  }
}
