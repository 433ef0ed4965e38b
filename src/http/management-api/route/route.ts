import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Static, type TSchema, Type } from 'typebox';
import type { LimitRequest } from '../../../flows/limit-requests/limit-requests.ts';
import type { Audit } from '../../../records/logs/logs.ts';
import { refuseProtectedIn } from '../../../steps/refuse-protected/refuse-protected.ts';
import { type Caller, requireScope } from './authenticate.ts';
import { closedThroughout } from './closed-bodies.ts';
import { type Effects, explained, withEffects } from './effects.ts';
import { toErrorBody } from './errors.ts';
import { noteOperation } from './note-operation.ts';
import { limitCaller } from './rate-limit.ts';
import { serializerFor } from './serialization.ts';
import { validatorFor } from './validation.ts';

export { actsOnSelf, noUser, targetOf, userOf } from './acts-on.ts';
export { type Caller, createAuthenticate, requireScope } from './authenticate.ts';
export type { BaseDeps } from './base-deps.ts';
export { customDomainOf, linkOrigin, registerCustomDomainHeader } from './custom-domain-header.ts';
export {
  type Effect,
  type Effects,
  hasEffect,
  refuseWithoutEffect,
  shownBy,
  withEffects,
  worthKeeping,
} from './effects.ts';
export {
  ApiError,
  badRequest,
  conflict,
  errorBody,
  notFound,
  nothingThere,
  toErrorBody,
} from './errors.ts';
export {
  alwaysAnObject,
  checkpointPage,
  checkpointPaging,
  checkpointQuery,
  encodeCursor,
  expiredCursor,
  offsetPage,
  offsetPaging,
  type Paging,
  pageOf,
  pageQuery,
  pagingOf,
  sortOf,
} from './paging.ts';
export { validatorFor } from './validation.ts';
export {
  closed,
  fieldsQuery,
  freeObject,
  idParams,
  LONGEST_SECONDS,
  nullable,
  oneOf,
  pickFields,
  rolesClaimName,
  timestamp,
} from './wire.ts';

/** A route as it is declared, for the tests that walk all routes. */
export type RouteInfo = {
  method: string;
  url: string;
  scopes: readonly string[];
  /** Status of the successful responses. */
  statuses: number[];
  /** Names of the query parameters. */
  query: string[];
  body: TSchema | undefined;
  /** The fields of the body that have an effect only with some values. */
  effects: Effects;
  /** Successful responses by status; null: no body. */
  response: Record<number, TSchema | null>;
};

/** Rooms register their routes on this. */
export type Api = {
  /** The Fastify instance under /api/v2, for rooms that need a plugin of their own (an upload). */
  fastify: FastifyInstance;
  authenticate(authorization: string | undefined): Promise<Caller>;
  /** undefined: no limits. */
  limit: LimitRequest | undefined;
  /** Writes are logged, whether they succeed or are refused. */
  audit: Audit;
  production: boolean;
  routes: RouteInfo[];
};

export type Input<B, Q, P> = {
  body: B;
  query: Q;
  params: P;
  caller: Caller;
  request: FastifyRequest;
  reply: FastifyReply;
};

type StaticOr<T> = T extends TSchema ? Static<T> : undefined;

export type RouteDefinition<
  B extends TSchema | undefined,
  Q extends TSchema | undefined,
  P extends TSchema | undefined,
> = {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path below /api/v2, with parameters as `:id`. */
  url: string;
  /** One of the scopes is enough. */
  scopes: readonly [string, ...string[]] | readonly string[];
  summary: string;
  description?: string;
  tags: string[];
  body?: B;
  /** Fields of the body that have an effect only with some values. Other values are refused. */
  effects?: Effects;
  /** Whether the body can be absent. */
  bodyOptional?: boolean;
  /** Documents a body that the handler reads itself, such as multipart/form-data. It is not validated here. */
  ownBody?: { contentType: string; schema: TSchema };
  query?: Q;
  /** Whether unknown query parameters are ignored. Default: they are refused. */
  openQuery?: boolean;
  params?: P;
  /** Successful responses by status. Fields that the schema does not name are not sent. null: no body. */
  response: Record<number, TSchema | null>;
  /** Maximum size of the body, in bytes. Only for bodies that are read as a whole. */
  bodyLimit?: number;
  /** Returns the body of the response. With one declared status, that one is used. With more, call `reply.code`. */
  handler(input: Input<StaticOr<B>, StaticOr<Q>, StaticOr<P>>): Promise<unknown> | unknown;
};

const errorSchema = Type.Object(
  {
    statusCode: Type.Integer({ description: 'The HTTP status' }),
    error: Type.String({ description: 'Reason phrase of the status' }),
    message: Type.String({ description: 'Description of the error, for people' }),
    errorCode: Type.Optional(Type.String({ description: 'Code of the error, for programs' })),
    attributes: Type.Optional(Type.Object({ error: Type.String() })),
  },
  { description: 'An error', additionalProperties: true },
);

const ERROR_STATUSES: Record<number, string> = {
  400: 'The request is invalid. The message names the property.',
  401: 'The token is absent, expired or not for this API.',
  403: 'The token lacks the scope, or the target is protected: an administrator, or what belongs to the console.',
  404: 'The resource does not exist.',
  409: 'The resource exists already.',
  413: 'The body is too large.',
  429: 'The caller sent too many requests. The headers say when to try again.',
};

/**
 * Declares one route of the management API: who can call it, and the schemas of its input and output. Input that does not
 * match the schemas is answered with 400. Responses are serialized through their schemas, so that an undeclared field
 * cannot leak.
 * @throws at start-up if a route declares no scope, or a status that is not a success
 */
export function route<
  B extends TSchema | undefined = undefined,
  Q extends TSchema | undefined = undefined,
  P extends TSchema | undefined = undefined,
>(api: Api, asked: RouteDefinition<B, Q, P>): void {
  const { effects = {} } = asked;
  const body = asked.body && closedThroughout(asked.body);
  const definition = body ? { ...asked, body: withEffects(body, effects) } : asked;
  const toExplain = body ? { ...asked, body: explained(body, effects) } : asked;
  const { method, url, scopes, response } = definition;
  const statuses = Object.keys(response).map(Number);
  if (scopes.length === 0) throw new Error(`${method} ${url} declares no scope.`);
  if (statuses.length === 0 || statuses.some((status) => status < 200 || status > 399)) {
    throw new Error(`${method} ${url} must declare its successful responses.`);
  }
  const checks = {
    body: definition.body && validatorFor(definition.body, 'body'),
    query: validatorFor(
      {
        ...(definition.query ?? Type.Object({})),
        additionalProperties: definition.openQuery === true,
      },
      'querystring',
    ),
    params: definition.params && validatorFor(definition.params, 'params'),
  };
  const callers = new WeakMap<FastifyRequest, Caller>();
  api.routes.push({
    method,
    url,
    scopes,
    statuses,
    query: Object.keys((definition.query as { properties?: object } | undefined)?.properties ?? {}),
    body: definition.ownBody?.schema ?? definition.body,
    effects,
    response,
  });

  api.fastify.route({
    method,
    url,
    ...(definition.bodyLimit !== undefined && { bodyLimit: definition.bodyLimit }),
    schema: documented(toExplain),
    // The route validates itself, because the messages are part of the contract.
    validatorCompiler: () => () => true,
    serializerCompiler: ({ schema }) => serializerFor(schema),
    onRequest: async (request, reply) => {
      const caller = await api.authenticate(request.headers.authorization);
      if (api.limit) await limitCaller(api.limit, url, caller, request, reply);
      callers.set(request, caller);
      try {
        requireScope(caller, scopes);
      } catch (error) {
        note(request, caller, 403, () => toErrorBody(error).body);
        throw error;
      }
    },
    handler: async (request, reply) => {
      const caller = callers.get(request);
      if (caller === undefined) throw new Error('The caller was not authenticated.');
      try {
        return await answerTo(request, reply, caller);
      } catch (error) {
        const { body } = toErrorBody(error);
        note(request, caller, body.statusCode, () => body);
        throw error;
      }
    },
  });

  function note(
    request: FastifyRequest,
    caller: Caller,
    statusCode: number,
    answer: () => unknown,
  ): void {
    if (method === 'GET') return;
    const { summary } = definition;
    noteOperation(api.audit, { summary, request, caller, statusCode, answer: answer() });
  }

  async function answerTo(request: FastifyRequest, reply: FastifyReply, caller: Caller) {
    refuseProtectedIn([request.params, request.query, request.body]);
    checks.params?.(request.params);
    checks.query(request.query);
    if (checks.body && !(definition.bodyOptional && (request.body ?? null) === null)) {
      checks.body(request.body, isForm(request));
    }
    if (statuses.length === 1 && statuses[0] !== undefined) reply.code(statuses[0]);
    const input = {
      body: request.body,
      query: request.query,
      params: request.params,
      caller,
      request,
      reply,
    } as Input<StaticOr<B>, StaticOr<Q>, StaticOr<P>>;
    const answer = await definition.handler(input);
    const { statusCode } = reply;
    if (!api.production && !(statusCode in response)) {
      throw new Error(`${method} ${url} returned ${statusCode}, which it does not declare.`);
    }
    const schema = reply.sent ? null : response[statusCode];
    // The log gets the body as it is sent: serialized through its schema.
    note(request, caller, statusCode, () =>
      schema ? JSON.parse(serializerFor(schema)(answer)) : null,
    );
    if (reply.sent) return reply;
    return schema === null ? reply.send() : answer;
  }
}

function isForm(request: FastifyRequest): boolean {
  return request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') ?? false;
}

function documented(
  definition: RouteDefinition<TSchema | undefined, TSchema | undefined, TSchema | undefined>,
) {
  const { scopes, body, ownBody, query, params } = definition;
  const answers = Object.entries(definition.response).map(([status, schema]) => [
    status,
    schema ?? Type.Null({ description: 'No content' }),
  ]);
  const errors = Object.entries(ERROR_STATUSES).map(([status, description]) => [
    status,
    { ...errorSchema, description },
  ]);
  return {
    summary: definition.summary,
    description: [
      definition.description,
      `Scope: ${scopes.map((scope) => `\`${scope}\``).join(' or ')}.`,
    ]
      .filter(Boolean)
      .join('\n\n'),
    tags: definition.tags,
    operationId: operationId(definition.method, definition.url),
    security: [{ token: [...scopes] }],
    ...(ownBody
      ? { consumes: [ownBody.contentType], body: ownBody.schema }
      : body && { consumes: ['application/json', 'application/x-www-form-urlencoded'], body }),
    ...(query && { querystring: query }),
    ...(params && { params }),
    response: Object.fromEntries([...errors, ...answers]),
  };
}

/** `GET /clients/:id` becomes `get_clients_id`. */
function operationId(method: string, url: string): string {
  return [method.toLowerCase(), ...url.split('/').filter(Boolean)].join('_').replace(/[^\w]+/g, '');
}
