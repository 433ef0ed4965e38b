import type { OAuthErrorBody } from '../../seams/seams.ts';
import { oauthError } from '../oauth-error.ts';

export type Refusal = {
  status: number;
  body: OAuthErrorBody & { [field: string]: unknown };
  headers?: Record<string, string>;
};

const refusals = new WeakMap<object, Refusal>();

/** Creates the error that ends a request to /oauth/token with exactly this answer. */
export function refusal(answer: Refusal): Error {
  const error = oauthError(answer.status, answer.body.error, answer.body.error_description);
  refusals.set(error, answer);
  return error;
}

/** Returns the answer of a {@link refusal}, or undefined for any other error. */
export function refusalOf(error: object): Refusal | undefined {
  return refusals.get(error);
}
