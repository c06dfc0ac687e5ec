import { parentPort } from 'node:worker_threads';
import { work } from '../work.js';

const answer = work((message, transfer) => parentPort?.postMessage(message, transfer));
parentPort?.on('message', answer);
