import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createRawServer, type Socket } from 'node:net';
import {
  type Directory,
  directoryOf,
  type LegacyStore,
} from '../../src/outbound/legacy-directory/legacy-directory.ts';
import { createScriptRunner } from '../../src/outbound/scripts/scripts.ts';
import { systemClock } from '../../src/platform/clock/clock.ts';
import { createEgress } from '../../src/platform/egress/egress.ts';
import { readDirectory } from '../../src/records/connections/connections.ts';
import { closedAtEnd } from '../harness/close-at-end.ts';

export const context = { organization: null };

/** Opens a directory as the option `directory` describes it. */
export function openStore(options: object, allow: string[] = ['127.0.0.1']): Directory {
  const egress = createEgress({ allow });
  const store: LegacyStore = {
    connection: { id: 'con_1', name: 'old' },
    tenant: 'usher.test',
    scripts: {},
    directory: readDirectory({ ...options }, { tokenUrl: 'http://127.0.0.1:1/oauth/token' }),
    configuration: {},
    hasContext: false,
    notStored: [],
  };
  const scripts = createScriptRunner({ egress });
  closedAtEnd(() => scripts.close());
  const directory = directoryOf({ scripts, egress, clock: systemClock, note: () => {} }, store);
  if (directory === null) throw new Error('The options name no directory.');
  return directory;
}

/** Starts an HTTP server. @returns its address, without a slash at the end */
export async function startHttp(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closedAtEnd(async () => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Starts a server for any protocol. @returns its port */
export async function startRaw(listener: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createRawServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    listener(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closedAtEnd(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

export async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += chunk;
  return body;
}
