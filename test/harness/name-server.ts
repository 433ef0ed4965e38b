import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIP } from 'node:net';

const NO_ERROR = 0;
const NO_SUCH_NAME = 3;

const TXT = 16;
const TYPES: Record<number, 4 | 6> = { 1: 4, 28: 6 };

/** A name server with TXT records and addresses (RFC 1035, RFC 3596). */
export async function startNameServer(): Promise<{
  /** The address in the format of `DNS_SERVERS`. */
  address: string;
  /** The published records, by name. */
  records: Map<string, string[]>;
  /** The addresses by name. A list in the list is the answer to one query, and the last one to all that follow. */
  addresses: Map<string, string[][]>;
  /** The queries for addresses, as `4 name` or `6 name`. */
  asked: string[];
  /** If true, nothing is answered. */
  mute(isMute: boolean): void;
  close(): void;
}> {
  const records = new Map<string, string[]>();
  const addresses = new Map<string, string[][]>();
  const asked: string[] = [];
  let isMute = false;
  const socket = createSocket('udp4');
  socket.on('message', (query, from) => {
    if (isMute) return;
    const question = query.subarray(12, questionEnd(query));
    const answers = answersTo(question);
    const header = Buffer.alloc(12);
    query.copy(header, 0, 0, 2);
    header.writeUInt16BE(0x8180 | (answers ? NO_ERROR : NO_SUCH_NAME), 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(answers?.length ?? 0, 6);
    socket.send(Buffer.concat([header, question, ...(answers ?? [])]), from.port, from.address);
  });
  const answersTo = (question: Buffer): Buffer[] | undefined => {
    const [name, type] = [nameOf(question), question.readUInt16BE(question.length - 4)];
    const version = TYPES[type];
    if (version === undefined) return records.get(name)?.map((text) => answer(TXT, textData(text)));
    asked.push(`${version} ${name}`);
    const lists = addresses.get(name);
    const list = lists?.find((each) => each.some((address) => isIP(address) === version)) ?? [];
    if (lists && lists.length > 1 && list.length > 0) lists.splice(lists.indexOf(list), 1);
    return (
      lists &&
      list.filter((each) => isIP(each) === version).map((each) => answer(type, addressData(each)))
    );
  };
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    address: `127.0.0.1:${socket.address().port}`,
    records,
    addresses,
    asked,
    mute(value) {
      isMute = value;
    },
    close: () => socket.close(),
  };
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

/** A text, cut into strings of at most 255 bytes. */
function textData(text: string): Buffer {
  const pieces = text.match(/.{1,200}/g) ?? [''];
  return Buffer.concat(
    pieces.flatMap((piece) => [Buffer.from([piece.length]), Buffer.from(piece)]),
  );
}

function addressData(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  const [left = '', right = ''] = address.split('::').map((part) =>
    part
      .split(':')
      .map((group) => group.padStart(4, '0'))
      .join(''),
  );
  return Buffer.from(
    address.includes('::') ? left.padEnd(32 - right.length, '0') + right : left,
    'hex',
  );
}

/** A record about the name of the question. */
function answer(type: number, data: Buffer): Buffer {
  const head = Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, 0]);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}
