import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Static, TSchema } from 'typebox';
import type { LimitRequest } from '../../../flows/limit-requests/limit-requests.ts';
import type { Audit } from '../../../records/logs/logs.ts';
import type { Caller } from './authenticate.ts';
import type { Effects } from './effects.ts';

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

/** Folders of routes register them on this. */
export type Api = {
  /** The Fastify instance under /api/v2, for routes that need a plugin of their own (an upload). */
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

export type StaticOr<T> = T extends TSchema ? Static<T> : undefined;

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
  /** Whether the bodies are secret under any name: the log keeps none of their values. */
  secret?: boolean;
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
