import { isIP } from 'node:net';
import { isInNetworks } from '../networks/networks.ts';

/**
 * `public`: anyone may be called there. `internal`: machines of the operator. `special`: has no server that anybody may call, such as the
 * metadata service of a cloud, which gives away its machine's credentials.
 */
export type AddressKind = 'public' | 'internal' | 'special';

const INTERNAL = [
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '::1',
  'fc00::/7',
];

/** IANA's registry of special addresses (RFC 6890), and the metadata services of clouds. */
const SPECIAL = [
  '0.0.0.0/8',
  '100.100.100.200',
  '168.63.129.16',
  '169.254.0.0/16',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
  'fd00:ec2::254',
];
const GLOBAL_IPV6 = ['2000::/3'];

/**
 * Returns what kind of address it is. An IPv6 address that stands for an IPv4 address is of its kind.
 * @param ip an address, without brackets
 */
export function addressKind(ip: string): AddressKind {
  const address = plainAddress(ip);
  if (isInNetworks(address, SPECIAL)) return 'special';
  if (isInNetworks(address, INTERNAL)) return 'internal';
  return isIP(address) === 4 || isInNetworks(address, GLOBAL_IPV6) ? 'public' : 'special';
}

/** Returns the IPv4 address for which an IPv6 address stands: mapped (RFC 4291 §2.5.5.2) or translated (RFC 6052). Others stay. */
export function plainAddress(ip: string): string {
  const address = ip.replace(/%.*$/, '');
  if (isIP(address) !== 6) return address;
  const groups = groupsOf(address);
  const start = groups.slice(0, 6).join(':');
  if (start !== '0:0:0:0:0:ffff' && start !== '64:ff9b:0:0:0:0') return address;
  const [high = 0, low = 0] = groups.slice(6).map((group) => Number.parseInt(group, 16));
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/** Returns the eight groups in hexadecimal digits, without leading zeros. */
function groupsOf(address: string): string[] {
  // A URL has one form only, without an IPv4 address at its end.
  const [left = '', right] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':'));
  if (right === undefined) return groups(left);
  const missing = 8 - groups(left).length - groups(right).length;
  return [...groups(left), ...Array<string>(missing).fill('0'), ...groups(right)];
}
