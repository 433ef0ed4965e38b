import { existsSync } from 'node:fs';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { DEFAULT_PICTURES, type DefaultPictures } from '../platform/avatar/avatar.ts';
import { isEmail, readSender } from '../platform/email-address/email-address.ts';
import { isNetwork } from '../platform/networks/networks.ts';
import { checkAllowed, checkCalled, isUsableUrl, readEndpoints } from './outgoing-calls.ts';

/** All settings of the operator, read once and validated. */
export type Config = {
  port: number;
  /** `localhost` is 127.0.0.1 and ::1. */
  host: string;
  /** The address that people use, without a trailing slash. Links are built from it. */
  publicUrl: string;
  /** The address to which `/` redirects. If undefined, `/` shows a built-in page. */
  homeUrl?: string | undefined;
  dataDir: string;
  databaseUrl: string | undefined;
  databasePoolSize: number;
  /** If undefined, mails go to the development mailbox. */
  smtpUrl: string | undefined;
  mailFrom: string;
  /** The webhook for text messages. If undefined, Twilio sends them, as configured through the API. */
  smsWebhookUrl?: string | undefined;
  /** Replaces Twilio's own address. */
  twilioUrl?: string | undefined;
  /** Maximum mails per second. 0: no limit. */
  mailRatePerSecond: number;
  importMaxBytes: number;
  /** Workers per node for one import. */
  importWorkers: number;
  /** Maximum number of unfinished import jobs. */
  importMaxJobs: number;
  /** Maximum size of user_metadata after a change by the user, in bytes. */
  userMetadataMaxBytes: number;
  /** Retention of the tenant log, in days. */
  logRetentionDays: number;
  /** If undefined, the first start creates a secret in the data folder. */
  secret: string | undefined;
  bootstrapClient: { id: string; secret: string } | undefined;
  /** The first administrator's address. Default: administrator@ the public URL's host. */
  adminEmail: string | undefined;
  logLevel: string;
  /** `text`: one readable line per entry. */
  logFormat: (typeof LOG_FORMATS)[number];
  /** Addresses or networks whose X-Forwarded-* headers are trusted. */
  trustProxy: string[];
  /** The header in which these proxies say the country of an address. */
  countryHeader?: string | undefined;
  /** Name servers for custom domains. If empty, those of the machine. */
  dnsServers: string[];
  /** Hosts, addresses and networks that outgoing calls may reach beside public hosts. */
  egressAllow: string[];
  /** Processes that run scripts of the operator. */
  scriptProcesses: number;
  /** Memory of one script, in megabytes. */
  scriptMemoryMb: number;
  /** Other addresses for those of identity providers, by the beginning that they replace. */
  providerEndpoints: Readonly<Record<string, string>>;
  /** The rate limits of the APIs. The names are those of the plans and documents they come from. */
  rateLimitProfile: (typeof RATE_LIMIT_PROFILES)[number];
  /** Whether client secrets can be read back. */
  clientSecrets: (typeof CLIENT_SECRETS)[number];
  /** The source of pictures for users without one. */
  defaultPictures: DefaultPictures;
  role: 'all' | 'web' | 'worker';
  production: boolean;
  tls: { certFile: string; keyFile: string } | undefined;
};

export type ConfigOutcome = { kind: 'ok'; config: Config } | { kind: 'wrong'; problems: string[] };

const CLIENT_SECRETS = ['hashed', 'encrypted'] as const;
const RATE_LIMIT_PROFILES = [
  'unlimited',
  'auth0-free',
  'auth0-enterprise',
  'seed-free',
  'seed-paid',
] as const;
const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];
const LOG_FORMATS = ['text', 'json'] as const;

/**
 * Reads the environment and changes nothing. Returns every problem, not only the first.
 */
export function readConfig(env: Record<string, string | undefined>): ConfigOutcome {
  const problems: string[] = [];
  const text = (name: string): string | undefined => env[name]?.trim() || undefined;
  const whole = (name: string, fallback: number, min: number, max: number): number => {
    const raw = text(name);
    if (raw === undefined) return fallback;
    const value = Number(raw);
    if (Number.isInteger(value) && value >= min && value <= max) return value;
    problems.push(`${name} must be a whole number from ${min} to ${max}, not "${raw}".`);
    return fallback;
  };
  const url = (name: string, protocols: string[]): string | undefined => {
    const raw = text(name);
    if (raw === undefined) return undefined;
    if (isUsableUrl(raw, protocols)) return raw;
    problems.push(
      `${name} must be a URL that begins with ${protocols.map((p) => `${p}//`).join(' or ')}.`,
    );
    return undefined;
  };
  const oneOf = <T extends string>(name: string, allowed: readonly T[], fallback: T): T => {
    const raw = text(name);
    const found = allowed.find((value) => value === raw);
    if (raw !== undefined && found === undefined) {
      problems.push(`${name} must be one of ${allowed.join(', ')}, not "${raw}".`);
    }
    return found ?? fallback;
  };

  const production = text('NODE_ENV') === 'production';
  const port = whole('PORT', 3000, 0, 65_535);
  const tls = readTls(text('TLS_CERT'), text('TLS_KEY'), problems);
  const publicUrl =
    url('PUBLIC_URL', ['http:', 'https:']) ?? `${tls ? 'https' : 'http'}://localhost:${port}`;
  if (new URL(publicUrl).search || new URL(publicUrl).hash || new URL(publicUrl).pathname !== '/') {
    problems.push('PUBLIC_URL must be an origin such as https://id.example.com, without a path.');
  }
  const homeUrl = url('HOME_URL', ['http:', 'https:']);
  if (homeUrl !== undefined && isSamePage(homeUrl, publicUrl)) {
    problems.push(
      'HOME_URL must not be PUBLIC_URL itself, because that is a redirect loop. Set another address, or leave it out.',
    );
  }
  const databaseUrl = url('DATABASE_URL', ['postgres:', 'postgresql:']);
  const dataDir = resolve(text('DATA_DIR') ?? './data');
  const bootstrapId = text('USHER_BOOTSTRAP_CLIENT_ID');
  const bootstrapSecret = text('USHER_BOOTSTRAP_CLIENT_SECRET');
  if ((bootstrapId === undefined) !== (bootstrapSecret === undefined)) {
    problems.push(
      'USHER_BOOTSTRAP_CLIENT_ID and USHER_BOOTSTRAP_CLIENT_SECRET must be set together. Set both or neither.',
    );
  }
  if (bootstrapSecret !== undefined && bootstrapSecret.length < 16) {
    problems.push('USHER_BOOTSTRAP_CLIENT_SECRET must have at least 16 characters.');
  }

  const adminEmail = text('USHER_ADMIN_EMAIL');
  if (adminEmail !== undefined && !isEmail(adminEmail)) {
    problems.push(`USHER_ADMIN_EMAIL must be an email address, not "${adminEmail}".`);
  }

  const mailFrom = text('MAIL_FROM') ?? 'Usher <no-reply@localhost>';
  if (readSender(mailFrom) === null) {
    problems.push(
      `MAIL_FROM must be an email address, alone or as Name <address>, not "${mailFrom}".`,
    );
  }

  const dnsServers = (text('DNS_SERVERS') ?? '').split(',').flatMap((part) => part.trim() || []);
  for (const dnsServer of dnsServers.filter((dnsServer) => !isNameServer(dnsServer))) {
    problems.push(`DNS_SERVERS: ${dnsServer} is not an IP address, with or without a port.`);
  }
  const egressAllow = (text('EGRESS_ALLOW') ?? '').split(',').flatMap((part) => part.trim() || []);
  checkAllowed(egressAllow, problems);
  const providerEndpoints = readEndpoints(text('PROVIDER_ENDPOINTS'), egressAllow, problems);
  const trustProxy = (text('TRUST_PROXY') ?? '').split(',').flatMap((part) => part.trim() || []);
  for (const each of trustProxy.filter((candidate) => !isProxy(candidate))) {
    problems.push(
      `TRUST_PROXY must list addresses, networks such as 10.0.0.0/8, or the names loopback, linklocal and uniquelocal, not "${each}".`,
    );
  }

  const countryHeader = text('COUNTRY_HEADER');
  if (countryHeader !== undefined && !/^[\w-]{1,100}$/.test(countryHeader)) {
    problems.push(`COUNTRY_HEADER must be the name of a header, not "${countryHeader}".`);
  } else if (countryHeader !== undefined && trustProxy.length === 0) {
    problems.push(
      'COUNTRY_HEADER has an effect only with TRUST_PROXY, because others than your proxy can set the header too.',
    );
  }

  // The development mailbox shows links that give access to accounts.
  if (production && text('SMTP_URL') === undefined) {
    problems.push(
      'SMTP_URL is required in production. Set it to the mail server that sends the emails.',
    );
  }

  const secret = text('USHER_SECRET');
  if (secret !== undefined && secret.length < 32) {
    problems.push(
      'USHER_SECRET must have at least 32 characters. `openssl rand -base64 36` creates one.',
    );
  } else if (secret === undefined && production && databaseUrl !== undefined) {
    problems.push(
      'USHER_SECRET is required in production with DATABASE_URL, because all nodes must share it. `openssl rand -base64 36` creates one.',
    );
  }

  const smsWebhookUrl = url('SMS_WEBHOOK_URL', ['http:', 'https:']);
  const twilioUrl = url('TWILIO_URL', ['http:', 'https:'])?.replace(/\/+$/, '');
  const called = { SMS_WEBHOOK_URL: smsWebhookUrl, TWILIO_URL: twilioUrl };
  checkCalled(called, egressAllow, problems);

  const config: Config = {
    port,
    // Without production settings, other machines must not reach the server.
    host: text('HOST') ?? (production ? '0.0.0.0' : 'localhost'),
    publicUrl: publicUrl.replace(/\/+$/, ''),
    homeUrl,
    dataDir,
    databaseUrl,
    databasePoolSize: whole('DATABASE_POOL_SIZE', 16, 2, 500),
    smtpUrl: url('SMTP_URL', ['smtp:', 'smtps:']),
    mailFrom,
    smsWebhookUrl,
    twilioUrl,
    mailRatePerSecond: whole('MAIL_RATE_PER_SECOND', 0, 0, 100_000),
    importMaxBytes: whole('IMPORT_MAX_BYTES', 2 * 1024 ** 3, 1, Number.MAX_SAFE_INTEGER),
    scriptProcesses: whole('SCRIPT_PROCESSES', 2, 1, 16),
    scriptMemoryMb: whole('SCRIPT_MEMORY_MB', 128, 16, 1024),
    importWorkers: whole('IMPORT_WORKERS', 2, 1, 64),
    importMaxJobs: whole('IMPORT_MAX_JOBS', 100, 1, 100_000),
    userMetadataMaxBytes: whole('USER_METADATA_MAX_BYTES', 16_384, 100, 1_048_576),
    logRetentionDays: whole('LOG_RETENTION_DAYS', 30, 1, 36_500),
    secret,
    bootstrapClient:
      bootstrapId !== undefined && bootstrapSecret !== undefined
        ? { id: bootstrapId, secret: bootstrapSecret }
        : undefined,
    adminEmail,
    logLevel: oneOf('LOG_LEVEL', LOG_LEVELS, 'info'),
    logFormat: oneOf('LOG_FORMAT', LOG_FORMATS, production ? 'json' : 'text'),
    trustProxy,
    countryHeader,
    dnsServers,
    egressAllow,
    providerEndpoints,
    clientSecrets: oneOf('CLIENT_SECRETS', CLIENT_SECRETS, 'hashed'),
    rateLimitProfile: oneOf('RATE_LIMIT_PROFILE', RATE_LIMIT_PROFILES, 'unlimited'),
    defaultPictures: oneOf('DEFAULT_PICTURES', DEFAULT_PICTURES, 'own'),
    role: oneOf('ROLE', ['all', 'web', 'worker'] as const, 'all'),
    production,
    tls,
  };

  return problems.length > 0 ? { kind: 'wrong', problems } : { kind: 'ok', config };
}

function isSamePage(each: string, other: string): boolean {
  const [a, b] = [new URL(each), new URL(other)];
  return a.origin === b.origin && a.pathname === b.pathname;
}

/** Returns whether a text is an address, a network, or a name for one that Fastify knows. */
function isProxy(text: string): boolean {
  return ['loopback', 'linklocal', 'uniquelocal'].includes(text) || isNetwork(text);
}

function readTls(cert: string | undefined, key: string | undefined, problems: string[]) {
  if ((cert === undefined) !== (key === undefined)) {
    problems.push('TLS_CERT and TLS_KEY must be set together. Set both or neither.');
  }
  if (cert === undefined || key === undefined) return undefined;
  for (const [name, file] of [
    ['TLS_CERT', cert],
    ['TLS_KEY', key],
  ] as const) {
    if (!existsSync(file)) problems.push(`${name}: the file ${file} does not exist.`);
  }
  return { certFile: cert, keyFile: key };
}

/** Returns whether node:dns accepts a text: `192.0.2.1`, `192.0.2.1:53`, `2001:db8::1`, `[2001:db8::1]:53`. */
function isNameServer(text: string): boolean {
  const [, inBrackets, plain, port] = /^(?:\[(.+)\]|([^[\]]+?))(?::(\d{1,5}))?$/.exec(text) ?? [];
  if (isIP(text) !== 0) return true;
  if (port !== undefined && Number(port) > 65_535) return false;
  return isIP(inBrackets ?? plain ?? '') === (inBrackets === undefined ? 4 : 6);
}
