import { errors } from 'oidc-provider';

export type Refusal = {
  status: number;
  body: { error: string; error_description: string; [field: string]: unknown };
  headers?: Record<string, string>;
};

const refusals = new WeakMap<object, Refusal>();

/** Creates the error that ends a request to /oauth/token with exactly this answer. */
export function refusal(answer: Refusal): Error {
  const error = new errors.CustomOIDCProviderError(
    answer.body.error,
    answer.body.error_description,
  );
  error.status = answer.status;
  error.statusCode = answer.status;
  refusals.set(error, answer);
  return error;
}

/** Returns the answer of a {@link refusal}, or undefined for any other error. */
export function refusalOf(error: object): Refusal | undefined {
  return refusals.get(error);
}
