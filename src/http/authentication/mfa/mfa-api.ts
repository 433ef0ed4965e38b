import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  type Begun,
  beginEnrollment,
  totpSecretFor,
} from '../../../flows/enroll-factor/enroll-factor.ts';
import { removeMethod } from '../../../flows/manage-factors/manage-factors.ts';
import { sendCode } from '../../../flows/prove-factor/prove-factor.ts';
import {
  enrollableFactors,
  methodsOf,
  usableMethods,
} from '../../../flows/second-factor/second-factor.ts';
import type { AuthenticationMethod } from '../../../records/authentication-methods/authentication-methods.ts';
import { readFactorSettings } from '../../../records/factor-settings/factor-settings.ts';
import { readFields } from '../body.ts';
import { type JudgeClient, showsProof } from '../client-proof/client-proof.ts';
import { type Catalog, permitOrigin, registerPreflight } from '../clients/clients.ts';
import type { AuthenticationDeps } from '../deps.ts';
import { type MfaSubject, mayEnrollAt, subjectOf } from '../tokens/tokens.ts';
import { MfaRefusal, readAuthenticatorId, sendRefusal, toAuthenticators } from './mfa-answers.ts';

type Fields = Record<string, unknown>;
type Deps = AuthenticationDeps & { catalog: Catalog; judgeClient: JudgeClient };

/** Registers `/mfa/*`, the second factors for applications with their own forms. */
export function registerMfaApi(app: FastifyInstance, deps: Deps): void {
  const answering =
    (handler: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>) =>
    async (request: FastifyRequest, reply: FastifyReply) => {
      reply.header('cache-control', 'no-store');
      try {
        return await handler(request, reply);
      } catch (error) {
        if (error instanceof MfaRefusal) return sendRefusal(reply, error);
        throw error;
      }
    };

  app.post(
    '/mfa/associate',
    answering(async (request, reply) => {
      const fields = fieldsOf(request);
      const subject = await bearer(deps, request, reply, 'enroll');
      await checkClient(deps, request, reply, fields, subject.clientId);
      return associate(deps, request, fields, subject);
    }),
  );
  app.post(
    '/mfa/challenge',
    answering(async (request, reply) => {
      const fields = fieldsOf(request);
      const subject = known(await subjectOf(deps, textOf(fields, 'mfa_token') ?? ''));
      await permitOrigin(deps.catalog, request, reply, await deps.catalog.client(subject.clientId));
      await checkClient(deps, request, reply, fields, subject.clientId);
      return challenge(deps, request, fields, subject);
    }),
  );
  app.get(
    '/mfa/authenticators',
    answering(async (request, reply) => {
      const { user } = await bearer(deps, request, reply, 'read:authenticators');
      const { messageTypes } = (await readFactorSettings(deps.db)).phone;
      const methods = await methodsOf(deps, user.id);
      return methods.flatMap((method) => toAuthenticators(method, messageTypes));
    }),
  );
  app.delete<{ Params: { id: string } }>(
    '/mfa/authenticators/:id',
    answering(async (request, reply) => {
      const subject = await bearer(deps, request, reply, 'remove:authenticators');
      // A user who has not passed the second factor must not remove it.
      if (subject.login !== null) throw insufficient();
      const { user, clientId } = subject;
      const { id } = readAuthenticatorId(idOf(request));
      const { kind } = await removeMethod(deps, { user, clientId, id });
      if (kind === 'missing') throw new MfaRefusal(404, 'not_found', 'Authenticator not found.');
      return reply.code(204).send();
    }),
  );
  registerPreflight(app, '/mfa/associate', 'POST');
  registerPreflight(app, '/mfa/challenge', 'POST');
  registerPreflight(app, '/mfa/authenticators', 'GET');
  registerPreflight(app, '/mfa/authenticators/:id', 'DELETE');
}

async function associate(
  deps: Deps,
  request: FastifyRequest,
  fields: Fields,
  subject: MfaSubject,
): Promise<Record<string, unknown>> {
  const { user, clientId, login } = subject;
  if (login !== null && !mayEnrollAt(login, await usableMethods(deps, user.id))) {
    throw new MfaRefusal(403, 'access_denied', 'User is already enrolled.');
  }
  const enabled = await enrollableFactors(deps, login === null ? null : user.id);
  const types = listOf(fields, 'authenticator_types');
  const channels = listOf(fields, 'oob_channels');
  const challengedUser = { user, clientId, ip: request.ip };

  if (types.includes('otp') && enabled.includes('otp')) {
    const { secret, uri } = await totpSecretFor(deps, { user });
    const factor = { kind: 'totp', secret } as const;
    const made = begun(
      await beginEnrollment(deps, { ...challengedUser, factor, withRecoveryCode: true }),
    );
    return { authenticator_type: 'otp', secret, barcode_uri: uri, ...codesOf(made) };
  }
  if (!types.includes('oob')) throw unsupported();
  const channel = channels.find(
    (candidate) => candidate === 'sms' || candidate === 'voice' || candidate === 'email',
  );
  if (channel === undefined || !enabled.includes(channel === 'email' ? 'email' : 'sms')) {
    throw unsupported();
  }
  const made = begun(
    await beginEnrollment(deps, {
      ...challengedUser,
      withRecoveryCode: true,
      factor:
        channel === 'email'
          ? { kind: 'email', address: textOf(fields, 'email') ?? user.email ?? '' }
          : { kind: 'phone', number: textOf(fields, 'phone_number') ?? '', preferred: channel },
    }),
  );
  const sent = await send(deps, { ...challengedUser, method: made.method });
  return {
    authenticator_type: 'oob',
    binding_method: 'prompt',
    ...codesOf(made),
    oob_channel: sent.channel,
    oob_code: sent.secret,
  };
}

function codesOf({ recoveryCode }: { recoveryCode: string | null }): { recovery_codes?: string[] } {
  return recoveryCode === null ? {} : { recovery_codes: [recoveryCode] };
}

async function challenge(
  deps: Deps,
  request: FastifyRequest,
  fields: Fields,
  { user, clientId }: MfaSubject,
): Promise<Record<string, unknown>> {
  const wanted = (textOf(fields, 'challenge_type') ?? 'oob otp').split(/[\s,]+/);
  const methods = (await usableMethods(deps, user.id)).filter(
    ({ kind }) => kind !== 'recovery-code',
  );
  if (methods.length === 0) {
    throw new MfaRefusal(
      403,
      'association_required',
      'User is not enrolled. You can use /mfa/associate endpoint to enroll the first authenticator.',
    );
  }
  const named = textOf(fields, 'authenticator_id');
  const asked = named === undefined ? null : readAuthenticatorId(named);
  const typeOf = (method: AuthenticationMethod) => (method.kind === 'totp' ? 'otp' : 'oob');
  const method = methods.find(
    (candidate) =>
      wanted.includes(typeOf(candidate)) && (asked === null || candidate.id === asked.id),
  );
  if (!method) throw unsupported();
  if (method.kind === 'totp') return { challenge_type: 'otp' };
  const channel = asked?.type === 'voice' ? 'voice' : asked?.type === 'sms' ? 'sms' : undefined;
  const sent = await send(deps, { user, clientId, ip: request.ip, method, channel });
  return { challenge_type: 'oob', oob_code: sent.secret, binding_method: 'prompt' };
}

async function send(deps: Deps, input: Parameters<typeof sendCode>[1]) {
  const sent = await sendCode(deps, input);
  if (sent.kind === 'sent') return sent;
  if (sent.kind === 'failed') {
    throw new MfaRefusal(503, 'temporarily_unavailable', 'The code could not be sent.');
  }
  if (sent.kind === 'unreachable') {
    throw new MfaRefusal(400, 'unreachable_phone_number', 'No codes are sent to this number.');
  }
  throw new MfaRefusal(
    429,
    'too_many_attempts',
    'Too many messages were sent to this user. Try again later.',
    sent.retryAfterSeconds,
  );
}

/** Returns the user of the request's token. */
async function bearer(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  scope: string,
): Promise<MfaSubject> {
  const [, token = ''] = /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
  const subject = known(await subjectOf(deps, token));
  await permitOrigin(deps.catalog, request, reply, await deps.catalog.client(subject.clientId));
  if (subject.login === null && !subject.scopes.has(scope)) throw insufficient();
  return subject;
}

function known(subject: Awaited<ReturnType<typeof subjectOf>>): MfaSubject {
  if (!('kind' in subject)) return subject;
  throw subject.kind === 'expired'
    ? new MfaRefusal(401, 'expired_token', 'mfa_token is expired')
    : new MfaRefusal(401, 'invalid_grant', 'Malformed mfa_token');
}

/**
 * Checks the client, if it authenticates. It does not have to, because the token was issued to one client, and the official SDKs send no
 * secret.
 */
async function checkClient(
  { judgeClient }: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  fields: Fields,
  clientId: string,
): Promise<void> {
  const named = textOf(fields, 'client_id');
  if (named !== undefined && named !== clientId) throw unauthorized();
  if (!showsProof(request, fields)) return;
  const proof = await judgeClient(request, reply, fields);
  if (proof.kind === 'malformed') throw new MfaRefusal(400, 'invalid_request', proof.why);
  if (proof.kind === 'refused' || proof.clientId !== clientId) throw unauthorized();
}

function begun(outcome: Begun): Extract<Begun, { kind: 'begun' }> {
  if (outcome.kind === 'begun') return outcome;
  throw new MfaRefusal(400, 'invalid_request', 'A valid phone_number or email is required.');
}

function fieldsOf(request: FastifyRequest): Fields {
  const body = typeof request.body === 'string' ? request.body : '';
  const fields = readFields(request.headers['content-type'], body);
  if (fields !== null) return fields;
  throw new MfaRefusal(400, 'invalid_request', 'The body must be a JSON object or a form.');
}

function textOf(fields: Fields, name: string): string | undefined {
  const value = fields[name];
  return typeof value === 'string' && value !== '' && !value.includes('\0')
    ? value.slice(0, 2000)
    : undefined;
}

function listOf(fields: Fields, name: string): string[] {
  const value = fields[name];
  const list = Array.isArray(value)
    ? value
    : typeof value === 'string'
      ? value.split(/[\s,]+/)
      : [];
  return list.filter((candidate) => typeof candidate === 'string');
}

function idOf(request: FastifyRequest<{ Params: { id: string } }>): string;
function idOf(request: FastifyRequest): string;
function idOf({ params }: FastifyRequest): string {
  const id = typeof params === 'object' && params !== null ? Reflect.get(params, 'id') : '';
  return typeof id === 'string' && !id.includes('\0') ? id : '';
}

function unsupported(): MfaRefusal {
  return new MfaRefusal(
    403,
    'unsupported_challenge_type',
    'User does not have any enrolled authenticators that support the requested types.',
  );
}

function insufficient(): MfaRefusal {
  return new MfaRefusal(403, 'insufficient_scope', 'The token does not have the required scope.');
}

function unauthorized(): MfaRefusal {
  return new MfaRefusal(401, 'invalid_client', 'Unauthorized');
}
