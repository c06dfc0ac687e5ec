/**
 * What a worker does: it runs slices of lines through lenses that it is given as bytes.
 */

import { tellError } from './errors.js';
import type { WorkerAnswer, WorkerRequest } from './pool.js';
import { isWholeLines, linesIn, runBefore, runLines } from './lines.js';
import { Runtime } from './runtime.js';
import type { Ran, Stored } from './runtime.js';

/** Answers requests; `post` sends an answer. */
export function work(post: (answer: WorkerAnswer, transfer: ArrayBuffer[]) => void): (request: WorkerRequest) => void {
  let runtime: Runtime | null = null;
  const lenses = new Map<string, Stored>();
  return (request) => {
    try {
      if (request.kind === 'module') {
        runtime = new Runtime(request.module);
        if (request.limits !== null) runtime.setLimits(request.limits);
        lenses.clear();
        return;
      }
      if (runtime === null) throw new Error('a worker runs before it has the module');
      if (request.lens !== null) lenses.set(request.digest, runtime.define('lens', request.lens));
      const lens = lenses.get(request.digest);
      if (lens === undefined) throw new Error('a worker was not given the lens');
      const { op, flags } = request;
      const engine = runtime;
      const run = (input: Uint8Array): Ran => engine.run(lens, { op, flags, input: [input] });
      const [ran, error] = isWholeLines(flags) ? runBefore(request.input, (input) => runLines(input, flags, run)) : [run(request.input), null];
      const { output, records, failures, taken, failed } = ran;
      const told = { output, records, failures, taken, lines: linesIn(request.input, taken), failed: failed.map(tellError) };
      post({ id: request.id, ran: told, ...(error === null ? {} : { error: tellError(error) }) }, [output.buffer as ArrayBuffer]);
    } catch (error) {
      post({ id: request.kind === 'run' ? request.id : -1, error: tellError(error) }, []);
    }
  };
}
