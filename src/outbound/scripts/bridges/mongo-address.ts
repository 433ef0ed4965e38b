import { Resolver } from 'node:dns/promises';

/** A connection string of MongoDB, read. */
export type MongoAddress = {
  hosts: { host: string; port: number }[];
  user: string;
  password: string;
  database: string;
  /** The database that knows the user. */
  authSource: string;
  mechanism: 'SCRAM-SHA-1' | 'SCRAM-SHA-256' | null;
  isEncrypted: boolean;
  /** Whether any certificate is accepted. */
  isLax: boolean;
};

const FORM = /^mongodb(\+srv)?:\/\/(?:([^:@/]*)(?::([^@/]*))?@)?([^/?]+)(?:\/([^?]*))?(?:\?(.*))?$/;
const MAX_HOSTS = 10;

/**
 * Reads a connection string (MongoDB's Connection String Specification). Hosts and options of `mongodb+srv` come from the DNS.
 * @throws Error if it cannot be read, or asks for what is not offered
 */
export async function readMongoAddress(given: string): Promise<MongoAddress> {
  const [, srv, user = '', password = '', list = '', path = '', query = ''] =
    FORM.exec(given) ?? [];
  if (list === '') throw new Error('This is no connection string of MongoDB.');
  const isSrv = srv !== undefined;
  const found = isSrv ? await lookUp(list) : { hosts: list.split(',').map(hostAndPort), query: '' };
  const options = new Map(
    [...new URLSearchParams(found.query), ...new URLSearchParams(query)].map(([name, value]) => [
      name.toLowerCase(),
      value,
    ]),
  );
  const mechanism = options.get('authmechanism') ?? null;
  if (mechanism !== null && mechanism !== 'SCRAM-SHA-1' && mechanism !== 'SCRAM-SHA-256') {
    throw new Error('Scripts can use SCRAM-SHA-1 and SCRAM-SHA-256 to log in to MongoDB.');
  }
  const database = decodeURIComponent(path) || 'test';
  const tls = options.get('tls') ?? options.get('ssl');
  return {
    hosts: found.hosts.slice(0, MAX_HOSTS),
    user: decodeURIComponent(user),
    password: decodeURIComponent(password),
    database,
    authSource: options.get('authsource') ?? (decodeURIComponent(path) || 'admin'),
    mechanism,
    isEncrypted: tls === undefined ? isSrv : tls === 'true',
    isLax:
      options.get('tlsinsecure') === 'true' ||
      options.get('tlsallowinvalidcertificates') === 'true',
  };
}

/** @param text `host`, `host:port` or `[address]:port` */
export function hostAndPort(text: string): { host: string; port: number } {
  const [, host = '', port = '27017'] = /^(\[[^\]]+\]|[^:]+)(?::(\d+))?$/.exec(text) ?? [];
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
}

/** Finds the hosts behind a name of `mongodb+srv`. They must belong to the same domain, as the specification demands. */
async function lookUp(name: string): Promise<Pick<MongoAddress, 'hosts'> & { query: string }> {
  const resolver = new Resolver({ timeout: 2000, tries: 2 });
  const [hosts, texts] = await Promise.all([
    resolver.resolveSrv(`_mongodb._tcp.${name}`),
    resolver.resolveTxt(name).catch(() => []),
  ]);
  const domain = name.slice(name.indexOf('.'));
  for (const { name: host } of hosts) {
    if (!host.endsWith(domain)) throw new Error(`${name} leads to a host of another domain.`);
  }
  return {
    hosts: hosts.map(({ name: host, port }) => ({ host, port })),
    query: texts.map((parts) => parts.join('')).join('&'),
  };
}
