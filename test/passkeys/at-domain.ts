import { request } from 'node:http';

/** Sends requests for any address to a server on this machine, with these headers: as the network does for a domain that leads to it. */
export function leadingTo(serverUrl: string, headers: Record<string, string> = {}): typeof fetch {
  const { port } = new URL(serverUrl);
  return (input, init = {}) =>
    new Promise((resolve, reject) => {
      const url = new URL(String(input));
      const sent = request(
        {
          host: 'localhost',
          port,
          path: url.pathname + url.search,
          method: init.method ?? 'GET',
          headers: { ...Object.fromEntries(new Headers(init.headers)), host: url.host, ...headers },
        },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('end', () => {
            const kept = new Headers();
            for (const [name, values = []] of Object.entries(answer.headersDistinct)) {
              for (const value of values) kept.append(name, value);
            }
            const body = Buffer.concat(chunks);
            const status = answer.statusCode ?? 0;
            resolve(new Response(body.length > 0 ? body : null, { status, headers: kept }));
          });
        },
      );
      sent.on('error', reject);
      sent.end(init.body === undefined ? undefined : String(init.body));
    });
}
