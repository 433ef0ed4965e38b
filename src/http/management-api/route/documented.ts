import { type TSchema, Type } from 'typebox';
import type { RouteDefinition } from './route-definition.ts';

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

/** Returns a route's schema for the API reference. */
export function documented(
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
