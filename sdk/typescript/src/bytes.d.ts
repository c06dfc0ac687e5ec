/** The bytes of `panproto.wasm`, written by `npm run build` from what `cargo xtask build` made. */
export declare function bytes(): Uint8Array;
