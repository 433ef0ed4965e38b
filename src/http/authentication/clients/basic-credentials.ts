import type { LibraryClients } from './library-clients.ts';

type Credentials = { clientId: string; secret: string };

/**
 * Returns a client's Basic header in the only form that the library reads: form-encoded (RFC 6749, 2.3.1). Many older clients send ID and
 * secret unencoded, so both readings are valid. Bytes that are not UTF-8 are Latin-1 (RFC 7617).
 * @param header an `Authorization` header; returned unchanged if its scheme is not Basic
 */
export async function formEncodedBasic(
  header: string,
  clients: Pick<LibraryClients, 'find'>,
): Promise<string> {
  const readings = readingsOf(header);
  if (readings.length === 0) return header;
  if (readings.length > 1) {
    for (const reading of readings) {
      const client = await clients.find(reading.clientId);
      if (await client?.compareClientSecret(reading.secret)) return written(reading);
    }
  }
  return written(readings[0] as Credentials);
}

/** Returns the possible credentials: form-decoded, then unchanged if that differs. */
function readingsOf(header: string): Credentials[] {
  const base64 = /^basic ([a-z0-9+/]+={0,2})$/i.exec(header)?.[1];
  if (base64 === undefined) return [];
  const text = textOf(Buffer.from(base64, 'base64'));
  const colon = text.indexOf(':');
  if (colon < 0) return [];
  const asItCame = { clientId: text.slice(0, colon), secret: text.slice(colon + 1) };
  if (!/[%+]/.test(text)) return [asItCame];
  try {
    const { clientId, secret } = asItCame;
    return [{ clientId: formDecoded(clientId), secret: formDecoded(secret) }, asItCame];
  } catch {
    return [asItCame];
  }
}

function textOf(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return bytes.toString('latin1');
  }
}

function formDecoded(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '));
}

function written({ clientId, secret }: Credentials): string {
  const pair = `${encodeURIComponent(clientId)}:${encodeURIComponent(secret)}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}
