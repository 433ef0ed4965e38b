import { type Client, isFixedUrl } from '../../../records/clients/clients.ts';
import {
  type Connection,
  isSelfServiceResetEnabled,
  isSignupEnabled,
} from '../../../records/connections/connections.ts';

export const DONE_MESSAGES = {
  password: 'You can now login to the application with the new password.',
  accepted: 'You can now login to the application.',
  verified: 'Your email was verified. You can continue using the application.',
} as const;

export const FAILED_MESSAGES = {
  used: 'This URL can be used only once',
  expired: 'Access expired.',
  already: 'This account is already verified.',
  changed: 'User account does not exist or verification code is invalid.',
} as const;

type Target = {
  /** The address that the link's creator has set. */
  resultUrl: string | null;
  client: Client | null;
  /** `null` if the redirect must not include it. */
  email: string | null;
};

/** Returns the address to open after success, or `null` if none is known. */
export function destination(
  target: Target & {
    connection: Connection | null;
    message: string;
    issuer: string;
    /** The organization of the link. */
    organization?: { id: string; name: string } | null;
  },
): string | null {
  const { client, email, connection, message, issuer, organization = null } = target;
  const resultUrl = followable(target.resultUrl);
  if (resultUrl !== null) {
    return withParameters(resultUrl, [
      ['supportSignUp', String(connection !== null && isSignupEnabled(connection))],
      [
        'supportForgotPassword',
        String(connection !== null && isSelfServiceResetEnabled(connection)),
      ],
      ['email', email],
      ['message', message],
      ['success', 'true'],
      ['code', 'success'],
      ['organization_id', organization?.id ?? null],
      ['organization_name', organization?.name ?? null],
    ]);
  }
  const uri = followable(client?.settings.initiateLoginUri);
  // OpenID Connect Core 4, "Initiating Login from a Third Party".
  return uri === null
    ? homeOf(client)
    : withParameters(uri, [
        ['iss', issuer],
        ['login_hint', email],
        ['organization', organization?.id ?? null],
        ['organization_name', organization?.name ?? null],
      ]);
}

/**
 * Returns the likely start page of an application without `initiate_login_uri`: the origin of its first callback, without parameters.
 * Returns `null` for native applications, and for addresses with placeholders.
 */
function homeOf(client: Client | null): string | null {
  if (client === null || client.settings.appType === 'native') return null;
  const callback = client.settings.callbacks.find(
    (candidate) =>
      /^https?:\/\//.test(candidate) && isFixedUrl(candidate) && URL.canParse(candidate),
  );
  return callback === undefined ? null : `${new URL(callback).origin}/`;
}

/** Returns the address for the link on the page of a dead link. Its parameters give the application the reason. */
export function failedDestination(target: Target & { message: string }): string | null {
  const { client, email, message } = target;
  const resultUrl = followable(target.resultUrl);
  if (resultUrl === null) {
    return followable(client?.settings.initiateLoginUri) ?? homeOf(client);
  }
  return withParameters(resultUrl, [
    ['email', email],
    ['message', message],
    ['success', 'false'],
  ]);
}

/**
 * Adds parameters after an existing query and before a fragment (RFC 3986, 3.4). The address itself is not even normalized, because
 * applications compare it.
 */
export function withParameters(url: string, parameters: [string, string | null][]): string {
  const hash = url.indexOf('#');
  const base = hash === -1 ? url : url.slice(0, hash);
  const fragment = hash === -1 ? '' : url.slice(hash);
  const added = parameters
    .flatMap(([name, value]) => (value === null ? [] : `${name}=${encodeURIComponent(value)}`))
    .join('&');
  if (added === '') return url;
  const joint = !base.includes('?') ? '?' : /[?&]$/.test(base) ? '' : '&';
  return `${base}${joint}${added}${fragment}`;
}

/** Returns an address that a browser may open: of any scheme, because applications have their own, but no script. */
function followable(url: string | null | undefined): string | null {
  if (!url || !URL.canParse(url)) return null;
  return ['javascript:', 'data:', 'vbscript:', 'blob:'].includes(new URL(url).protocol)
    ? null
    : url;
}
