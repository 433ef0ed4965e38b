import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { BSON } from 'mongodb';

type Document = Record<string, unknown>;

/** A stand-in that speaks OP_MSG (MongoDB Wire Protocol) and SCRAM-SHA-256 (RFC 7677), with a few commands on documents in memory. */
export type MongoServer = {
  port: number;
  /** By database and collection. */
  documents: Map<string, Document[]>;
  /** Names of the commands that it has got. */
  commands: string[];
  openSockets(): number;
  /** What `hello` adds, such as the name of a primary. */
  hello: Document;
  close(): void;
};

const USER = {
  name: 'user',
  password: 'pass',
  salt: Buffer.from('salt of sixteen b'),
  rounds: 4096,
};
const BATCH = 2;

export async function startMongoServer(): Promise<MongoServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    serve(socket, state);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const state: MongoServer = {
    port: (server.address() as AddressInfo).port,
    documents: new Map(),
    commands: [],
    hello: {},
    openSockets: () => sockets.size,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
  return state;
}

type Login = { first: string; challenge: string; isProved: boolean };

function serve(socket: Socket, state: MongoServer): void {
  let received = Buffer.alloc(0);
  const login: Login = { first: '', challenge: '', isProved: false };
  const cursors = new Map<number, Document[]>();
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    while (received.length >= 16 && received.length >= received.readInt32LE(0)) {
      const length = received.readInt32LE(0);
      const id = received.readInt32LE(4);
      const command = BSON.deserialize(received.subarray(21, length));
      received = received.subarray(length);
      const body = BSON.serialize(answerTo(command, { state, login, cursors }));
      const header = Buffer.alloc(21);
      header.writeInt32LE(header.length + body.length, 0);
      header.writeInt32LE(id, 8);
      header.writeInt32LE(2013, 12);
      socket.write(Buffer.concat([header, body]));
    }
  });
}

type Place = { state: MongoServer; login: Login; cursors: Map<number, Document[]> };

function answerTo(command: Document, place: Place): Document {
  const [name = ''] = Object.keys(command);
  const { state, login, cursors } = place;
  state.commands.push(name);
  if (name === 'hello') {
    return {
      ok: 1,
      isWritablePrimary: true,
      saslSupportedMechs: ['SCRAM-SHA-256'],
      ...state.hello,
    };
  }
  if (name.startsWith('sasl')) return scram(command, login);
  if (!login.isProved)
    return refusal(13, 'Unauthorized', `command ${name} requires authentication`);
  const space = `${command.$db}.${command[name]}`;
  const all = state.documents.get(space) ?? [];
  state.documents.set(space, all);
  if (name === 'find') {
    const limit = Number(command.limit ?? 0) || Number.POSITIVE_INFINITY;
    return batch(
      all.filter(matching(command.filter)).slice(0, limit),
      space,
      cursors,
      'firstBatch',
    );
  }
  if (name === 'getMore') {
    const rest = cursors.get(Number(command.getMore)) ?? [];
    return batch(rest, `${command.$db}.${command.collection}`, cursors, 'nextBatch');
  }
  if (name === 'insert') {
    all.push(...(command.documents as Document[]));
    return { ok: 1, n: (command.documents as Document[]).length };
  }
  if (name === 'update') {
    const [{ q, u }] = command.updates as [{ q: Document; u: { $set: Document } }];
    const found = all.filter(matching(q));
    for (const each of found) Object.assign(each, u.$set);
    return { ok: 1, n: found.length, nModified: found.length };
  }
  if (name === 'delete') {
    const [{ q }] = command.deletes as [{ q: Document }];
    const kept = all.filter((each) => !matching(q)(each));
    state.documents.set(space, kept);
    return { ok: 1, n: all.length - kept.length };
  }
  return refusal(59, 'CommandNotFound', `no such command: '${name}'`);
}

const refusal = (code: number, codeName: string, errmsg: string) => ({
  ok: 0,
  code,
  codeName,
  errmsg,
});

function matching(filter: unknown): (document: Document) => boolean {
  const wanted = Object.entries((filter ?? {}) as Document);
  return (document) => wanted.every(([name, value]) => String(document[name]) === String(value));
}

let cursor = 0;
function batch(
  found: Document[],
  ns: string,
  cursors: Map<number, Document[]>,
  name: 'firstBatch' | 'nextBatch',
): Document {
  const rest = found.slice(BATCH);
  cursor += 1;
  if (rest.length > 0) cursors.set(cursor, rest);
  const id = BSON.Long.fromNumber(rest.length > 0 ? cursor : 0);
  return { ok: 1, cursor: { id, ns, [name]: found.slice(0, BATCH) } };
}

function scram(command: Document, login: Login): Document {
  const payload = Buffer.from((command.payload as BSON.Binary).buffer).toString();
  const say = (text: string, done: boolean) => ({
    ok: 1,
    conversationId: 1,
    done,
    payload: new BSON.Binary(Buffer.from(text)),
  });
  if (command.saslStart !== undefined) {
    login.first = payload.replace('n,,', '');
    const nonce = login.first.split('r=')[1] + randomBytes(8).toString('hex');
    login.challenge = `r=${nonce},s=${USER.salt.toString('base64')},i=${USER.rounds}`;
    return say(login.challenge, false);
  }
  const [withoutProof = '', proof = ''] = payload.split(',p=');
  const hmac = (key: Buffer, data: string) => createHmac('sha256', key).update(data).digest();
  const salted = pbkdf2Sync(USER.password, USER.salt, USER.rounds, 32, 'sha256');
  const clientKey = hmac(salted, 'Client Key');
  const stored = createHash('sha256').update(clientKey).digest();
  const all = `${login.first},${login.challenge},${withoutProof}`;
  const signature = hmac(stored, all);
  const expected = Buffer.from(clientKey.map((byte, n) => byte ^ (signature[n] ?? 0)));
  if (expected.toString('base64') !== proof || !login.first.startsWith(`n=${USER.name},`)) {
    return refusal(18, 'AuthenticationFailed', 'Authentication failed.');
  }
  login.isProved = true;
  return say(`v=${hmac(hmac(salted, 'Server Key'), all).toString('base64')}`, true);
}
