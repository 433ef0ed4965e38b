import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export type Child = {
  /** Sends a question and resolves with the answer. One at a time. */
  ask<T>(question: object): Promise<T>;
  stop(): Promise<void>;
};

/** Starts a file of this folder's parent in its own process, which answers messages in order. */
export function startChild(file: string, args: string[] = []): Child {
  const child: ChildProcess = fork(join(import.meta.dirname, '..', file), args);
  let waiting: PromiseWithResolvers<unknown> | undefined;
  child.on('message', (answer) => waiting?.resolve(answer));
  child.once('exit', (code) => waiting?.reject(new Error(`${file} ended with ${code}.`)));
  return {
    async ask<T>(question: object) {
      waiting = Promise.withResolvers<unknown>();
      child.send(question);
      return (await waiting.promise) as T;
    },
    async stop() {
      waiting = undefined;
      if (!child.connected) return;
      child.disconnect();
      await once(child, 'exit');
    },
  };
}

/** The child's side: answers each question, and ends with the parent. */
export function answerParent<Q>(answer: (question: Q) => Promise<object>): void {
  process.on('message', (question: Q) => {
    answer(question).then(
      (given) => process.send?.(given),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  });
  process.on('disconnect', () => process.exit(0));
}
