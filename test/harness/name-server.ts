import { createSocket } from 'node:dgram';
import { once } from 'node:events';

const NO_ERROR = 0;
const NO_SUCH_NAME = 3;

/** A name server with TXT records only (RFC 1035). */
export async function startNameServer(): Promise<{
  /** The address in the format of `DNS_SERVERS`. */
  address: string;
  /** The published records, by name. */
  records: Map<string, string[]>;
  close(): void;
}> {
  const records = new Map<string, string[]>();
  const socket = createSocket('udp4');
  socket.on('message', (query, from) => {
    const question = query.subarray(12, questionEnd(query));
    const texts = records.get(nameOf(question));
    const header = Buffer.alloc(12);
    query.copy(header, 0, 0, 2);
    header.writeUInt16BE(0x8180 | (texts ? NO_ERROR : NO_SUCH_NAME), 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(texts?.length ?? 0, 6);
    socket.send(
      Buffer.concat([header, question, ...(texts ?? []).map(answer)]),
      from.port,
      from.address,
    );
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { address: `127.0.0.1:${socket.address().port}`, records, close: () => socket.close() };
}

/** The end of the question: after the name, two bytes of type and two of class. */
function questionEnd(query: Buffer): number {
  let at = 12;
  while (query[at]) at += (query[at] ?? 0) + 1;
  return at + 5;
}

function nameOf(question: Buffer): string {
  const labels: string[] = [];
  for (let at = 0; question[at]; at += (question[at] ?? 0) + 1) {
    labels.push(question.toString('latin1', at + 1, at + 1 + (question[at] ?? 0)));
  }
  return labels.join('.').toLowerCase();
}

/** A TXT record about the name of the question, cut into strings of at most 255 bytes. */
function answer(text: string): Buffer {
  const pieces = text.match(/.{1,200}/g) ?? [''];
  const data = Buffer.concat(
    pieces.flatMap((piece) => [Buffer.from([piece.length]), Buffer.from(piece)]),
  );
  const head = Buffer.from([0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60, 0, 0]);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}
