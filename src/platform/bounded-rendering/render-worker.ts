import { parentPort } from 'node:worker_threads';
import { RENDERINGS } from './renderings.ts';

// The thread that can be ended: it renders operators' templates, one after the other.
parentPort?.on('message', ({ name, args }: { name: keyof typeof RENDERINGS; args: never[] }) => {
  const render: (...args: never[]) => unknown = RENDERINGS[name];
  parentPort?.postMessage({ result: render(...args) });
});
parentPort?.postMessage('ready');
