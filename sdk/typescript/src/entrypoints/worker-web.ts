import { work } from '../work.js';

const here = globalThis as unknown as {
  onmessage: ((event: { data: never }) => void) | null;
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
};
const answer = work((message, transfer) => here.postMessage(message, transfer));
here.onmessage = ({ data }) => answer(data);
