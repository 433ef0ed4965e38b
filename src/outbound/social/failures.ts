import { AuthorizationResponseError, ClientError, ResponseBodyError } from 'openid-client';
import type { FinishOutcome } from './provider.ts';

const MOST_CHARACTERS = 300;
/** Errors of a provider's page that are not about the person (RFC 6749 §4.1.2.1). */
const OUTAGES = new Set(['server_error', 'temporarily_unavailable']);
/** Shorter texts are no secrets, and stand in other words, too. */
const SHORTEST_SECRET = 6;

/** An answer that proves nothing. */
export class Unproved extends Error {}

/** An answer with a status that is not 200. */
export class BadStatus extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`The provider answered ${status}.`);
    this.status = status;
  }
}

type Trouble = Exclude<FinishOutcome, { kind: 'proved' }>;

/**
 * Returns what an error of a login means.
 * @param secrets texts that must not get into the log, which a provider might repeat
 */
export function troubleOf(error: unknown, secrets: (string | null | undefined)[]): Trouble {
  const clean = (text: string) => withoutSecrets(text, secrets);
  if (error instanceof AuthorizationResponseError) {
    const { error: code, error_description: description } = error;
    if (OUTAGES.has(code)) return { kind: 'unavailable', why: `The provider answered ${code}.` };
    return {
      kind: 'denied',
      error: clean(code),
      description: description === undefined ? null : clean(description),
    };
  }
  if (error instanceof ResponseBodyError) {
    const { status, error: code, error_description: description } = error;
    const why = clean(
      `The provider answered ${status} ${code}${description ? `: ${description}` : ''}`,
    );
    return { kind: status >= 500 ? 'unavailable' : 'failed', why };
  }
  if (error instanceof Unproved) return { kind: 'failed', why: clean(error.message) };
  const status = statusIn(error);
  const why = clean(status === null ? reasonOf(error) : `The provider answered ${status}.`);
  return {
    kind: isOfTheConnection(error) || isServerError(status) ? 'unavailable' : 'failed',
    why,
  };
}

function isServerError(status: number | null): boolean {
  return status !== null && (status >= 500 || status === 429);
}

/** Returns the status of an unexpected answer, which the library gives as the cause. */
function statusIn(error: unknown): number | null {
  if (error instanceof BadStatus) return error.status;
  return error instanceof ClientError && error.cause instanceof Response
    ? error.cause.status
    : null;
}

/** The library passes errors of its calls on as they are, or as the cause of one of its own. */
function isOfTheConnection(error: unknown): boolean {
  if (error instanceof BadStatus) return false;
  if (error instanceof ClientError) {
    return (
      error.code === undefined || error.code === 'OAUTH_TIMEOUT' || error.code === 'OAUTH_ABORT'
    );
  }
  return true;
}

function reasonOf(error: unknown): string {
  const messages: string[] = [];
  for (let at = error; at instanceof Error && messages.length < 4; at = at.cause) {
    if (at.message !== '' && !messages.includes(at.message)) messages.push(at.message);
  }
  return messages.join(': ') || 'unknown error';
}

function withoutSecrets(text: string, secrets: (string | null | undefined)[]): string {
  const hidden = secrets.reduce<string>(
    (each, secret) =>
      secret && secret.length >= SHORTEST_SECRET ? each.replaceAll(secret, '***') : each,
    text,
  );
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must go
  return hidden.replace(/[\u0000-\u001f\u007f]+/g, ' ').slice(0, MOST_CHARACTERS);
}
