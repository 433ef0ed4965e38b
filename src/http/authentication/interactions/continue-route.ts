import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { decrypt, encrypt, hmacSha256, type Keys } from '../../../platform/crypto/crypto.ts';
import type { AuthenticationErrorCode, Interactions, SharedPages } from '../../seams/seams.ts';
import { sendPage } from '../send-page.ts';

const PATH = '/continue';
/** The field of the address in which a body waits. Encrypted, because it holds session tokens. */
const BODY = 'posted';
/** Longer addresses would not pass every HTTP server and proxy. */
const MOST_CHARACTERS = 6000;

type Fields = Record<string, string>;

/**
 * Registers `/continue`, to which a page of the operator sends the browser back during a login.
 *
 * A form on another site comes without the cookies of this one. So a POST only answers with the address of the same page, with its body in it,
 * encrypted; the browser gets that with its cookies.
 */
export function registerContinue(
  app: FastifyInstance,
  deps: { keys: Keys; interactions: Interactions; pages: SharedPages },
): void {
  const key = hmacSha256(deps.keys.cookie, 'bodies of /continue');

  // No HEAD, because it would continue the login.
  app.get(PATH, { exposeHeadRoute: false }, async (request, reply) => {
    const { [BODY]: sealed, ...query } = fieldsOf(request.url.split('?')[1] ?? '');
    const body = sealed === undefined ? {} : open(key, sealed);
    if (query.state === undefined || body === null) return refuse(deps, request, reply);
    const method = sealed === undefined ? 'GET' : 'POST';
    const brought = { method, body, query };
    if (!(await deps.interactions.comeBack(request, reply, brought))) {
      return refuse(deps, request, reply);
    }
    return reply;
  });

  app.post(PATH, async (request, reply) => {
    const body = fieldsOf(typeof request.body === 'string' ? request.body : '');
    const query = fieldsOf(request.url.split('?')[1] ?? '');
    const state = query.state ?? body.state;
    const sealed = encrypt(key, JSON.stringify(body)).toString('base64url');
    if (state === undefined || sealed.length > MOST_CHARACTERS) return refuse(deps, request, reply);
    const back = new URLSearchParams({ ...query, state, [BODY]: sealed });
    return reply.redirect(`${PATH}?${back}`, 303);
  });
}

function fieldsOf(text: string): Fields {
  return Object.fromEntries(new URLSearchParams(text));
}

function open(key: Buffer, sealed: string): Fields | null {
  try {
    return JSON.parse(decrypt(key, Buffer.from(sealed, 'base64url')));
  } catch {
    return null;
  }
}

function refuse(
  { pages }: { pages: SharedPages },
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const page = pages.error({
    error: 'invalid_request' satisfies AuthenticationErrorCode,
    description: 'No login waits for this address. Go back to the application and start again.',
    cause: { kind: 'over' },
    requestId: request.id,
    request,
  });
  return sendPage(reply.code(400), page);
}
