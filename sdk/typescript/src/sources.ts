/**
 * Where bytes come from: arrays, files, streams, pieces.
 */

import { PanprotoCancelledError, PanprotoUsageError } from './errors.js';
import { bytesOf } from './records.js';

/** Records as bytes: all of them, a file, a stream, or pieces that may be cut anywhere. */
export type BytesSource = Uint8Array | Blob | ReadableStream<Uint8Array> | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** The bytes of a source, piece by piece, as they are asked for. */
export async function* piecesOf(source: BytesSource): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const piece of rawPieces(source)) {
    const bytes = bytesOf(piece);
    if (bytes === null) {
      throw new PanprotoUsageError('records are bytes', {
        code: 'wrong-argument',
        path: 'source',
        help: 'give a Uint8Array, a Blob, a stream or pieces',
      });
    }
    yield bytes;
  }
}

async function* rawPieces(source: BytesSource): AsyncGenerator<unknown, void, undefined> {
  if (bytesOf(source) !== null) yield source;
  else if (typeof Blob !== 'undefined' && source instanceof Blob) yield* read(source.stream());
  else if (typeof ReadableStream !== 'undefined' && source instanceof ReadableStream) yield* read(source);
  else if (isIterable(source)) yield* source;
  // What has no pieces: the caller is told that it is no source.
  else yield source;
}

function isIterable(source: unknown): source is Iterable<unknown> | AsyncIterable<unknown> {
  return typeof source === 'object' && source !== null && (Symbol.asyncIterator in source || Symbol.iterator in source);
}

/** Not every browser iterates streams. */
async function* read(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** Pieces as a stream, made as they are asked for. */
export function streamOf(pieces: AsyncGenerator<Uint8Array, void, undefined>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await pieces.next();
      if (done === true) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await pieces.return(undefined);
    },
  });
}

/** Ends what was cancelled. */
export function go(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw cancelled(signal);
}

/** The error of what was cancelled. */
export function cancelled(signal: AbortSignal): PanprotoCancelledError {
  return new PanprotoCancelledError('the conversion was cancelled', { code: 'cancelled', cause: signal.reason });
}

/** Lets events, frames and other work happen. */
export function turn(): Promise<void> {
  const { scheduler } = globalThis as { scheduler?: { yield?: () => Promise<void> } };
  if (typeof scheduler?.yield === 'function') return scheduler.yield();
  return new Promise((resolve) => void setTimeout(resolve, 0));
}
