import { isIP } from 'node:net';
import { Client } from 'ldapts';
import { type Egress, encryptSocket } from '../../../platform/egress/egress.ts';
import type { LdapSettings } from './settings.ts';

/** A few entries are asked for. */
const MOST_BYTES = 1024 * 1024;
const WATCH_MS = 20;

export type LdapSession = {
  client: Client;
  /** Why the connection was closed here. */
  ended(): 'too-large' | 'timed-out' | null;
  close(): void;
};

/**
 * Opens a connection for one question, encrypted as the settings say.
 * @param limits.maxBytes most bytes that are read from it
 * @throws EgressError, or an error of the library
 */
export async function openLdap(
  egress: Egress,
  settings: LdapSettings,
  limits: { timeoutMs: number; maxBytes?: number },
): Promise<LdapSession> {
  const { host, port, security, ca } = settings;
  const { timeoutMs, maxBytes = MOST_BYTES } = limits;
  const socket = await egress.connect(host, port, { timeoutMs });
  let ending: 'too-large' | 'timed-out' | null = null;
  const end = (why: 'too-large' | 'timed-out') => {
    ending ??= why;
    socket.destroy();
  };
  const watch = setInterval(() => {
    if (socket.bytesRead > maxBytes) end('too-large');
  }, WATCH_MS);
  const timer = setTimeout(() => end('timed-out'), timeoutMs);
  const tlsOptions = {
    host,
    ...(isIP(host) === 0 && { servername: host }),
    rejectUnauthorized: true,
    ...(ca !== null && { ca }),
  };
  const client = new Client({
    url: `${security === 'ldaps' ? 'ldaps' : 'ldap'}://${isIP(host) === 6 ? `[${host}]` : host}:${port}`,
    timeout: timeoutMs,
    connectTimeout: timeoutMs,
    // A DN template may be a name that is no DN, as Active Directory takes them.
    strictDN: false,
    createConnection: () => socket,
    createSecureConnection: () => encryptSocket(socket, tlsOptions),
  });
  const session: LdapSession = {
    client,
    ended: () => ending,
    close() {
      clearInterval(watch);
      clearTimeout(timer);
      socket.destroy();
    },
  };
  // The library reports it at the question that is open.
  socket.on('error', () => {});
  try {
    if (security === 'starttls') await client.startTLS(tlsOptions);
    return session;
  } catch (error) {
    session.close();
    throw error;
  }
}
