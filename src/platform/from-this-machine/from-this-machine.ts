import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

const LOOPBACK_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;
// Headers that proxies add to a request.
const ADDED_BY_PROXIES =
  /^(?:forwarded|via|x-forwarded.*|x-original.*|x-real-ip|(?:.*-)?client-ip|cf-.*|x-envoy-.*)$/;

/** Returns whether a socket address is a loopback address (127.0.0.0/8, ::1, and the former written as IPv6). */
export function isLoopback(address: string | undefined): boolean {
  if (address === undefined) return false;
  const family = isIP(address);
  return family !== 0 && LOOPBACK.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

/**
 * Returns whether a request was made on this machine and addressed it by a local name. A proxied request does not count, although its
 * connection is local: the proxy's headers reveal it, and so does HTTP/1.0, the default of nginx. A browser that reached this machine
 * through a foreign name (DNS rebinding) does not count either.
 * @param publicUrl public URL of the server. If it is not local, a proxy may be in front and no request counts.
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
