import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

const LOOPBACK_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;
// What proxies add to a request that they pass on.
const ADDED_BY_PROXIES =
  /^(?:forwarded|via|x-forwarded.*|x-original.*|x-real-ip|(?:.*-)?client-ip|cf-.*|x-envoy-.*)$/;

/** Whether an address of a socket is this machine's own (127.0.0.0/8, ::1, and the former written as IPv6). */
export function isLoopback(address: string | undefined): boolean {
  if (address === undefined) return false;
  const family = isIP(address);
  return family !== 0 && LOOPBACK.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

/**
 * Whether a request was made on this machine, and to this machine by name. A request that a proxy passed on is none, although its
 * connection comes from here: what proxies add gives it away, and so does the old HTTP version that nginx speaks by default.
 * Nor is one of a browser that was led here under a foreign name (DNS rebinding).
 * @param publicUrl where the server is reached. When that is elsewhere, a proxy may be in front, and no request counts.
 */
export function isFromThisMachine(
  { socket, headers, httpVersion }: IncomingMessage,
  publicUrl: string,
): boolean {
  return (
    isLoopback(socket.remoteAddress) &&
    isLoopback(socket.localAddress) &&
    LOOPBACK_HOST.test(new URL(publicUrl).host) &&
    LOOPBACK_HOST.test(headers.host ?? '') &&
    httpVersion !== '1.0' &&
    !Object.keys(headers).some((name) => ADDED_BY_PROXIES.test(name))
  );
}
