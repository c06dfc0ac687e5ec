/**
 * The module argument of published releases: optional, and seldom needed.
 */

import { PanprotoUsageError } from '../errors.js';
import { Runtime, latestRuntime } from '../runtime.js';

/**
 * What published releases passed around to name the loaded module. It is private: take `pp._wasm` where you have two, and leave
 * it out otherwise.
 */
export interface WasmModule {
  readonly module: WebAssembly.Module;
}

/** Entry points of the module by name: private now, and of no shape that one could rely on. */
export type WasmExports = unknown;

/** The JavaScript that published releases wanted beside the module: there is none now. */
export type WasmGlueModule = unknown;

/** The runtime that a function uses: the one that it is given, or the one that was loaded last. */
export function runtimeOf(wasm: unknown): Runtime {
  if (wasm === undefined || wasm === null) return latestRuntime();
  if (wasm instanceof Runtime) return wasm;
  const inside = (wasm as { _runtime?: unknown })._runtime;
  if (inside instanceof Runtime) return inside;
  throw new PanprotoUsageError('`wasm` is not a loaded module', { code: 'wrong-argument', path: 'wasm', help: 'leave it out' });
}
