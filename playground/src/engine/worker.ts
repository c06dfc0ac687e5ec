/// <reference lib="webworker" />
/**
 * The worker that holds the engine: the only place of the page where the module is instantiated.
 */

import { Panproto } from '@panproto/core';
import { problemOf } from './documents.js';
import { convertFile } from './file.js';
import type { Request } from './protocol.js';
import { seal } from './seal.js';
import { Session } from './session.js';
import { Outbox } from './transport.js';
import type { ToWorker } from './transport.js';

const here = self as unknown as DedicatedWorkerGlobalScope;
const outbox = new Outbox((piece) => here.postMessage(piece));
/** What can be cancelled. */
const running = new Map<number, AbortController>();
const started = Panproto.init().then((pp) => ({ pp, session: new Session(pp) }));
// A failure to start is the answer of each request.
started.then(seal, () => {});

here.onmessage = ({ data }: MessageEvent<ToWorker<Request>>) => {
  if (data.type === 'taken') outbox.taken();
  else if (data.type === 'cancel') running.get(data.id)?.abort();
  else void answer(data.id, data.request);
};

async function answer(id: number, request: Request): Promise<void> {
  const controller = new AbortController();
  running.set(id, controller);
  try {
    const { pp, session } = await started;
    if (request.kind === 'file') {
      const { lens } = session;
      if (lens === null) throw new Error('there is no lens yet');
      const { report, blob } = await convertFile(lens, request.file, request.backwards, session.ofArrays(request.backwards), (progress) => outbox.send(id, { ok: progress }, true), controller.signal);
      outbox.send(id, { ok: report }, false, blob);
      return;
    }
    outbox.send(id, { ok: run(pp, session, request) });
  } catch (error) {
    outbox.send(id, { error: problemOf(error) });
  } finally {
    running.delete(id);
  }
}

function run(pp: Panproto, session: Session, request: Exclude<Request, { kind: 'file' }>): unknown {
  switch (request.kind) {
    case 'compare':
      return session.compare(request.situation);
    case 'changes':
      return session.changes(request.from);
    case 'drawing':
      return session.drawing(request.all);
    case 'get':
      return session.get(request.text);
    case 'put':
      return session.put(request.text);
    case 'migration':
      return session.migration();
    case 'version':
      return pp.version;
  }
}
