/** A compiled module, as bundlers for the edge give it. */
declare module '*.wasm?module' {
  const module: WebAssembly.Module;
  export default module;
}
