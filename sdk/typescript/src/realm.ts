/**
 * What a value is, of this realm or another: Next.js runs scripts of the edge in a realm of their own.
 */

/** Bytes that this package makes: of memory that nobody shares, where the types of the language tell that. */
export type Bytes = ReturnType<Uint8Array['slice']>;

/** Whether a value is of a class of the platform. */
export function isOf<T>(value: unknown, name: string): value is T {
  return Object.prototype.toString.call(value) === `[object ${name}]`;
}

/** Whether a value is a compiled module. */
export function isModule(value: unknown): value is WebAssembly.Module {
  return isOf(value, 'WebAssembly.Module');
}
