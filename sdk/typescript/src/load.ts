/**
 * Where the module comes from: what the caller gives, or what the entry point brought.
 */

import { PanprotoUsageError, WasmError } from './errors.js';
import { isModule, isOf } from './realm.js';
import { bytesOf } from './records.js';

/** What `Panproto.init` loads the module from. */
export type ModuleSource = string | URL | Response | Uint8Array | ArrayBuffer | WebAssembly.Module;

/** What an entry point brings. */
export interface Bundled {
  /** Present where the module is there at once. */
  readonly now?: () => Uint8Array | WebAssembly.Module;
  /** Present where it has to be fetched. */
  readonly url?: () => URL;
}

let bundled: Bundled | null = null;
let compiled: WebAssembly.Module | Promise<WebAssembly.Module> | null = null;

/** Called by entry points. The first one that is imported wins: all of them bring the same bytes. */
export function bring(source: Bundled): void {
  bundled ??= source;
}

/** The module, compiled once for each source. */
export async function load(source?: ModuleSource | Promise<ModuleSource>): Promise<WebAssembly.Module> {
  const given = await source;
  if (given !== undefined) return compile(given);
  if (bundled?.url === undefined) return loadSync();
  compiled ??= compile(bundled.url());
  try {
    return await compiled;
  } catch (error) {
    // The next attempt fetches again.
    compiled = null;
    throw error;
  }
}

/** The same without waiting, for bytes and compiled modules. */
export function loadSync(source?: Uint8Array | ArrayBuffer | WebAssembly.Module): WebAssembly.Module {
  if (source !== undefined) return isModule(source) ? source : compileSync(source);
  if (isModule(compiled)) return compiled;
  const found = bundled?.now?.();
  if (found === undefined) {
    throw new PanprotoUsageError('this entry point brings no module', {
      code: 'module-missing',
      help:
        bundled?.url === undefined
          ? 'give one: `Panproto.init(bytes)`, a URL, a Response or a WebAssembly.Module'
          : 'use `await Panproto.init()`, or give bytes',
    });
  }
  const module = isModule(found) ? found : compileSync(found);
  compiled = module;
  return module;
}

function compileSync(source: unknown): WebAssembly.Module {
  const bytes = bytesOf(source);
  if (bytes === null) throw noSource('bytes or a WebAssembly.Module');
  try {
    return new WebAssembly.Module(bytes as BufferSource);
  } catch (error) {
    throw notCompiled(error);
  }
}

async function compile(source: ModuleSource): Promise<WebAssembly.Module> {
  if (isModule(source)) return source;
  const bytes = bytesOf(source);
  if (bytes !== null) {
    return WebAssembly.compile(bytes as BufferSource).catch((error: unknown) => {
      throw notCompiled(error);
    });
  }
  if (isOf<Response>(source, 'Response')) return compileResponse(source);
  if (typeof source === 'string' || isOf<URL>(source, 'URL')) {
    let response: Response;
    try {
      response = await fetch(source);
    } catch (error) {
      throw new WasmError(`the module cannot be fetched from ${String(source)}`, {
        code: 'module-fetch',
        cause: error,
        help: 'Node does not fetch `file:` addresses: read the file, and give its bytes',
      });
    }
    return compileResponse(response);
  }
  throw noSource('a URL, a Response, bytes or a WebAssembly.Module');
}

async function compileResponse(response: Response): Promise<WebAssembly.Module> {
  const from = response.url === '' ? 'the response' : response.url;
  if (!response.ok) throw new WasmError(`${from} answered ${response.status}`, { code: 'module-fetch', help: FETCHED });
  if (response.bodyUsed) {
    const help = 'give a response that nobody read: `response.clone()`, or the compiled module, which can be used again';
    throw new WasmError('the response was read already', { code: 'module-fetch', help });
  }
  // Streaming wants the media type; servers that lack it are common.
  const typed = response.headers.get('content-type')?.startsWith('application/wasm') === true;
  try {
    if (typed && typeof WebAssembly.compileStreaming === 'function') return await WebAssembly.compileStreaming(response);
    const bytes = await response.arrayBuffer().catch((cause: unknown) => {
      throw new WasmError(`${from} ended too early`, { code: 'module-fetch', cause });
    });
    return await WebAssembly.compile(bytes);
  } catch (error) {
    throw error instanceof WasmError ? error : notCompiled(error);
  }
}

const FETCHED = 'see that `panproto.wasm` of this package is served there';

function noSource(what: string): PanprotoUsageError {
  return new PanprotoUsageError(`a module is ${what}`, { code: 'module-source' });
}

function notCompiled(error: unknown): WasmError {
  return new WasmError('the module does not compile', {
    code: 'module-compile',
    cause: error,
    help: "give the bytes of `panproto.wasm`; a page with a content security policy needs `script-src 'wasm-unsafe-eval'`",
  });
}
