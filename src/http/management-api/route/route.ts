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

/** One route as it is declared, for the tests that walk all of them. */
export type RouteInfo = {
  method: string;
  url: string;
  scopes: readonly string[];
  /** Of success. */
  statuses: number[];
  /** Names of the parameters that the query takes. */
  query: string[];
  body: TSchema | undefined;
  /** What fields of the body can be set to. */
  effects: Effects;
  /** Success answers by status; null: no body. */
  response: Record<number, TSchema | null>;
};

/** What resource files register their routes on. */
export type Api = {
  /** The instance under /api/v2, for a resource that needs a plugin of its own (an upload). */
  fastify: FastifyInstance;
  authenticate(authorization: string | undefined): Promise<Caller>;
  /** undefined: nothing is limited. */
  limit: LimitRequest | undefined;
  /** Writes are noted, done or refused. */
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
  /** Below /api/v2, parameters as `:id`. */
  url: string;
  /** Any one of them is enough. */
  scopes: readonly [string, ...string[]] | readonly string[];
  summary: string;
  description?: string;
  tags: string[];
  body?: B;
  /** Fields of the body that have an effect with some values only: with others they are refused. */
  effects?: Effects;
  /** The body need not be there. */
  bodyOptional?: boolean;
  /** Documents a body that the handler reads itself, such as multipart/form-data; it is not validated here. */
  ownBody?: { contentType: string; schema: TSchema };
  query?: Q;
  /** Parameters that aren't named are ignored; elsewhere they are refused. */
  openQuery?: boolean;
  params?: P;
  /** Success answers by status. What the schema doesn't name is not sent. Null: no body. */
  response: Record<number, TSchema | null>;
  /** Bytes; only for bodies that are read whole. */
  bodyLimit?: number;
  /** Returns the answer's body. With one declared status that one is used; with more, call `reply.code`. */
  handler(input: Input<StaticOr<B>, StaticOr<Q>, StaticOr<P>>): Promise<unknown> | unknown;
};

const errorSchema = Type.Object(
  {
    statusCode: Type.Integer({ description: 'Repeats the HTTP status' }),
    error: Type.String({ description: 'The reason phrase of the status' }),
    message: Type.String({ description: 'What is wrong, for people' }),
    errorCode: Type.Optional(Type.String({ description: 'What is wrong, for programs' })),
    attributes: Type.Optional(Type.Object({ error: Type.String() })),
  },
  { description: 'An error', additionalProperties: true },
);

const ERROR_STATUSES: Record<number, string> = {
  400: 'The request is not valid; the message names the property.',
  401: 'No token, or one that is expired or not for this API.',
  403: 'The token lacks the scope, or the target is protected: an administrator, or what belongs to the console.',
  404: 'There is no such thing.',
  409: 'It is already there.',
  413: 'The body is too large.',
  429: 'Too many requests; the headers say when to try again.',
};

/**
 * Declares one route of the management API: who may call it, what goes in and what comes out. Input that doesn't fit the
 * schemas is answered 400, and an answer is serialized through its schema, so a field that isn't declared can't leak.
 * @throws at start-up when a route declares no scope, or a status that isn't a success
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
    throw new Error(`${method} ${url} must declare its success answers.`);
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
    // Validation is ours: its wording is part of the contract.
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
      throw new Error(`${method} ${url} answered ${statusCode}, which it doesn't declare.`);
    }
    const schema = reply.sent ? null : response[statusCode];
    // Noted as it is sent: through its schema.
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
      `Scope: ${scopes.map((one) => `\`${one}\``).join(' or ')}.`,
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

/** `GET /clients/:id` as `get_clients_id`. */
function operationId(method: string, url: string): string {
  return [method.toLowerCase(), ...url.split('/').filter(Boolean)].join('_').replace(/[^\w]+/g, '');
}
