import { isIP, type Socket } from 'node:net';
import {
  type AllowedTargets,
  hostOf,
  isVisitable,
  problemOfAddress,
  problemOfUrl,
  readAllowedTargets,
} from './allowed-targets.ts';
import { EgressError } from './egress-error.ts';
import { type Call, exchange } from './exchange.ts';
import { openSocket, type SocketLimits } from './open-socket.ts';
import { createHostResolver, type ResolveHost } from './resolve-host.ts';

export { isAllowedTarget } from './allowed-targets.ts';
export { EgressError } from './egress-error.ts';
export { encryptSocket } from './open-socket.ts';

/** Limits of one call, beside the options of the global fetch. */
export type EgressInit = RequestInit & {
  /** Maximum time until the answer is complete, redirects included, in milliseconds. Default: 10 seconds. */
  timeoutMs?: number;
  /** Maximum size of the answer, in bytes, after decompression. Default: 1 MiB. */
  maxBytes?: number;
  /** Returns the beginning of an answer that is too large, instead of an error. */
  isCut?: boolean;
};

/** Makes outgoing calls. */
export type Egress = {
  /**
   * Works as the global fetch, within limits: the host must be public or allowed by the operator, https unless allowed, no more than three
   * redirects, and bounded time and size. The answer is read whole before it is returned.
   * @throws EgressError
   */
  fetch(url: string | URL, init?: EgressInit): Promise<Response>;
  /** Returns whether a browser may be sent to a URL: by https, or by http to a host that the operator allows by name or address. */
  mayVisit(url: string): boolean;
  /**
   * Opens a TCP connection, such as to a database. The host must be public or allowed by the operator. What is allowed is the address, with or
   * without encryption: many databases in a network of their own have none.
   * @param host a name or an address, without brackets
   * @throws EgressError
   */
  connect(host: string, port: number, limits?: SocketLimits): Promise<Socket>;
  /**
   * Returns the addresses of a host to which a connection may be opened, for libraries that open their own. They must use no others.
   * @throws EgressError
   */
  addressesOf(host: string): Promise<string[]>;
};

const TIMEOUT_MS = 10_000;
const MAX_BYTES = 1024 * 1024;
const MAX_REDIRECTS = 3;
/** More addresses than a connection would try. */
const MAX_ADDRESSES = 16;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
/** Headers that say nothing about the sender. Others do not follow a redirect to another host. */
const HARMLESS = new Set(['accept', 'accept-language', 'user-agent']);

/**
 * Creates the one way out for HTTP.
 * @param options.allow hosts, addresses and networks beside public ones
 * @param options.servers name servers. Default: those of the machine.
 */
export function createEgress(options: { allow: string[]; servers?: string[] }): Egress {
  const allowed = readAllowedTargets(options.allow);
  const resolve = createHostResolver({ names: allowed.names, servers: options.servers });
  return {
    fetch: (url, init = {}) => call({ allowed, resolve }, url, init),
    mayVisit: (url) => isVisitable(new URL(url), allowed),
    async connect(host, port, limits = {}) {
      const { timeoutMs = TIMEOUT_MS, signal } = limits;
      const addresses = await addressesOfHost({ allowed, resolve }, host, timeoutMs);
      signal?.throwIfAborted();
      return await openSocket({ host, port: checkedPort(port), addresses }, limits);
    },
    addressesOf: (host) => addressesOfHost({ allowed, resolve }, host, TIMEOUT_MS),
  };
}

/**
 * Returns why a URL of a setting cannot be called, as far as it can be known without its addresses.
 * @returns `null` if nothing speaks against it
 */
export function problemOfTarget(url: string, allow: string[]): string | null {
  return problemOfUrl(new URL(url), readAllowedTargets(allow));
}

type Rules = { allowed: AllowedTargets; resolve: ResolveHost };

async function call(rules: Rules, target: string | URL, init: EgressInit): Promise<Response> {
  const { timeoutMs = TIMEOUT_MS, maxBytes = MAX_BYTES, isCut = false, signal, ...request } = init;
  const url = new URL(target);
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const limits = {
      maxBytes,
      isCut,
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    };
    return await follow(rules, await firstCall(rules, url, request, limits), init.redirect);
  } catch (error) {
    if (error instanceof EgressError) throw error;
    if (signal?.aborted && !timeout.aborted) throw signal.reason;
    throw errorOf(error, { host: hostOf(url), isLate: timeout.aborted, timeoutMs });
  }
}

type Limits = Pick<Call, 'maxBytes' | 'isCut' | 'signal'>;

async function firstCall(rules: Rules, url: URL, init: RequestInit, limits: Limits): Promise<Call> {
  // Before anything reads the body: a URL with a password in it must not become a Request.
  refuse(problemOfUrl(url, rules.allowed));
  const request = new Request(url, init);
  const body = request.body === null ? null : Buffer.from(await request.arrayBuffer());
  const addresses = await addressesOf(rules, url, limits.signal);
  return { url, method: request.method, headers: request.headers, body, addresses, ...limits };
}

async function follow(
  rules: Rules,
  first: Call,
  redirect: RequestInit['redirect'] = 'follow',
): Promise<Response> {
  let next = first;
  for (let redirects = 0; ; redirects++) {
    const answer = await orAbort(exchange(next), next.signal);
    const location = REDIRECTS.has(answer.status) ? answer.headers.get('location') : null;
    if (location === null || redirect === 'manual') return answer;
    const host = hostOf(next.url);
    if (redirect === 'error') throw new EgressError('broken', `${host} redirects elsewhere.`);
    if (redirects === MAX_REDIRECTS) {
      throw new EgressError('broken', `${host} redirects more than ${MAX_REDIRECTS} times.`);
    }
    if (!URL.canParse(location, next.url.href)) {
      throw new EgressError('broken', `${host} redirects to an address that is no URL.`);
    }
    next = await redirected(rules, next, {
      to: new URL(location, next.url.href),
      status: answer.status,
    });
  }
}

/** Returns the call after a redirect, for which every rule holds again. What another host must not learn stays behind. */
async function redirected(
  rules: Rules,
  from: Call,
  { to, status }: { to: URL; status: number },
): Promise<Call> {
  refuse(problemOfUrl(to, rules.allowed));
  const host = hostOf(to);
  if (from.url.protocol === 'https:' && to.protocol === 'http:') {
    throw new EgressError('forbidden', `A redirect leads from https to http, to ${host}.`);
  }
  const isOther = to.origin !== from.url.origin;
  const keepsBody = status === 307 || status === 308;
  if (isOther && keepsBody && from.body !== null) {
    throw new EgressError('forbidden', `A redirect would send the request's content to ${host}.`);
  }
  const headers = new Headers(from.headers);
  for (const name of [...headers.keys()]) {
    const isOfBody = !keepsBody && name.startsWith('content-');
    if (isOfBody || (isOther && !HARMLESS.has(name))) headers.delete(name);
  }
  return {
    ...from,
    url: to,
    headers,
    ...(!keepsBody && { method: from.method === 'HEAD' ? 'HEAD' : 'GET', body: null }),
    addresses: await addressesOf(rules, to, from.signal),
  };
}

/** Resolves a host once. One forbidden address among several forbids the host: its owner could make the connection go there. */
async function addressesOf(rules: Rules, url: URL, signal: AbortSignal): Promise<string[]> {
  const addresses = (await orAbort(rules.resolve(hostOf(url)), signal)).slice(0, MAX_ADDRESSES);
  for (const address of addresses) refuse(problemOfAddress(url, address, rules.allowed));
  return addresses;
}

/** Judges a host without a URL by the rules of an encrypted call. */
async function addressesOfHost(rules: Rules, host: string, timeoutMs: number): Promise<string[]> {
  const text = `https://${isIP(host) === 6 ? `[${host}]` : host}/`;
  if (!/^[\w.:-]+$/.test(host) || !URL.canParse(text)) {
    throw new EgressError('forbidden', 'This is no name of a host.');
  }
  const url = new URL(text);
  refuse(problemOfUrl(url, rules.allowed));
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    return await addressesOf(rules, url, timeout);
  } catch (error) {
    if (error instanceof EgressError) throw error;
    throw errorOf(error, { host: hostOf(url), isLate: timeout.aborted, timeoutMs });
  }
}

function checkedPort(port: number): number {
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new EgressError('forbidden', 'This is no number of a port.');
}

function refuse(problem: string | null): void {
  if (problem !== null) throw new EgressError('forbidden', problem);
}

async function orAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  // The work may end later, when nobody waits for it.
  work.catch(() => {});
  signal.throwIfAborted();
  let stop = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function errorOf(
  error: unknown,
  { host, isLate, timeoutMs }: { host: string; isLate: boolean; timeoutMs: number },
): EgressError {
  if (isLate) {
    return new EgressError('slow', `${host} did not answer within ${timeoutMs / 1000} seconds.`);
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (/^(?:HPE_|Z_|ERR_HTTP|ERR_STREAM|ERR__ERROR_FORMAT|ERR_BROTLI)/.test(code) || code === '') {
    return new EgressError('broken', `${host} sent no valid HTTP answer (${code || 'invalid'}).`);
  }
  return new EgressError('unreachable', `${host} cannot be reached (${code}).`);
}
