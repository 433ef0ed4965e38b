import type { FastifyReply } from 'fastify';
import type { AuthenticationMethod } from '../../../records/authentication-methods/authentication-methods.ts';
import type { AuthenticationErrorCode, OAuthErrorBody } from '../../seams/seams.ts';

/** An error answer of `/mfa/*`. */
export class MfaRefusal extends Error {
  readonly status: number;
  readonly code: AuthenticationErrorCode;
  readonly retryAfterSeconds: number | undefined;

  constructor(
    status: number,
    code: AuthenticationErrorCode,
    message: string,
    retryAfterSeconds?: number,
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

export function sendRefusal(reply: FastifyReply, refusal: MfaRefusal): FastifyReply {
  if (refusal.retryAfterSeconds !== undefined) {
    reply.header('retry-after', refusal.retryAfterSeconds);
  }
  return reply
    .code(refusal.status)
    .send({ error: refusal.code, error_description: refusal.message } satisfies OAuthErrorBody);
}

export type Authenticator = {
  id: string;
  authenticator_type: 'otp' | 'oob' | 'recovery-code';
  active: boolean;
  oob_channel?: 'sms' | 'voice' | 'email';
  name?: string;
};

/** Returns a method as `/mfa/authenticators` lists it. A phone appears once per channel. */
export function toAuthenticators(
  method: AuthenticationMethod,
  channels: ('sms' | 'voice')[],
): Authenticator[] {
  const active = method.confirmed;
  switch (method.kind) {
    case 'totp':
      return [{ id: `totp|${method.id}`, authenticator_type: 'otp', active }];
    case 'recovery-code':
      return [{ id: `recovery-code|${method.id}`, authenticator_type: 'recovery-code', active }];
    case 'email': {
      const name = masked(method.email ?? '', 2);
      const id = `email|${method.id}`;
      return [{ id, authenticator_type: 'oob', active, oob_channel: 'email', name }];
    }
    case 'phone': {
      const name = masked(method.phoneNumber ?? '', 0);
      return channels.map((channel) => ({
        id: `${channel}|${method.id}`,
        authenticator_type: 'oob',
        active,
        oob_channel: channel,
        name,
      }));
    }
    default:
      return [];
  }
}

/** Splits an authenticator's ID, such as `sms|dev_…`. */
export function readAuthenticatorId(id: string): { type: string; id: string } {
  const [type = '', rest = ''] = id.split('|');
  return { type, id: rest };
}

/** Masks a number except its last four digits, and an address except its beginning and domain. */
function masked(text: string, shown: number): string {
  const at = text.indexOf('@');
  return at < 0
    ? text.slice(0, -4).replace(/./g, 'X') + text.slice(-4)
    : `${text.slice(0, shown)}${'*'.repeat(Math.max(0, at - shown))}${text.slice(at)}`;
}
