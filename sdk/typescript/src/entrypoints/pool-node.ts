import { Worker } from 'node:worker_threads';
import { BasePool } from '../pool.js';
import type { Channel } from '../pool.js';

export class WorkerPool extends BasePool {
  protected override _spawn(): Channel {
    // Flags as `--input-type` are about the script of the process, and refused for another.
    const worker = new Worker(new URL('./worker-node.js', import.meta.url), { execArgv: [] });
    // A pool that nobody disposes does not keep the process.
    worker.unref();
    let under = 0;
    return {
      post(message, transfer) {
        if (message.kind === 'run' && under++ === 0) worker.ref();
        worker.postMessage(message, transfer);
      },
      listen(onMessage, onError) {
        worker.on('message', (answer) => {
          if (--under === 0) worker.unref();
          onMessage(answer as never);
        });
        worker.on('error', onError);
        worker.on('messageerror', onError);
        // One that is ended says nothing else; whoever ended it does not listen any more.
        worker.on('exit', (code) => onError(new Error(`the worker ended with code ${String(code)}`)));
      },
      close: () => void worker.terminate(),
    };
  }
}
