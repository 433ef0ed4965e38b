import { connect, type Socket } from 'node:net';

export type Answer = {
  status: number;
  location: string | undefined;
  cookies: string[];
  body: string;
};

export type Request = {
  method: 'GET' | 'POST';
  path: string;
  headers?: Record<string, string>;
  body?: string;
};

export type Conversation = {
  send(request: Request): Promise<Answer>;
  close(): void;
};

/**
 * Opens one keep-alive connection with one request at a time. Client and server share the machine, so the client does as little as
 * possible: HTTP/1.1 (RFC 9112) with a length or in chunks.
 */
export async function converse(port: number): Promise<Conversation> {
  let waiting: PromiseWithResolvers<Answer> | undefined;
  let text = '';
  let socket: Socket | undefined;

  const open = async (): Promise<Socket> => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const fresh = connect(port, '127.0.0.1', resolve);
    fresh.setNoDelay(true);
    fresh.setEncoding('latin1');
    const fail = (error: Error) => {
      socket = undefined;
      reject(error);
      waiting?.reject(error);
    };
    fresh.on('error', fail);
    fresh.on('close', () => fail(new Error('The server hung up.')));
    fresh.on('data', (chunk: string) => {
      text += chunk;
      const answer = parse(text);
      if (answer === null) return;
      text = '';
      waiting?.resolve(answer);
    });
    await promise;
    return fresh;
  };

  return {
    async send({ method, path, headers = {}, body }) {
      socket ??= await open();
      const lines = [`${method} ${path} HTTP/1.1`, `Host: localhost:${port}`, 'Accept: */*'];
      for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
      if (body !== undefined) lines.push(`Content-Length: ${Buffer.byteLength(body)}`);
      waiting = Promise.withResolvers<Answer>();
      const { promise } = waiting;
      socket.write(`${lines.join('\r\n')}\r\n\r\n${body ?? ''}`);
      return promise;
    },
    close() {
      waiting = undefined;
      socket?.destroy();
    },
  };
}

function parse(text: string): Answer | null {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const head = text.slice(0, end);
  const body = text.slice(end + 4);
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
  if (length !== undefined && body.length < Number(length)) return null;
  const chunked = length === undefined && /\r\ntransfer-encoding: chunked/i.test(head);
  if (chunked && !body.endsWith('0\r\n\r\n')) return null;
  return {
    status: Number(head.slice(9, 12)),
    location: /\r\nlocation: ([^\r]*)/i.exec(head)?.[1],
    cookies: [...head.matchAll(/\r\nset-cookie: ([^\r]*)/gi)].map(([, cookie]) => cookie ?? ''),
    body,
  };
}

/** Stores cookies by name, as a browser does. An expired cookie is deleted. */
export function keepCookies(jar: Map<string, string>, { cookies }: Answer): void {
  for (const cookie of cookies) {
    const [pair = ''] = cookie.split(';', 1);
    const at = pair.indexOf('=');
    if (/expires=Thu, 01 Jan 1970|max-age=0(;|$)/i.test(cookie)) jar.delete(pair.slice(0, at));
    else jar.set(pair.slice(0, at), pair.slice(at + 1));
  }
}

export function cookieHeader(jar: Map<string, string>): Record<string, string> {
  if (jar.size === 0) return {};
  return { Cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') };
}

/** Returns the action of a page's first form, and its prefilled fields. */
export function formOf(html: string): { action: string; fields: Record<string, string> } {
  const action = /<form[^>]*\saction="([^"]*)"/.exec(html)?.[1];
  if (action === undefined) throw new Error(`There is no form:\n${html}`);
  const fields: Record<string, string> = {};
  for (const [input] of html.matchAll(/<input[^>]*>/g)) {
    const name = /\sname="([^"]*)"/.exec(input)?.[1];
    if (name !== undefined) fields[name] = plain(/\svalue="([^"]*)"/.exec(input)?.[1] ?? '');
  }
  return { action: plain(action), fields };
}

function plain(text: string): string {
  return text.replaceAll('&#34;', '"').replaceAll('&quot;', '"').replaceAll('&amp;', '&');
}
