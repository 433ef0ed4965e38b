import type { FastifyReply } from 'fastify';
import { waitingTime } from './policy-view.ts';
import type { Speech } from './render.ts';

/** An attempt that was not looked at: there were too many, or the server has too much to do. */
type NotNow = {
  kind: 'throttled' | 'busy';
  retryAfterSeconds: number;
  /** No waiting helps: an operator or a link in a mail lifts it. */
  untilLifted?: boolean;
};

/** Sets the reply's `retry-after`. @returns what the page says, and its status */
export function sayNotNow(
  reply: FastifyReply,
  { kind, retryAfterSeconds, untilLifted = false }: NotNow,
  speech: Speech,
): { problem: string; status: 429 | 503 } {
  reply.header('retry-after', retryAfterSeconds);
  if (kind === 'busy') return { problem: speech.say('problem.busy'), status: 503 };
  if (untilLifted) return { problem: speech.say('problem.shut'), status: 429 };
  const time = waitingTime(retryAfterSeconds, speech);
  return { problem: speech.say('problem.throttled', { time }), status: 429 };
}
