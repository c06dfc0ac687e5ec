/** What of `node:worker_threads` is used: the sources are compiled without the types of any runtime. */
declare module 'node:worker_threads' {
  export class Worker {
    constructor(url: URL, options: { readonly execArgv: readonly string[] });
    postMessage(message: unknown, transfer: ArrayBuffer[]): void;
    on(event: 'message' | 'error' | 'messageerror' | 'exit', listener: (value: unknown) => void): void;
    ref(): void;
    unref(): void;
    terminate(): Promise<number>;
  }
  export const parentPort: {
    postMessage(message: unknown, transfer: ArrayBuffer[]): void;
    on(event: 'message', listener: (value: never) => void): void;
  } | null;
}
