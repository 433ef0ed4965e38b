import { expect, test } from 'vitest';
import { readConfig } from './config.ts';

const SECRET = 'a-secret-for-tests-only-0123456789abcdef';

function problemsOf(env: Record<string, string>): string[] {
  const outcome = readConfig({ USHER_SECRET: SECRET, ...env });
  return outcome.kind === 'wrong' ? outcome.problems : [];
}

test('everything that is wrong is told at once', () => {
  const problems = problemsOf({
    PORT: 'x',
    PUBLIC_URL: 'https://id.example.com/auth',
    DATABASE_URL: 'mysql://localhost/usher',
    SMTP_URL: 'localhost:25',
    MAIL_FROM: 'Usher',
    MAIL_RATE_PER_SECOND: '-1',
    IMPORT_MAX_BYTES: '2GB',
    USHER_SECRET: 'short',
    USHER_BOOTSTRAP_CLIENT_ID: 'alone',
    LOG_LEVEL: 'loud',
    TRUST_PROXY: '10.0.0.0/8, my-proxy',
    ROLE: 'king',
    RATE_LIMIT_PROFILE: 'auth0-gold',
    TLS_CERT: '/nowhere/cert.pem',
  });
  const about = [
    'PORT',
    'PUBLIC_URL',
    'DATABASE_URL',
    'SMTP_URL',
    'MAIL_FROM',
    'MAIL_RATE_PER_SECOND',
    'IMPORT_MAX_BYTES',
    'USHER_SECRET',
    'USHER_BOOTSTRAP_CLIENT_ID and USHER_BOOTSTRAP_CLIENT_SECRET',
    'LOG_LEVEL',
    'TRUST_PROXY',
    'ROLE',
    'RATE_LIMIT_PROFILE',
    'TLS_CERT and TLS_KEY',
  ];
  for (const name of about) {
    expect(problems.filter((problem) => problem.startsWith(`${name} `))).toHaveLength(1);
  }
  expect(problems).toHaveLength(about.length);
});

test('COUNTRY_HEADER is a header, and only counts behind a trusted proxy', () => {
  const about = (env: Record<string, string>) =>
    problemsOf(env).filter((problem) => problem.startsWith('COUNTRY_HEADER '));
  expect(about({ COUNTRY_HEADER: 'CF-IPCountry', TRUST_PROXY: 'loopback' })).toEqual([]);
  expect(about({ COUNTRY_HEADER: 'CF-IPCountry' })).toHaveLength(1);
  expect(about({ COUNTRY_HEADER: 'CF IPCountry', TRUST_PROXY: 'loopback' })).toHaveLength(1);
});

test('nothing but a secret is needed, and the defaults are those that are promised', () => {
  const outcome = readConfig({ USHER_SECRET: SECRET });
  expect(outcome).toMatchObject({
    kind: 'ok',
    config: {
      port: 3000,
      host: 'localhost',
      publicUrl: 'http://localhost:3000',
      dataDir: expect.stringMatching(/[\\/]data$/),
      databaseUrl: undefined,
      smtpUrl: undefined,
      mailRatePerSecond: 0,
      importMaxBytes: 2 * 1024 ** 3,
      role: 'all',
      rateLimitProfile: 'unlimited',
      clientSecrets: 'hashed',
      trustProxy: [],
      dnsServers: [],
      egressAllow: [],
      providerEndpoints: {},
    },
  });
});

test('only in production other machines are let in without being asked for', () => {
  const hostOf = (env: Record<string, string>) => {
    const outcome = readConfig({ USHER_SECRET: SECRET, ...env });
    return outcome.kind === 'ok' ? outcome.config.host : outcome.problems;
  };
  const production = { NODE_ENV: 'production', SMTP_URL: 'smtp://mail.example.com' };
  expect(hostOf(production)).toBe('0.0.0.0');
  expect(hostOf({ NODE_ENV: 'Production' })).toBe('localhost');
  expect(hostOf({ HOST: '0.0.0.0' })).toBe('0.0.0.0');
});

test('in production a shared database needs a shared secret, and mails need a server', () => {
  const outcome = readConfig({ NODE_ENV: 'production', DATABASE_URL: 'postgres://db/usher' });
  expect(
    outcome.kind === 'wrong' && outcome.problems.map((problem) => problem.split(' ')[0]),
  ).toEqual(['SMTP_URL', 'USHER_SECRET']);
});

test.each([
  ['10.0.0.1', true],
  ['10.0.0.0/8', true],
  ['10.0.0.0/33', false],
  ['fd00::/64', true],
  ['fd00::/129', false],
  ['loopback', true],
  ['proxy.example.com', false],
  ['10.0.0.0/8/8', false],
  ['10.0.0.0/', false],
])('TRUST_PROXY takes %s: %s', (value, taken) => {
  expect(problemsOf({ TRUST_PROXY: value }).length === 0).toBe(taken);
});

test.each([
  ['hooks.internal', true],
  ['localhost', true],
  ['10.0.0.0/8', true],
  ['::1', true],
  ['10.0.0.0/33', false],
  ['10.0.0', false],
  ['https://hooks.internal', false],
  ['hooks.internal:8080', false],
  ['*.internal', false],
])('EGRESS_ALLOW takes %s: %s', (value, taken) => {
  expect(problemsOf({ EGRESS_ALLOW: value }).length === 0).toBe(taken);
});

test.each([
  ['http://localhost:4000/sms', 'localhost'],
  ['http://127.0.0.1:4000/sms', '127.0.0.1'],
  ['https://10.1.2.3/sms', '10.0.0.0/8'],
  ['http://hooks.example.com/sms', 'hooks.example.com'],
  ['http://2130706433/sms', '127.0.0.1'],
  ['http://[::ffff:127.0.0.1]/sms', '127.0.0.1'],
])('SMS_WEBHOOK_URL takes %s only if EGRESS_ALLOW has %s', (url, entry) => {
  expect(problemsOf({ SMS_WEBHOOK_URL: url })).toEqual([
    expect.stringMatching(/^SMS_WEBHOOK_URL: .* EGRESS_ALLOW\.$/),
  ]);
  expect(problemsOf({ SMS_WEBHOOK_URL: url, EGRESS_ALLOW: entry })).toEqual([]);
});

test('PROVIDER_ENDPOINTS are pairs of addresses, and the new ones can be called', () => {
  const taken =
    'https://github.com=https://git.example.com, https://api.github.com=https://git.example.com/api/v3';
  expect(problemsOf({ PROVIDER_ENDPOINTS: taken })).toEqual([]);
  for (const wrong of [
    'https://github.com',
    'github=https://git.example.com',
    'https://a.example/=https://b.example',
  ]) {
    expect(problemsOf({ PROVIDER_ENDPOINTS: wrong })).toHaveLength(1);
  }
  const inside = { PROVIDER_ENDPOINTS: 'https://github.com=https://10.0.0.1' };
  expect(problemsOf(inside)[0]).toContain('EGRESS_ALLOW');
});

test.each([
  ['no-reply@example.com', true],
  ['Usher <no-reply@example.com>', true],
  ['"Usher, Inc." <no-reply@example.com>', true],
  ['no-reply', false],
  ['Usher <no-reply>', false],
  ['a@b.cc, c@d.ee', false],
])('MAIL_FROM takes %s: %s', (value, taken) => {
  expect(problemsOf({ MAIL_FROM: value }).length === 0).toBe(taken);
});

test.each([
  ['https://www.example.com', true],
  ['http://www.example.com/welcome?from=id#top', true],
  ['https://id.example.com/console', true],
  ['https://id.example.com', false],
  ['https://ID.example.com:443/?again=1', false],
  ['javascript:alert(1)', false],
  ['/console', false],
])('HOME_URL takes %s: %s', (value, taken) => {
  const env = { PUBLIC_URL: 'https://id.example.com', HOME_URL: value };
  expect(problemsOf(env).length === 0).toBe(taken);
});

test('the log is for people in development and for programs in production, unless it is said', () => {
  const formatOf = (env: Record<string, string>) => {
    const outcome = readConfig({ USHER_SECRET: SECRET, ...env });
    return outcome.kind === 'ok' ? outcome.config.logFormat : outcome.problems;
  };
  const production = { NODE_ENV: 'production', SMTP_URL: 'smtp://mail.example.com' };
  expect(formatOf({})).toBe('text');
  expect(formatOf(production)).toBe('json');
  expect(formatOf({ LOG_FORMAT: 'json' })).toBe('json');
  expect(formatOf({ ...production, LOG_FORMAT: 'text' })).toBe('text');
});

test.each([
  ['SMTP_URL', 'smtp://mail.example.com:587', true],
  ['SMTP_URL', 'smtp://ada:p%40ss@mail.example.com', true],
  ['SMTP_URL', 'smtp://', false],
  ['SMTP_URL', 'smtp:mail.example.com', false],
  ['SMTP_URL', 'smtp://ada:50%zz@mail.example.com', false],
  ['DATABASE_URL', 'postgres:///usher', true],
  ['DATABASE_URL', 'postgres://usher:50%zz@localhost/usher', false],
])('%s takes %s: %s', (name, value, taken) => {
  expect(problemsOf({ [name]: value }).length === 0).toBe(taken);
});
