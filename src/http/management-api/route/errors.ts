import { STATUS_CODES } from 'node:http';
import { brokenForeignKey, isDatabaseAway, sqlState } from '../../../platform/db/db.ts';
import { Refusal } from '../../../platform/refusal/refusal.ts';

/** The body of every error under /api/v2. */
export type ErrorBody = {
  statusCode: number;
  error: string;
  message: string;
  errorCode?: string;
  attributes?: { error: string };
};

/** An answer other than success, thrown from a route's handler. */
export class ApiError extends Error {
  readonly status: number;
  readonly errorCode: string | undefined;

  constructor(status: number, message: string, errorCode?: string) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.errorCode = errorCode;
  }
}

/** 404 with the resource's own wording, which clients compare. */
export function notFound(message: string, errorCode?: string): ApiError {
  return new ApiError(404, message, errorCode);
}

/** 409: the thing is already there. */
export function conflict(message: string, errorCode?: string): ApiError {
  return new ApiError(409, message, errorCode);
}

/** 400 for a rule that a schema can't express. */
export function badRequest(message: string, errorCode = 'invalid_body'): ApiError {
  return new ApiError(400, message, errorCode);
}

/** 400: what a field refers to isn't there, so that setting it would have no effect. @param what such as `API with the identifier urn:orders` */
export function nothingThere(path: string, what: string): ApiError {
  return badRequest(`Payload validation error: 'there is no ${what}' on property ${path}.`);
}

export function errorBody(status: number, message: string, errorCode?: string): ErrorBody {
  return {
    statusCode: status,
    error: STATUS_CODES[status] ?? 'Error',
    message,
    ...(errorCode !== undefined && { errorCode }),
    ...(status === 401 && { attributes: { error: message } }),
  };
}

/**
 * What a refusal from a flow or a record looks like on the wire. A code that isn't listed is a 400 under its own name.
 * `errorCode` null: the resource has none.
 */
const REFUSALS: Record<string, { status: number; errorCode?: string | null }> = {
  user_not_found: { status: 404, errorCode: 'inexistent_user' },
  user_exists: { status: 409, errorCode: 'auth0_idp_error' },
  connection_not_found: { status: 404, errorCode: 'inexistent_connection' },
  client_not_found: { status: 404, errorCode: 'inexistent_client' },
  invitation_not_found: { status: 404, errorCode: 'inexistent_invitation' },
  job_not_found: { status: 404, errorCode: 'inexistent_job' },
  protected_target: { status: 403 },
  conflict: { status: 409, errorCode: null },
  idempotency_key_reused: { status: 409 },
  file_too_large: { status: 413, errorCode: 'payload_too_large' },
  too_many_requests: { status: 429 },
  // Without a code of its own, as recorded.
  too_many_jobs: { status: 429, errorCode: null },
  unavailable: { status: 503, errorCode: null },
};

/** The answer to a refusal. */
export function refusalBody(refusal: Refusal): ErrorBody {
  const known = REFUSALS[refusal.code];
  const errorCode = known?.errorCode === null ? undefined : (known?.errorCode ?? refusal.code);
  return errorBody(known?.status ?? 400, refusal.message, errorCode);
}

/** Wording for what Fastify itself refuses, by its error code. */
const BY_THE_SERVER: Record<string, { message: string; errorCode: string }> = {
  FST_ERR_CTP_BODY_TOO_LARGE: {
    message: 'Payload content length greater than maximum allowed',
    errorCode: 'payload_too_large',
  },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    message: 'Unsupported Media Type: send application/json or application/x-www-form-urlencoded',
    errorCode: 'unsupported_media_type',
  },
};

/** What the database refuses because of what it was given, by SQLSTATE. */
const BY_THE_DATABASE: Record<string, string> = {
  // character_not_in_repertoire, untranslatable_character: NUL
  '22021': 'a NUL character cannot be stored',
  '22P05': 'a NUL character cannot be stored',
  // invalid_text_representation: half of a surrogate pair in JSON, or a number beyond any
  '22P02': 'a value cannot be stored',
  // numeric_value_out_of_range
  '22003': 'a number is too large',
  // program_limit_exceeded: longer than an index takes
  '54000': 'a value is too long',
};

/** What somebody deleted while something that belongs to it was being written, by the column that names it. */
const GONE: Record<string, { message: string; errorCode?: string }> = {
  user_id: { message: 'The user does not exist.', errorCode: 'inexistent_user' },
  client_id: { message: 'The client does not exist.', errorCode: 'inexistent_client' },
  connection_id: { message: 'The connection does not exist.', errorCode: 'inexistent_connection' },
  organization_id: { message: 'No organization found by that id.' },
  role_id: { message: 'The role does not exist.' },
};

/** Where one was there when the request was looked at and is gone when it is carried out: the answer is that of a moment later. */
function goneMeanwhile(error: unknown): ErrorBody | undefined {
  const column = /_([a-z]+_id)_fkey$/.exec(brokenForeignKey(error) ?? '')?.[1];
  const gone = GONE[column ?? ''];
  return gone && errorBody(404, gone.message, gone.errorCode);
}

/**
 * Any thrown value as an answer. What isn't known to be meant for the client becomes a 500 without detail; `unexpected`
 * tells the caller to log it.
 */
export function toErrorBody(error: unknown): { body: ErrorBody; unexpected: boolean } {
  if (error instanceof ApiError) {
    return { body: errorBody(error.status, error.message, error.errorCode), unexpected: false };
  }
  if (error instanceof Refusal) return { body: refusalBody(error), unexpected: false };
  if (isDatabaseAway(error)) {
    const message = 'The database can not be reached. Try again in a moment.';
    return { body: errorBody(503, message), unexpected: false };
  }
  const gone = goneMeanwhile(error);
  if (gone !== undefined) return { body: gone, unexpected: false };
  const unstorable = BY_THE_DATABASE[sqlState(error) ?? ''];
  if (unstorable !== undefined) {
    const message = `Payload validation error: '${unstorable}'.`;
    return { body: errorBody(400, message, 'invalid_body'), unexpected: false };
  }
  if (error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number') {
    const status = error.statusCode;
    const known = 'code' in error ? BY_THE_SERVER[String(error.code)] : undefined;
    if (known)
      return { body: errorBody(status, known.message, known.errorCode), unexpected: false };
    if (status >= 400 && status < 500) {
      return { body: errorBody(status, error.message), unexpected: false };
    }
  }
  return { body: errorBody(500, 'An internal server error occurred'), unexpected: true };
}
