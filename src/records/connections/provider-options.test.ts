import { describe, expect, test } from 'vitest';
import { deriveKeys } from '../../platform/crypto/crypto.ts';
import { providerOf, upstreamRequest } from './provider-options.ts';
import { sealSecrets } from './secret-options.ts';

const { encryption } = deriveKeys('a-secret-for-tests-only-0123456789abcdef');
const google = (options: Record<string, unknown>) => ({ strategy: 'google-oauth2', options });

describe('what a login sends to the provider', () => {
  test('has the fixed values and the aliases of upstream_params', () => {
    const connection = google({
      upstream_params: {
        hd: { value: 'acme.test' },
        screen_name: { alias: 'login_hint' },
        lang: { alias: 'ui_locales' },
      },
    });
    expect(upstreamRequest(connection, { login_hint: 'ada@acme.test' })).toEqual({
      scopes: [],
      loginHint: 'ada@acme.test',
      params: { hd: 'acme.test', screen_name: 'ada@acme.test' },
    });
  });

  test('never has a parameter of the login itself, or one that a request invents', () => {
    const connection = google({
      upstream_params: {
        redirect_uri: { value: 'https://evil.test' },
        state: { alias: 'login_hint' },
        mine: { alias: 'code_challenge' },
        constructor: { alias: 'toString' },
      },
    });
    const { params } = upstreamRequest(connection, { login_hint: 'a', code_challenge: 'c' });
    expect(params).toEqual({});
  });

  test('has the scopes of connection_scope, and drops what no scope can be', () => {
    const { scopes } = upstreamRequest(google({}), { connection_scope: 'a,b  c "d" e\u0000' });
    expect(scopes).toEqual(['a', 'b', 'c']);
    expect(upstreamRequest(google({}), { connection_scope: ['a'] }).scopes).toEqual([]);
    expect(upstreamRequest(google({}), { connection_scope: 'a'.repeat(3000) }).scopes).toEqual([]);
  });

  test('asks the person again if the application does, and never without a page', () => {
    const promptOf = (prompt: string) => upstreamRequest(google({}), { prompt }).prompt;
    expect(promptOf('login')).toBe('login');
    expect(promptOf('login consent')).toBe('login consent');
    expect([promptOf('none'), promptOf('create')]).toEqual([undefined, undefined]);
  });

  test('asks Google for a refresh token by a parameter', () => {
    const { params } = upstreamRequest(google({ offline_access: true }), {});
    expect(params).toEqual({ access_type: 'offline' });
  });
});

describe('the provider of a connection', () => {
  const connection = (strategy: string, options: Record<string, unknown>) => ({
    id: 'con_1',
    name: 'one',
    strategy,
    options: sealSecrets(options, encryption),
  });

  test('has opened secrets', () => {
    const sealed = connection('github', { client_secret: 'the secret' });
    expect(JSON.stringify(sealed)).not.toContain('the secret');
    expect(providerOf(sealed, encryption).options.client_secret).toBe('the secret');
  });

  test.each([
    [
      'google-oauth2',
      { scope: ['email'], calendar: true },
      ['email', 'https://www.googleapis.com/auth/calendar'],
    ],
    ['google-oauth2', { offline_access: true, profile: false }, []],
    ['windowslive', { scope: ['signin', 'graph_user'], signin: true }, ['openid', 'User.Read']],
    [
      'github',
      { read_user: true, profile: true, freeform_scopes: ['codespace'] },
      ['codespace', 'read:user'],
    ],
    ['oidc', { scope: 'openid email' }, ['openid', 'email']],
    ['facebook', { scope: 'email,public_profile' }, ['email', 'public_profile']],
  ])('of strategy %s with %j asks for %j', (strategy, options, scopes) => {
    expect(providerOf(connection(strategy, options), encryption).options.scope).toEqual(scopes);
  });
});
