/// <reference lib="webworker" />
/**
 * Where the cards of a drawing stand. A worker of its own: hundreds of cards take a while.
 */

import dagre from '@dagrejs/dagre';
import { seal } from '../engine/seal.js';
import { Outbox } from '../engine/transport.js';
import type { ToWorker } from '../engine/transport.js';
import type { Placed, Plan } from './plan.js';

seal();
const here = self as unknown as DedicatedWorkerGlobalScope;
const outbox = new Outbox((piece) => here.postMessage(piece));

here.onmessage = ({ data }: MessageEvent<ToWorker<Plan>>) => {
  if (data.type === 'taken') outbox.taken();
  else if (data.type === 'request') outbox.send(data.id, placed(data.request));
};

function placed({ cards, links }: Plan): Placed {
  // What there is none of has no extent, says dagre.
  if (cards.length === 0) return { width: 0, height: 0, at: [] };
  const graph = new dagre.graphlib.Graph({ multigraph: false });
  graph.setGraph({ rankdir: 'LR', nodesep: 20, ranksep: 64, marginx: 16, marginy: 16 });
  graph.setDefaultEdgeLabel(() => ({}));
  cards.forEach(([width, height], at) => graph.setNode(String(at), { width, height }));
  for (const [from, to] of links) if (from !== to) graph.setEdge(String(from), String(to));
  dagre.layout(graph);
  const { width = 0, height = 0 } = graph.graph();
  return {
    width,
    height,
    at: cards.map(([w, h], at) => {
      const { x = 0, y = 0 } = graph.node(String(at));
      return [x - w / 2, y - h / 2] as const;
    }),
  };
}
