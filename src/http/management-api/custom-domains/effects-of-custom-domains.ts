import type { Effects } from '../route/route.ts';

/** Of custom domains. */
export const DOMAIN_EFFECTS: Effects = {
  tls_policy: { only: [], because: 'TLS is that of the server or of its proxy' },
  custom_client_ip_header: { only: [''], because: 'TRUST_PROXY says which addresses are believed' },
  relying_party_identifier: { only: [], because: 'there are no passkeys' },
};
export const NEW_DOMAIN_EFFECTS: Effects = {
  ...DOMAIN_EFFECTS,
  type: { only: ['self_managed_certs'], because: 'certificates are yours' },
};
