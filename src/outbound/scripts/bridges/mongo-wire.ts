import type { Socket } from 'node:net';
import { BSON } from 'mongodb';

/** A document as the wire has it. */
export type Document = Record<string, unknown>;

/** Sends commands to a MongoDB server, one after the other. */
export type MongoWire = {
  /** @throws Error with the server's `code`, or if the connection is lost */
  command(database: string, command: Document): Promise<Document>;
  close(): void;
};

const OP_MSG = 2013;
const HEADER_BYTES = 16;
const MAX_MESSAGE_BYTES = 8 * 1024 * 1024;

/** Speaks OP_MSG (MongoDB Wire Protocol) on an open connection. A client of its own, because the driver opens connections by itself. */
export function createMongoWire(socket: Socket): MongoWire {
  let received: Buffer[] = [];
  let size = 0;
  let last = 0;
  const waiting = new Map<number, PromiseWithResolvers<Document>>();

  function fail(error: Error): void {
    for (const each of waiting.values()) each.reject(error);
    waiting.clear();
    socket.destroy();
  }

  function read(): void {
    while (size >= HEADER_BYTES) {
      const all = received.length === 1 && received[0] ? received[0] : Buffer.concat(received);
      const length = all.readInt32LE(0);
      if (length < HEADER_BYTES + 5 || length > MAX_MESSAGE_BYTES) {
        fail(new Error('The server has sent a message of a wrong size.'));
        return;
      }
      received = [all];
      if (size < length) return;
      take(all.subarray(0, length));
      received = [all.subarray(length)];
      size -= length;
    }
  }

  function take(message: Buffer): void {
    const waits = waiting.get(message.readInt32LE(8));
    waiting.delete(message.readInt32LE(8));
    // Flags, and the kind of the one section that an answer has.
    if (message.readInt32LE(12) !== OP_MSG || message[HEADER_BYTES + 4] !== 0) {
      fail(new Error('The server does not speak the protocol of MongoDB 3.6 and later.'));
      return;
    }
    const body = BSON.deserialize(message.subarray(HEADER_BYTES + 5));
    if (Number(body.ok) === 1) waits?.resolve(body);
    else waits?.reject(errorOf(body));
  }

  socket.on('data', (chunk: Buffer) => {
    received.push(chunk);
    size += chunk.length;
    try {
      read();
    } catch {
      fail(new Error('The server has sent what cannot be read.'));
    }
  });
  socket.on('error', fail);
  socket.on('close', () => fail(new Error('The server has closed the connection.')));

  return {
    async command(database, command) {
      const document = BSON.serialize({ ...command, $db: database });
      const header = Buffer.alloc(HEADER_BYTES + 5);
      last += 1;
      header.writeInt32LE(header.length + document.length, 0);
      header.writeInt32LE(last, 4);
      header.writeInt32LE(OP_MSG, 12);
      if (socket.destroyed) throw new Error('The connection to MongoDB is closed.');
      const answer = Promise.withResolvers<Document>();
      waiting.set(last, answer);
      socket.write(Buffer.concat([header, document]));
      return await answer.promise;
    },
    close: () => fail(new Error('The connection to MongoDB is closed.')),
  };
}

function errorOf({ code, codeName, errmsg }: Document): Error {
  return Object.assign(new Error(String(errmsg ?? 'The server refuses the command.')), {
    name: 'MongoServerError',
    code: Number(code ?? 0),
    codeName: String(codeName ?? ''),
  });
}
