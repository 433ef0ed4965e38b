import { Type } from 'typebox';
import { proofOf } from '../../../flows/verify-domain/verify-domain.ts';
import type { CustomDomain } from '../../../records/custom-domains/custom-domains.ts';
import { closed, nullable, oneOf } from '../route/route.ts';

const HEADERS = [
  'true-client-ip',
  'cf-connecting-ip',
  'x-forwarded-for',
  'x-azure-clientip',
  '',
] as const;

export const domainName = Type.String({
  minLength: 3,
  maxLength: 255,
  pattern:
    '^(([a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]{0,61}[a-zA-Z0-9])\\.)*([A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9-]{0,61}[A-Za-z0-9])$',
  description: 'Domain name',
});
const relyingParty = Type.String({
  maxLength: 255,
  format: 'hostname',
  description: 'Relying Party ID of passkeys on this domain',
});
const changeable = {
  tls_policy: Type.Optional(oneOf(['recommended'], { description: 'TLS policy of the domain' })),
  custom_client_ip_header: Type.Optional(
    nullable(oneOf(HEADERS, { description: 'Header that contains the IP address of the client' })),
  ),
  domain_metadata: Type.Optional(
    Type.Unsafe<Record<string, string | null>>({
      type: 'object',
      maxProperties: 10,
      additionalProperties: { type: ['string', 'null'], maxLength: 255 },
      description:
        'Metadata of the domain. Email templates read it as `custom_domain.domain_metadata`. `initiate_login_uri` can contain values whose keys begin with `public_`.',
    }),
  ),
};
export const createBody = closed({
  domain: domainName,
  type: oneOf(['auth0_managed_certs', 'self_managed_certs'], {
    description:
      'Whether Auth0 or you manage the certificates. Usher supports only `self_managed_certs`.',
  }),
  verification_method: Type.Optional(
    oneOf(['txt'], { description: 'Method with which the domain is verified' }),
  ),
  ...changeable,
  relying_party_identifier: Type.Optional(relyingParty),
});
export const patchBody = closed({
  ...changeable,
  relying_party_identifier: Type.Optional(nullable(relyingParty)),
});

const text = Type.Optional(Type.String());
export const domainSchema = Type.Object({
  custom_domain_id: text,
  domain: text,
  primary: Type.Optional(Type.Boolean()),
  is_default: Type.Optional(Type.Boolean()),
  status: text,
  type: text,
  verification: Type.Optional(
    Type.Object({
      methods: Type.Array(Type.Object({ name: text, record: text, domain: text })),
      status: text,
      error_msg: text,
      last_verified_at: text,
    }),
  ),
  tls_policy: text,
  custom_client_ip_header: Type.Optional(nullable(Type.String())),
  domain_metadata: Type.Optional(Type.Unknown()),
  relying_party_identifier: text,
});

/** @param problem why the last verification failed */
export function toWireDomain(domain: CustomDomain, problem?: string) {
  const { name, value } = proofOf(domain);
  const isVerified = domain.verifiedAt !== null;
  const { domain_metadata: metadata } = domain.settings;
  const settings = Object.entries({
    ...domain.settings,
    ...(isObject(metadata) && { domain_metadata: withoutNulls(metadata) }),
  }).filter(([, one]) => one !== null);
  return {
    custom_domain_id: domain.id,
    domain: domain.domain,
    primary: domain.isDefault,
    is_default: domain.isDefault,
    status: isVerified ? 'ready' : 'pending_verification',
    type: domain.type,
    verification: {
      methods: [{ name: 'txt', record: value, domain: name }],
      status: isVerified ? 'verified' : problem === undefined ? 'pending' : 'failed',
      error_msg: problem,
      last_verified_at: domain.verifiedAt?.toISOString(),
    },
    ...Object.fromEntries(settings),
  };
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** Removes the keys whose value is `null`. */
function withoutNulls(metadata: object): object {
  return Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== null));
}
