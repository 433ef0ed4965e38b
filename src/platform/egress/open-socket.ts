import { connect, isIP, type LookupFunction, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { EgressError } from './egress-error.ts';

/** Limits of one connection that is no HTTP call. */
export type SocketLimits = {
  /** Maximum time until the connection is open, in milliseconds. Default: 10 seconds. */
  timeoutMs?: number;
  /** Maximum bytes that the other side may send while the connection lasts. Default: 16 MiB. */
  maxBytes?: number;
  /** Closes the connection. */
  signal?: AbortSignal;
};

const TIMEOUT_MS = 10_000;
const MAX_BYTES = 16 * 1024 * 1024;
/** How often bytes are counted, in milliseconds. Encrypted connections tell nothing earlier. */
const COUNT_MS = 20;

/** Returns a lookup that knows only the addresses that were checked. */
export function pinnedTo(addresses: string[]): LookupFunction {
  const all = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_host, options, done) => {
    const [first] = all;
    if (first === undefined) done(new Error('no address'), '');
    else if (options.all) done(null, all);
    else done(null, first.address, first.family);
  };
}

/**
 * Opens a TCP connection to one of the addresses of a host, within limits.
 * @param target.addresses those that were checked; nobody resolves the name again
 * @throws EgressError
 */
export async function openSocket(
  target: { host: string; port: number; addresses: string[] },
  { timeoutMs = TIMEOUT_MS, maxBytes = MAX_BYTES, signal }: SocketLimits,
): Promise<Socket> {
  const { host, port, addresses } = target;
  const timeout = AbortSignal.timeout(timeoutMs);
  const socket = connect({ host: 'pinned.invalid', port, lookup: pinnedTo(addresses) });
  const abort = () =>
    socket.destroy(new EgressError('slow', `The connection to ${host} was closed.`));
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('closed')));
      timeout.addEventListener('abort', () => reject(timeout.reason), { once: true });
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
      signal?.throwIfAborted();
    });
  } catch (error) {
    socket.on('error', () => {});
    socket.destroy();
    throw errorOf(error, { host, isLate: timeout.aborted, timeoutMs });
  }
  // The others have their own listeners. Without one, an error after the end would end the process.
  socket.on('error', () => {});
  const count = setInterval(() => {
    if (socket.bytesRead <= maxBytes) return;
    socket.destroy(new EgressError('large', `${host} has sent more than ${maxBytes} bytes.`));
  }, COUNT_MS);
  count.unref();
  signal?.addEventListener('abort', abort, { once: true });
  socket.once('close', () => {
    clearInterval(count);
    signal?.removeEventListener('abort', abort);
  });
  return socket;
}

/** Begins TLS on a connection that {@link openSocket} has opened. Its limits hold on. */
export function encryptSocket(socket: Socket, options: ConnectionOptions): TLSSocket {
  return connectTls({ ...options, socket });
}

function errorOf(
  error: unknown,
  { host, isLate, timeoutMs }: { host: string; isLate: boolean; timeoutMs: number },
): EgressError {
  if (error instanceof EgressError) return error;
  if (isLate) {
    return new EgressError('slow', `${host} did not answer within ${timeoutMs / 1000} seconds.`);
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'closed';
  return new EgressError('unreachable', `${host} cannot be reached (${code}).`);
}
