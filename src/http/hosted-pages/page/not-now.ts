import type { FastifyReply } from 'fastify';
import { waitingTime } from './policy-view.ts';
import type { Translator } from './render.ts';

/** An attempt that was not looked at: there were too many, the server has too much to do, or the legacy directory does not answer. */
type NotNow = {
  kind: 'throttled' | 'busy' | 'unavailable';
  retryAfterSeconds: number;
  /** No waiting helps: an operator or a link in a mail lifts it. */
  untilLifted?: boolean;
};

/** Sets the reply's `retry-after`. @returns what the page says, and its status */
export function sayNotNow(
  reply: FastifyReply,
  { kind, retryAfterSeconds, untilLifted = false }: NotNow,
  translator: Translator,
): { problem: string; status: 429 | 503 } {
  reply.header('retry-after', retryAfterSeconds);
  if (kind === 'busy') return { problem: translator.say('problem.busy'), status: 503 };
  if (kind === 'unavailable') {
    return { problem: translator.say('problem.directoryAway'), status: 503 };
  }
  if (untilLifted) return { problem: translator.say('problem.tooManyFailures'), status: 429 };
  const time = waitingTime(retryAfterSeconds, translator);
  return { problem: translator.say('problem.throttled', { time }), status: 429 };
}
