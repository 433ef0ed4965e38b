import { isIP } from 'node:net';
import { isInNetworks, isNetwork } from '../networks/networks.ts';
import { addressKind, plainAddress } from './address-kind.ts';

/** What the operator allows in addition to public hosts: names of hosts, addresses and networks. */
export type AllowedTargets = { names: Set<string>; networks: string[] };

const SETTING = 'EGRESS_ALLOW';
const HOST_NAME = /^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*$/;

/** Returns whether an entry of the list is a host name, an address or a network. */
export function isAllowedTarget(entry: string): boolean {
  return isNetwork(entry) || (HOST_NAME.test(entry.toLowerCase()) && !/^[\d.]+$/.test(entry));
}

export function readAllowedTargets(entries: string[]): AllowedTargets {
  const names = entries.filter((entry) => !isNetwork(entry)).map((entry) => entry.toLowerCase());
  return { names: new Set(names), networks: entries.filter(isNetwork) };
}

/** Returns the host of a URL as names and addresses are written elsewhere: without brackets, and without the dot of the root. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
}

/**
 * Returns why a URL cannot be called, as far as the URL itself says so. Host names are judged by their addresses later.
 * @returns `null` if nothing speaks against it
 */
export function problemOfUrl(url: URL, allowed: AllowedTargets): string | null {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    return `Only https and http can be called, not ${url.protocol.slice(0, 20)}`;
  }
  if (url.username !== '' || url.password !== '') {
    return 'A URL with a user name or password in it cannot be called.';
  }
  const host = hostOf(url);
  if (host === '') return 'The URL has no host.';
  if (isIP(host) !== 0) return problemOfAddress(url, host, allowed);
  if (host === 'localhost' || host.endsWith('.localhost')) {
    return allowed.names.has(host) ? null : refusal(host, 'is this machine');
  }
  // A network in the list may allow http. The address of the host decides.
  if (url.protocol === 'http:' && !allowed.names.has(host) && allowed.networks.length === 0) {
    return refusal(host, 'must be called by https');
  }
  return null;
}

/** Returns whether a browser may be sent to a URL: what a person types there must not travel in the clear, except where the operator says so. */
export function isVisitable(url: URL, allowed: AllowedTargets): boolean {
  if (url.protocol !== 'http:') return url.protocol === 'https:';
  const host = hostOf(url);
  return (
    allowed.names.has(host) || (isIP(host) !== 0 && problemOfAddress(url, host, allowed) === null)
  );
}

/** Returns why a URL cannot be called at an address of its host, or `null`. */
export function problemOfAddress(url: URL, ip: string, allowed: AllowedTargets): string | null {
  const host = hostOf(url);
  const address = plainAddress(ip);
  const isListed = isInNetworks(address, allowed.networks) || isInNetworks(ip, allowed.networks);
  if (isListed) return null;
  const isNamed = allowed.names.has(host);
  const kind = addressKind(ip);
  if (kind === 'special') return refusal(host, `has the special address ${ip}`, ip);
  if (kind === 'internal' && !isNamed) return refusal(host, `has the internal address ${ip}`);
  if (url.protocol === 'http:' && !isNamed) return refusal(host, 'must be called by https');
  return null;
}

/** @param entry what would allow the call */
function refusal(host: string, what: string, entry = host): string {
  return `${host} ${what}. To call it anyway, add ${entry} to ${SETTING}.`;
}
