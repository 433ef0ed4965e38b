import { isFreeClaim } from '../../../platform/claim-names/claim-names.ts';
import { readColor } from '../../../platform/colors/colors.ts';
import { isEmail, readSender } from '../../../platform/email-address/email-address.ts';
import { isNetwork } from '../../../platform/networks/networks.ts';
import { withoutPlaceholders } from '../../../records/clients/clients.ts';
import { isCursor } from './paging.ts';

/** Formats in the schemas of the management API. The names are Auth0's, because messages contain them. */
export const formats: Record<string, (value: string) => boolean> = {
  email: isEmail,
  cursor: isCursor,
  uri: isAbsoluteUri,
  url: isHttpUrl,
  'absolute-uri-or-empty': (value) => value === '' || isAbsoluteUri(value),
  'absolute-https-uri-or-empty': (value) => value === '' || isHttpsUrl(value),
  'strict-https-uri-or-null': isHttpsUrl,
  sender: (value) => value.length <= 500 && !/\p{Cc}/u.test(value) && readSender(value) !== null,
  'email-or-empty': (value) => value === '' || isEmail(value),
  'html-color-or-null': isColor,
  'html-color': isColor,
  'organization-name': isOrganizationName,
  hostname: isHostname,
  acr: (value) => value !== '' && value.length <= 255 && !/[\s"\\]/.test(value),
  'callback-url': isCallbackUrl,
  'url-with-placeholders': (value) => isCallbackUrl(value),
  'absolute-https-uri-with-placeholders-or-empty': (value) => value === '' || isLoginUri(value),
  'claim-name': isFreeClaim,
  'ip-or-network': isNetwork,
  'date-time': (value) => /^\d{4}-\d\d-\d\dT/.test(value) && !Number.isNaN(Date.parse(value)),
};

function isAbsoluteUri(value: string): boolean {
  return /^[a-z][a-z0-9+.-]*:/i.test(value) && !/\s/.test(value) && URL.canParse(value);
}

function isHttpUrl(value: string): boolean {
  return isAbsoluteUri(value) && /^https?:$/.test(new URL(value).protocol);
}

function isHttpsUrl(value: string): boolean {
  return isAbsoluteUri(value) && new URL(value).protocol === 'https:';
}

function isColor(value: string): boolean {
  return readColor(value) !== null;
}

/** Lower case, and nothing that looks like the ID of an organization. */
function isOrganizationName(value: string): boolean {
  return /^[a-z0-9][a-z0-9_-]{0,49}$/.test(value) && !/^org_[a-z0-9]{16}$/.test(value);
}

function isHostname(value: string): boolean {
  return (
    value.length <= 253 &&
    /^(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?)(?:\.[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?)*$/i.test(value)
  );
}

/**
 * URLs to which a browser can be redirected. Any scheme that an application can own is allowed, but none that runs scripts
 * in our origin. What could not work later is refused: a `*` in another place, and placeholders other than
 * `{organization_name}`.
 */
function isCallbackUrl(value: string): boolean {
  const plain = withoutPlaceholders(value);
  return (
    plain !== null &&
    isAbsoluteUri(plain) &&
    !/^(?:javascript|data|vbscript|blob|file):/i.test(plain)
  );
}

/** Only metadata that is meant to be public can be a placeholder. */
const LOGIN_PLACEHOLDER =
  /\{(?:(?:organization|custom_domain)\.metadata\.public_[\w-]+|organization_name)\}/g;

/**
 * The URL at which an application starts its own login. https, and also http on the loopback host. Auth0 refuses the latter,
 * but without it an application under development could not be the target of an invitation.
 */
function isLoginUri(value: string): boolean {
  const plain = value.replace(LOGIN_PLACEHOLDER, 'placeholder');
  if (plain.includes('{') || !isHttpUrl(plain)) return false;
  const url = new URL(plain);
  if (url.hash !== '') return false;
  return url.protocol === 'https:' || isLoopback(url.hostname);
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]';
}
