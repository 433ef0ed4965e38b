import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import type { LongBody } from './api.ts';

/**
 * Returns a multipart/form-data body (RFC 7578) with one file. The file is read while it is sent, so that memory does not grow
 * with it. The fields come first, so that the server knows them when the file arrives.
 * @param onBytes receives the number of bytes read from the file so far
 */
export function multipartOf(input: {
  fields: Record<string, string | undefined>;
  file: { field: string; path: string; bytes: number; type: string };
  onBytes: (bytes: number) => void;
}): LongBody {
  const boundary = `usher-${randomUUID()}`;
  const { file } = input;
  let head = '';
  for (const [name, value] of Object.entries(input.fields)) {
    if (value === undefined) continue;
    head += `--${boundary}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  }
  const filename = basename(file.path).replace(/["\r\n\\]/g, '_');
  head += `--${boundary}\r\ncontent-disposition: form-data; name="${file.field}"; filename="${filename}"\r\n`;
  head += `content-type: ${file.type}\r\n\r\n`;
  const tail = `\r\n--${boundary}--\r\n`;

  async function* parts(): AsyncGenerator<Buffer> {
    yield Buffer.from(head);
    let sent = 0;
    for await (const chunk of createReadStream(file.path, { highWaterMark: 256 * 1024 })) {
      yield chunk;
      sent += chunk.length;
      input.onBytes(sent);
    }
    yield Buffer.from(tail);
  }
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    length: Buffer.byteLength(head) + file.bytes + Buffer.byteLength(tail),
    stream: Readable.from(parts(), { objectMode: false }),
  };
}
