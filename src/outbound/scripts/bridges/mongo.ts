import type { Socket } from 'node:net';
import { BSON } from 'mongodb';
import { type Egress, encryptSocket } from '../../../platform/egress/egress.ts';
import type { Json } from '../script-types.ts';
import { CONNECT_MS, MAX_BYTES, MAX_ROWS, tooManyRows } from './limits.ts';
import { hostAndPort, type MongoAddress, readMongoAddress } from './mongo-address.ts';
import { logInToMongo } from './mongo-scram.ts';
import { createMongoWire, type Document, type MongoWire } from './mongo-wire.ts';
import type { Connection } from './open-connections.ts';
import { tlsOptionsOf } from './tls-options.ts';
import { failureOf, record, text } from './values.ts';

export type MongoConnection = Connection & { wire: MongoWire; database: string };

/**
 * Connects to a MongoDB server, or to the primary of a replica set, and logs in.
 * @throws Error, or EgressError
 */
export async function connectMongo(
  egress: Egress,
  options: Json | undefined,
  signal: AbortSignal,
): Promise<MongoConnection> {
  const address = await readMongoAddress(text(record(options).uri));
  const asked = new Set<string>();
  const todo = [...address.hosts];
  let problem: unknown = new Error('The connection string names no host.');
  for (let host = todo.shift(); host !== undefined; host = todo.shift()) {
    const name = `${host.host}:${host.port}`;
    if (asked.has(name)) continue;
    asked.add(name);
    try {
      const tried = await tryHost({ egress, signal }, address, host);
      if (typeof tried !== 'string') {
        return { ...tried, database: address.database };
      }
      // Only the primary writes. A secondary names it.
      if (tried !== '' && asked.size < MAX_TRIES) todo.unshift(hostAndPort(tried));
      problem = new Error('No host of the replica set is its primary.');
    } catch (error) {
      problem = error;
    }
  }
  throw problem;
}

const MAX_TRIES = 10;

/** @returns the name of the primary, or an empty text if nobody knows it, if this host is not it */
async function tryHost(
  { egress, signal }: { egress: Egress; signal: AbortSignal },
  address: MongoAddress,
  { host, port }: { host: string; port: number },
): Promise<string | (Connection & { wire: MongoWire })> {
  const limits = { timeoutMs: CONNECT_MS, maxBytes: MAX_BYTES, signal };
  const plain = await egress.connect(host, port, limits);
  const close = () => plain.destroy();
  const late = setTimeout(close, CONNECT_MS);
  try {
    const socket = address.isEncrypted ? encrypted(plain, host, address.isLax) : plain;
    const wire = createMongoWire(socket);
    const hello = await wire.command('admin', {
      hello: 1,
      ...(address.user !== '' && { saslSupportedMechs: `${address.authSource}.${address.user}` }),
    });
    if (hello.isWritablePrimary === false && hello.setName !== undefined) {
      close();
      return typeof hello.primary === 'string' ? hello.primary : '';
    }
    if (address.user !== '') await logInToMongo(wire, address, hello.saslSupportedMechs);
    return { wire, close };
  } catch (error) {
    close();
    throw error;
  } finally {
    clearTimeout(late);
  }
}

function encrypted(socket: Socket, host: string, isLax: boolean): Socket {
  return encryptSocket(socket, tlsOptionsOf({ rejectUnauthorized: !isLax }, host));
}

/**
 * Runs a command. Documents travel as Extended JSON, and those of a cursor come all together.
 * @returns the server's answer, or `{ failed }`
 */
export async function runMongo(
  { wire, database: ownDatabase }: MongoConnection,
  asked: Json | undefined,
): Promise<Json> {
  const { database, command } = record(asked);
  const name = text(database, ownDatabase);
  try {
    const answer = await wire.command(name, BSON.EJSON.deserialize(record(command)) as Document);
    const cursor = answer.cursor as Cursor | undefined;
    const documents = cursor && (await documentsOf(wire, name, cursor));
    const shown = documents ? { documents } : withoutClock(answer);
    return BSON.EJSON.serialize(shown, { relaxed: true }) as Json;
  } catch (error) {
    return failureOf(error);
  }
}

type Cursor = { id: unknown; ns?: string; firstBatch?: Document[]; nextBatch?: Document[] };

async function documentsOf(wire: MongoWire, database: string, first: Cursor): Promise<Document[]> {
  const found = [...(first.firstBatch ?? [])];
  const collection = String(first.ns ?? '').slice(database.length + 1);
  for (let id = first.id; Number(id) !== 0; ) {
    if (found.length > MAX_ROWS) throw tooManyRows();
    const getMore = BSON.Long.fromString(String(id));
    const { cursor } = await wire.command(database, { getMore, collection });
    const next = cursor as Cursor;
    found.push(...(next.nextBatch ?? []));
    id = next.id;
  }
  if (found.length > MAX_ROWS) throw tooManyRows();
  return found;
}

/** What members of a cluster tell each other is of no use to a script. */
function withoutClock({ $clusterTime, operationTime, ...rest }: Document): Document {
  return rest;
}
