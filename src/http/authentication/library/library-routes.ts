import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { limitTypedCode } from '../../../flows/limit-requests/limit-requests.ts';
import { readTypedCode } from '../../../platform/typed-code/typed-code.ts';
import type { OAuthErrorBody } from '../../seams/seams.ts';
import {
  type Catalog,
  formEncodedBasic,
  judgeOrigin,
  type LibraryClients,
} from '../clients/clients.ts';
import type { AuthenticationDeps } from '../deps.ts';
import { ACTIVATE_PATH, takeCode } from '../device/device.ts';
import type { createMount } from '../mount.ts';
import { sendPage } from '../send-page.ts';
import { defaultAudience } from '../tokens/tokens.ts';
import { authorizeUrl, readForm, withResource } from './token-request.ts';

/** The endpoint for pushed authorization requests (RFC 9126). */
export const PUSHED_REQUESTS = '/oauth/par';

const UNREADABLE: { status: number; body: OAuthErrorBody } = {
  status: 400,
  body: {
    error: 'invalid_request',
    error_description: 'The body must be a JSON object or a form of strings.',
  },
};

/** Registers the endpoints of the library, and converts their requests to its form. */
export function registerLibraryRoutes(
  app: FastifyInstance,
  deps: AuthenticationDeps,
  {
    mount,
    catalog,
    clients,
  }: { mount: ReturnType<typeof createMount>; catalog: Catalog; clients: LibraryClients },
): void {
  app.get('/authorize', async (request, reply) => {
    const fallback = await defaultAudience(catalog, Object(request.query).client_id);
    request.raw.url = authorizeUrl(request.raw.url ?? '/authorize', fallback);
    return mount(request, reply);
  });
  app.get('/authorize/:uid', (request, reply) => mount(request, reply));

  for (const path of ['/oauth/token', '/oauth/revoke', '/oauth/device/code', PUSHED_REQUESTS]) {
    app.post(path, async (request, reply) => {
      const form = readForm(request.headers['content-type'], bodyOf(request));
      if (form === null) {
        return reply.code(UNREADABLE.status).send(UNREADABLE.body);
      }
      const { headers } = request.raw;
      if (headers.authorization !== undefined) {
        headers.authorization = await formEncodedBasic(headers.authorization, clients);
      }
      await judgeOrigin(catalog, request, form.get('client_id'));
      // A login begins at these endpoints.
      const always = path === '/oauth/device/code' || path === PUSHED_REQUESTS;
      const fallback = always ? await defaultAudience(catalog, form.get('client_id')) : null;
      return mount(request, reply, withResource(form, { always, fallback }).toString());
    });
    app.options(path, (request, reply) => mount(request, reply));
  }

  app.get(ACTIVATE_PATH, (request, reply) => {
    takeCode(request.raw);
    return mount(request, reply);
  });
  app.get(`${ACTIVATE_PATH}/:uid`, (request, reply) => mount(request, reply));
  app.post(ACTIVATE_PATH, async (request, reply) => {
    const seconds = await limitTypedCode(deps, request);
    if (seconds > 0) return refuseMore(deps, request, reply, seconds);
    const form = new URLSearchParams(bodyOf(request));
    const typed = form.get('user_code');
    if (typed !== null) form.set('user_code', readTypedCode(typed));
    return mount(request, reply, form.toString());
  });
}

function bodyOf(request: FastifyRequest): string {
  return typeof request.body === 'string' ? request.body : '';
}

function refuseMore(
  { pages }: AuthenticationDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  seconds: number,
): FastifyReply {
  const page = { kind: 'input', action: ACTIVATE_PATH, xsrf: '', userCode: '', request } as const;
  return sendPage(
    reply.code(429).header('retry-after', seconds),
    pages.device({ ...page, problem: 'many' }),
  );
}
