import { STATUS_CODES } from 'node:http';
import { brokenForeignKey, isDatabaseAway, sqlState } from '../../../platform/db/db.ts';
import { Refusal, type RefusalCode } from '../../../platform/refusal/refusal.ts';
import type { ErrorCode } from './error-codes.ts';

/** The body of every error under /api/v2. */
export type ErrorBody = {
  statusCode: number;
  error: string;
  message: string;
  errorCode?: ErrorCode;
  attributes?: { error: string };
};

/** A response other than success, thrown by the handler of a route. */
export class ApiError extends Error {
  readonly status: number;
  readonly errorCode: ErrorCode | undefined;

  constructor(status: number, message: string, errorCode?: ErrorCode) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.errorCode = errorCode;
  }
}

/** 404 with the resource's own message, which clients compare. */
export function notFound(message: string, errorCode?: ErrorCode): ApiError {
  return new ApiError(404, message, errorCode);
}

/** 409: the resource exists already. */
export function conflict(message: string, errorCode?: ErrorCode): ApiError {
  return new ApiError(409, message, errorCode);
}

/** 400 for a rule that a schema cannot express. */
export function badRequest(message: string, errorCode: ErrorCode = 'invalid_body'): ApiError {
  return new ApiError(400, message, errorCode);
}

/** 400: a field refers to something that does not exist, so setting it would have no effect. @param what such as `API with the identifier urn:orders` */
export function nothingThere(path: string, what: string): ApiError {
  return badRequest(`Payload validation error: 'there is no ${what}' on property ${path}.`);
}

export function errorBody(status: number, message: string, errorCode?: ErrorCode): ErrorBody {
  return {
    statusCode: status,
    error: STATUS_CODES[status] ?? 'Error',
    message,
    ...(errorCode !== undefined && { errorCode }),
    ...(status === 401 && { attributes: { error: message } }),
  };
}

/** Refusals of flows and records on the wire. Without `errorCode`, the response has none, as recorded from Auth0. */
const REFUSALS: Record<RefusalCode, { status: number; errorCode?: ErrorCode }> = {
  client_not_found: { status: 404, errorCode: 'inexistent_client' },
  conflict: { status: 409 },
  connection_not_found: { status: 404, errorCode: 'inexistent_connection' },
  directory_refused: { status: 400, errorCode: 'auth0_idp_error' },
  directory_unavailable: { status: 503, errorCode: 'auth0_idp_error' },
  file_too_large: { status: 413, errorCode: 'payload_too_large' },
  idempotency_key_reused: { status: 409, errorCode: 'idempotency_key_reused' },
  invalid_body: { status: 400, errorCode: 'invalid_body' },
  invitation_closed: { status: 400, errorCode: 'invitation_closed' },
  invitation_not_found: { status: 404, errorCode: 'inexistent_invitation' },
  name_taken: { status: 400, errorCode: 'auth0_idp_error' },
  organization_not_found: { status: 404 },
  protected_target: { status: 403, errorCode: 'protected_target' },
  third_party_organizations: { status: 403, errorCode: 'operation_not_supported' },
  too_many_jobs: { status: 429 },
  unavailable: { status: 503 },
  unknown_connection: { status: 400, errorCode: 'inexistent_connection' },
  user_exists: { status: 409, errorCode: 'auth0_idp_error' },
  user_not_found: { status: 404, errorCode: 'inexistent_user' },
};

/** The response to a refusal. */
export function refusalBody(refusal: Refusal): ErrorBody {
  const { status, errorCode } = REFUSALS[refusal.code];
  return errorBody(status, refusal.message, errorCode);
}

/** Messages for what Fastify itself refuses, by its error code. */
const BY_THE_SERVER: Record<string, { status: number; message: string; errorCode: ErrorCode }> = {
  FST_ERR_CTP_BODY_TOO_LARGE: {
    status: 413,
    message: 'Payload content length greater than maximum allowed',
    errorCode: 'payload_too_large',
  },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    status: 415,
    message: 'Unsupported Media Type: send application/json or application/x-www-form-urlencoded',
    errorCode: 'unsupported_media_type',
  },
};

/** What the database refuses because of its input, by SQLSTATE. */
const BY_THE_DATABASE: Record<string, string> = {
  // character_not_in_repertoire, untranslatable_character: NUL
  '22021': 'a NUL character cannot be stored',
  '22P05': 'a NUL character cannot be stored',
  // invalid_text_representation: half of a surrogate pair in JSON, or a number that is too large
  '22P02': 'a value cannot be stored',
  // numeric_value_out_of_range
  '22003': 'a number is too large',
  // program_limit_exceeded: too long for an index
  '54000': 'a value is too long',
};

/** Rows that were deleted while another request wrote something that belongs to them, by the column that names them. */
const GONE: Record<string, { status: 404; message: string; errorCode?: ErrorCode }> = {
  user_id: { status: 404, message: 'The user does not exist.', errorCode: 'inexistent_user' },
  client_id: { status: 404, message: 'The client does not exist.', errorCode: 'inexistent_client' },
  connection_id: {
    status: 404,
    message: 'The connection does not exist.',
    errorCode: 'inexistent_connection',
  },
  organization_id: { status: 404, message: 'No organization found by that id.' },
  role_id: { status: 404, message: 'The role does not exist.' },
  action_id: { status: 404, message: 'That action does not exist.' },
};

/**
 * For rows that existed when the request was checked and do not when it is carried out. The response is the one a later
 * request would get.
 */
function goneMeanwhile(error: unknown): ErrorBody | undefined {
  const column = /_([a-z]+_id)_fkey$/.exec(brokenForeignKey(error) ?? '')?.[1];
  const gone = GONE[column ?? ''];
  return gone && errorBody(gone.status, gone.message, gone.errorCode);
}

/**
 * Turns any thrown value into a response. Errors that are not known to be meant for the client become a 500 without details;
 * `unexpected` tells the caller to log them.
 */
export function toErrorBody(error: unknown): { body: ErrorBody; unexpected: boolean } {
  if (error instanceof ApiError) {
    return { body: errorBody(error.status, error.message, error.errorCode), unexpected: false };
  }
  if (error instanceof Refusal) return { body: refusalBody(error), unexpected: false };
  if (isDatabaseAway(error)) {
    const message = 'The server cannot reach its database. Try again in a moment.';
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
    if (known) {
      const body = errorBody(known.status, known.message, known.errorCode);
      return { body, unexpected: false };
    }
    if (status >= 400 && status < 500) {
      return { body: errorBody(status, error.message), unexpected: false };
    }
  }
  return { body: errorBody(500, 'An internal server error occurred'), unexpected: true };
}
