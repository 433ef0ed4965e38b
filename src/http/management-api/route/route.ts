import type { FastifyReply, FastifyRequest } from 'fastify';
import { type TSchema, Type } from 'typebox';
import { refuseProtectedIn } from '../../../steps/refuse-protected/refuse-protected.ts';
import { type Caller, requireScope } from './authenticate.ts';
import { closedThroughout } from './closed-bodies.ts';
import { documented } from './documented.ts';
import { explained, withEffects } from './effects.ts';
import { toErrorBody } from './errors.ts';
import { noteOperation } from './note-operation.ts';
import { limitCaller } from './rate-limit.ts';
import type { Api, Input, RouteDefinition, StaticOr } from './route-definition.ts';
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
  nextCursor,
  type OffsetPaging,
  offsetPage,
  offsetPaging,
  type Paging,
  pageOf,
  pageQuery,
  pagingOf,
  refuseDeep,
  sortOf,
} from './paging.ts';
export type { Api, RouteInfo } from './route-definition.ts';
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
    const { summary, secret = false } = definition;
    noteOperation(api.audit, { summary, secret, request, caller, statusCode, answer: answer() });
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
