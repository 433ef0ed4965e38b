import type { Effects } from '../route/route.ts';

/** Fields of custom domains that have no effect. */
export const DOMAIN_EFFECTS: Effects = {
  tls_policy: { only: [], because: 'your proxy or this server sets the TLS policy' },
  custom_client_ip_header: {
    only: [''],
    because: 'the server setting TRUST_PROXY says which proxies are trusted',
  },
};
export const NEW_DOMAIN_EFFECTS: Effects = {
  ...DOMAIN_EFFECTS,
  type: { only: ['self_managed_certs'], because: 'you provide the certificates' },
};
