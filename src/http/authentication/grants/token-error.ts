import type { OAuthErrorBody } from '../../seams/seams.ts';
import { oauthError } from '../oauth-error.ts';

export type TokenErrorAnswer = {
  status: number;
  body: OAuthErrorBody & { [field: string]: unknown };
  headers?: Record<string, string>;
};

const answers = new WeakMap<object, TokenErrorAnswer>();

/** Creates the error that ends a request to /oauth/token with exactly this answer. */
export function tokenError(answer: TokenErrorAnswer): Error {
  const error = oauthError(answer.status, answer.body.error, answer.body.error_description);
  answers.set(error, answer);
  return error;
}

/** Returns the answer of a {@link tokenError}, or undefined for any other error. */
export function tokenErrorOf(error: object): TokenErrorAnswer | undefined {
  return answers.get(error);
}
