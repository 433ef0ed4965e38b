import { expect, test } from 'vitest';
import { withoutSecrets } from './log.ts';

test.each([
  ['/u/invitation?ticket=abc', '/u/invitation?ticket=…'],
  ['/u/invitation?a=1&%74icket=abc&b=2#x', '/u/invitation?a=1&%74icket=…&b=2#x'],
  ['/u/invitation?%2574icket=abc', '/u/invitation?%2574icket=…'],
  ['/u/invitation?ticket[]=abc&ticket[0]=def', '/u/invitation?ticket[]=…&ticket[0]=…'],
  ['/u/invitation?TICKET=abc', '/u/invitation?TICKET=…'],
  ['/u/invitation?a=1;ticket=abc', '/u/invitation?a=1;ticket=…'],
  ['/u/invitation?ticket=ab;cd&b=2', '/u/invitation?ticket=…&b=2'],
  [
    '/callback#access_token=abc&state=x&token_type=Bearer',
    '/callback#access_token=…&state=…&token_type=Bearer',
  ],
  ['/exports/1?until=5&proof=abc', '/exports/1?until=5&proof=…'],
  ['/dev/mailbox/0123456789abcdefABCDEF_-/messages?to=a', '/dev/mailbox/…/messages?to=a'],
  ['Sent to https://id.test/u?ticket=abc', 'Sent to https://id.test/u?ticket=…'],
  ['/api/v2/users?q=ticket', '/api/v2/users?q=ticket'],
  ['/u/login?%zz=1&code=abc', '/u/login?%zz=1&code=…'],
  ['/authorize?login_ticket=abc&scope=openid', '/authorize?login_ticket=…&scope=openid'],
  ['/u/login/connection/start?login=lgn_1&key=abc', '/u/login/connection/start?login=lgn_1&key=…'],
  ['https://app.test/join#flow_login=lgn_1.abc', 'https://app.test/join#flow_login=…'],
  ['/oauth/token?code_verifier=abc&mfa_token=def', '/oauth/token?code_verifier=…&mfa_token=…'],
  ['/x?oob_code=1&binding_code=2&device_code=3', '/x?oob_code=…&binding_code=…&device_code=…'],
  ['/x?verification_code=1&assertion=2', '/x?verification_code=…&assertion=…'],
  ['/healthz', '/healthz'],
])('%s is logged as %s', (url, logged) => {
  expect(withoutSecrets(url)).toBe(logged);
});
