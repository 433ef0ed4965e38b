import { parentPort } from 'node:worker_threads';
import { RENDERINGS } from './renderings.ts';

// The thread that may be ended: it renders what operators have written, one thing after the other.
parentPort?.on('message', ({ name, args }: { name: keyof typeof RENDERINGS; args: never[] }) => {
  const render: (...args: never[]) => unknown = RENDERINGS[name];
  parentPort?.postMessage({ result: render(...args) });
});
parentPort?.postMessage('ready');
