import { createHash, createHmac, pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { BSON } from 'mongodb';
import { sameBytes } from '../../../platform/crypto/crypto.ts';
import type { MongoAddress } from './mongo-address.ts';
import type { Document, MongoWire } from './mongo-wire.ts';

const derive = promisify(pbkdf2);
/** Servers ask for 10,000 or 15,000. More would let a server make this one compute. */
const MOST_ITERATIONS = 100_000;
const LEAST_ITERATIONS = 4096;

/**
 * Logs in to MongoDB by SCRAM (RFC 5802, RFC 7677), and checks that the server knows the password too.
 * @param offered the mechanisms that the server has for this user
 * @throws Error
 */
export async function logInToMongo(
  wire: MongoWire,
  { user, password, authSource, mechanism }: MongoAddress,
  offered: unknown,
): Promise<void> {
  const isStrong =
    mechanism === 'SCRAM-SHA-256' ||
    (mechanism === null && Array.isArray(offered) && offered.includes('SCRAM-SHA-256'));
  const hash = isStrong ? 'sha256' : 'sha1';
  const name = user.replaceAll('=', '=3D').replaceAll(',', '=2C');
  const nonce = randomBytes(24).toString('base64');
  const first = `n=${name},r=${nonce}`;
  const start = await wire.command(authSource, {
    saslStart: 1,
    mechanism: isStrong ? 'SCRAM-SHA-256' : 'SCRAM-SHA-1',
    payload: new BSON.Binary(Buffer.from(`n,,${first}`)),
    options: { skipEmptyExchange: true },
  });
  const challenge = payloadOf(start);
  const { r = '', s = '', i = '' } = fieldsOf(challenge);
  const iterations = Number(i);
  if (!(r.startsWith(nonce) && iterations >= LEAST_ITERATIONS && iterations <= MOST_ITERATIONS)) {
    throw new Error('The server has answered the login in a wrong way.');
  }
  const secret = isStrong
    ? password.normalize('NFKC')
    : createHash('md5').update(`${user}:mongo:${password}`).digest('hex');
  const bytes = isStrong ? 32 : 20;
  const salted = await derive(secret, Buffer.from(s, 'base64'), iterations, bytes, hash);
  const hmac = (key: Buffer, data: string) => createHmac(hash, key).update(data).digest();
  const clientKey = hmac(salted, 'Client Key');
  const stored = createHash(hash).update(clientKey).digest();
  const last = `c=biws,r=${r}`;
  const all = `${first},${challenge},${last}`;
  const signature = hmac(stored, all);
  const proof = clientKey.map((byte, index) => byte ^ (signature[index] ?? 0));
  let answer = await wire.command(authSource, {
    saslContinue: 1,
    conversationId: start.conversationId,
    payload: new BSON.Binary(Buffer.from(`${last},p=${Buffer.from(proof).toString('base64')}`)),
  });
  const { v = '' } = fieldsOf(payloadOf(answer));
  if (!sameBytes(Buffer.from(v, 'base64'), hmac(hmac(salted, 'Server Key'), all))) {
    throw new Error('The server does not know the password of this user.');
  }
  for (let round = 0; answer.done !== true && round < 3; round++) {
    answer = await wire.command(authSource, {
      saslContinue: 1,
      conversationId: start.conversationId,
      payload: new BSON.Binary(Buffer.alloc(0)),
    });
  }
}

function payloadOf({ payload }: Document): string {
  if (payload instanceof BSON.Binary)
    return Buffer.from(payload.buffer).toString('utf8', 0, payload.position);
  throw new Error('The server has answered the login in a wrong way.');
}

function fieldsOf(payload: string): Record<string, string> {
  return Object.fromEntries(payload.split(',').map((part) => [part.slice(0, 1), part.slice(2)]));
}
