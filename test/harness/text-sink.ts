import { createServer } from 'node:http';
import { freePort } from './free-port.ts';

/** Accepts text messages like the webhook of an operator. */
export async function startTextSink(): Promise<{
  /** For `smsWebhookUrl`. */
  url: string;
  /** The newest text by number. */
  texts: Map<string, string>;
  /** All texts, oldest first. */
  received: { to: string; text: string }[];
  close(): void;
}> {
  const port = await freePort();
  const texts = new Map<string, string>();
  const received: { to: string; text: string }[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { recipient, text } = JSON.parse(body);
    texts.set(recipient, text);
    received.push({ to: recipient, text });
    response.writeHead(204).end();
  }).listen(port, '127.0.0.1');
  return {
    url: `http://127.0.0.1:${port}/texts`,
    texts,
    received,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
