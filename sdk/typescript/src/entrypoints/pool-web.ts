/// <reference lib="esnext.disposable" preserve="true" />
import { BasePool } from '../pool.js';
import type { Channel } from '../pool.js';
export type { Channel, LinesSource, PoolConvertOptions, PoolOptions } from '../pool.js';

/**
 * Workers that convert newline-delimited records while the page stays responsive. Pieces come in order, with back-pressure,
 * progress and cancellation.
 *
 * @example
 * ```ts
 * import { WorkerPool } from '@panproto/core/worker';
 * const pool = new WorkerPool({ size: 2 });
 * for await (const piece of pool.convert(lens, file)) send(piece);
 * pool.dispose();
 * ```
 */
export class WorkerPool extends BasePool {
  protected override _spawn(): Channel {
    const worker = new Worker(new URL('./worker-web.js', import.meta.url), { type: 'module' });
    return {
      post: (message, transfer) => worker.postMessage(message, transfer),
      listen(onMessage, onError) {
        worker.onmessage = ({ data }) => onMessage(data as never);
        worker.onerror = onError;
        worker.onmessageerror = onError;
      },
      close: () => worker.terminate(),
    };
  }
}
