import { type AddressInfo, createServer, type Socket } from 'node:net';
import { closedAtEnd } from './close-at-end.ts';

/** An entry by its attributes. `userPassword` is what a bind proves. */
export type LdapEntry = { dn: string; userPassword: string; attributes: Record<string, string[]> };

type Node = { tag: number; content: Buffer; children: Node[] };
/** RFC 4511, 4.1.9. */
const RESULT = { success: 0, sizeLimit: 4, referral: 10, noSuchObject: 32, invalidCredentials: 49 };

/**
 * A stand-in for an LDAP server (RFC 4511): binds with passwords, and searches with filters of equality, presence, and, or.
 * `binds` and `filters` are what it was asked.
 */
export async function startLdapServer(entries: LdapEntry[]) {
  const binds: string[] = [];
  const filters: string[] = [];
  const state = { isReferring: false, binds, filters, port: 0 };
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    let waiting = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      waiting = Buffer.concat([waiting, chunk]);
      for (
        let size = sizeOf(waiting);
        size !== null && size <= waiting.length;
        size = sizeOf(waiting)
      ) {
        const [id, operation] = parse(waiting.subarray(0, size))[0]?.children ?? [];
        waiting = waiting.subarray(size);
        if (id && operation) answer(socket, id.content, operation);
      }
    });
  });

  function answer(socket: Socket, id: Buffer, { tag, children, content }: Node): void {
    const send = (op: Buffer) => socket.write(tlv(0x30, tlv(2, id), op));
    const done = (type: number, code: number) =>
      send(
        tlv(type, tlv(10, Buffer.from([code])), tlv(4, Buffer.alloc(0)), tlv(4, Buffer.alloc(0))),
      );
    if (tag === 0x60) {
      const [dn = '', password = ''] = children.slice(1).map((child) => child.content.toString());
      binds.push(dn);
      const entry = entries.find((each) => each.dn === dn);
      // An empty password succeeds and proves nothing (RFC 4513, 5.1.2).
      const isRight = password === '' || entry?.userPassword === password;
      done(0x61, isRight ? RESULT.success : RESULT.invalidCredentials);
    } else if (tag === 0x63) {
      if (state.isReferring) return void done(0x65, RESULT.referral);
      const [base, scope, , limit, , , filter] = children;
      if (!base || !scope || !limit || !filter) return;
      filters.push(written(filter));
      const inScope = entries.filter(({ dn }) =>
        scope.content[0] === 0
          ? dn === base.content.toString()
          : dn.endsWith(base.content.toString()),
      );
      if (inScope.length === 0) return void done(0x65, RESULT.noSuchObject);
      const found = inScope.filter((entry) => matches(filter, entry));
      const most = limit.content[0] || found.length;
      for (const { dn, attributes } of found.slice(0, most)) {
        const list = Object.entries(attributes).map(([name, values]) =>
          tlv(
            0x30,
            tlv(4, Buffer.from(name)),
            tlv(0x31, ...values.map((each) => tlv(4, Buffer.from(each)))),
          ),
        );
        send(tlv(0x64, tlv(4, Buffer.from(dn)), tlv(0x30, ...list)));
      }
      done(0x65, found.length > most ? RESULT.sizeLimit : RESULT.success);
    } else if (tag === 0x42) socket.end();
    else if (content.length > 0) done(0x78, 2);
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closedAtEnd(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  state.port = (server.address() as AddressInfo).port;
  return state;
}

function matches(filter: Node, entry: LdapEntry): boolean {
  const [name = '', value = ''] = filter.children.map((child) => child.content.toString());
  switch (filter.tag) {
    case 0xa0:
      return filter.children.every((each) => matches(each, entry));
    case 0xa1:
      return filter.children.some((each) => matches(each, entry));
    case 0xa3:
      return (entry.attributes[name] ?? []).some(
        (each) => each.toLowerCase() === value.toLowerCase(),
      );
    case 0x87:
      return true;
    default:
      return false;
  }
}

/** A filter for tests: its kind and its values. */
function written(filter: Node): string {
  const parts = filter.children.map((each) =>
    each.children.length > 0 ? written(each) : each.content.toString(),
  );
  return `${filter.tag.toString(16)}(${parts.join(',')})`;
}

function tlv(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const head =
    content.length < 128
      ? [tag, content.length]
      : [tag, 0x82, content.length >> 8, content.length & 255];
  return Buffer.concat([Buffer.from(head), content]);
}

function sizeOf(data: Buffer): number | null {
  if (data.length < 2) return null;
  const first = data[1] ?? 0;
  if (first < 128) return 2 + first;
  const bytes = first & 127;
  // No BER, such as the beginning of TLS.
  if (bytes > 6) return data.length;
  return data.length < 2 + bytes ? null : 2 + bytes + data.readUIntBE(2, bytes);
}

function parse(data: Buffer): Node[] {
  const nodes: Node[] = [];
  for (let rest = data; rest.length > 0; ) {
    const size = sizeOf(rest) ?? rest.length;
    const head = (rest[1] ?? 0) < 128 ? 2 : 2 + ((rest[1] ?? 0) & 127);
    const [tag, content] = [rest[0] ?? 0, rest.subarray(head, size)];
    nodes.push({ tag, content, children: (tag & 0x20) === 0 ? [] : parse(content) });
    rest = rest.subarray(size);
  }
  return nodes;
}
