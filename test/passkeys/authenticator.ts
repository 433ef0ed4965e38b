import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';

/** An authenticator in software, which also does what no real one does. Its answers are what pages send: JSON. */
export type Authenticator = {
  credentialId: string;
  /** The key in COSE form, base64url. */
  publicKey: string;
  register(options: Options, tricks?: Tricks): string;
  authenticate(options: Options, tricks?: Tricks): string;
};

type Options = {
  challenge: string;
  rp?: { id?: string };
  rpId?: string;
  user?: { id: string };
};

type Tricks = {
  origin?: string;
  rpId?: string;
  type?: string;
  counter?: number;
  isVerified?: boolean;
  isPresent?: boolean;
  userHandle?: string | null;
  credentialId?: string;
  attestation?: { fmt: string; attStmt: Record<string, unknown> };
  challenge?: string;
  attachment?: string;
};

const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest();

/** @param origin the origin of the pages */
export function newAuthenticator(origin: string): Authenticator {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const cose = cbor(
    new Map<unknown, unknown>([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, Buffer.from(x, 'base64url')],
      [-3, Buffer.from(y, 'base64url')],
    ]),
  );
  const id = randomBytes(16).toString('base64url');
  let handle = '';
  let counter = 0;

  const clientData = (type: string, options: Options, tricks: Tricks) =>
    Buffer.from(
      JSON.stringify({
        type: tricks.type ?? type,
        challenge: tricks.challenge ?? options.challenge,
        origin: tricks.origin ?? origin,
        crossOrigin: false,
      }),
    );
  const authenticatorData = (options: Options, tricks: Tricks, attested: Buffer | null) => {
    const rpId = tricks.rpId ?? options.rpId ?? options.rp?.id ?? '';
    const flags =
      (tricks.isPresent === false ? 0 : 1) |
      (tricks.isVerified === false ? 0 : 4) |
      (attested ? 64 : 0);
    const count = Buffer.alloc(4);
    count.writeUInt32BE(tricks.counter ?? counter);
    return Buffer.concat([sha256(rpId), Buffer.from([flags]), count, attested ?? Buffer.alloc(0)]);
  };
  const answer = (credentialId: string, response: object, tricks: Tricks) =>
    JSON.stringify({
      id: credentialId,
      rawId: credentialId,
      type: 'public-key',
      authenticatorAttachment: tricks.attachment ?? 'platform',
      clientExtensionResults: {},
      response,
    });

  return {
    credentialId: id,
    publicKey: cose.toString('base64url'),
    register(options, tricks = {}) {
      handle = options.user?.id ?? '';
      const credentialId = tricks.credentialId ?? id;
      const raw = Buffer.from(credentialId, 'base64url');
      const length = Buffer.alloc(2);
      length.writeUInt16BE(raw.length);
      const attested = Buffer.concat([Buffer.alloc(16), length, raw, cose]);
      const { fmt, attStmt } = tricks.attestation ?? { fmt: 'none', attStmt: {} };
      const attestationObject = cbor(
        new Map<unknown, unknown>([
          ['fmt', fmt],
          ['attStmt', new Map(Object.entries(attStmt))],
          ['authData', authenticatorData(options, tricks, attested)],
        ]),
      );
      return answer(
        credentialId,
        {
          clientDataJSON: clientData('webauthn.create', options, tricks).toString('base64url'),
          attestationObject: attestationObject.toString('base64url'),
          transports: ['internal', 'telepathy'],
        },
        tricks,
      );
    },
    authenticate(options, tricks = {}) {
      counter += 1;
      const client = clientData('webauthn.get', options, tricks);
      const data = authenticatorData(options, tricks, null);
      const signature = sign('sha256', Buffer.concat([data, sha256(client)]), privateKey);
      const userHandle = tricks.userHandle === undefined ? handle : tricks.userHandle;
      return answer(
        tricks.credentialId ?? id,
        {
          clientDataJSON: client.toString('base64url'),
          authenticatorData: data.toString('base64url'),
          signature: signature.toString('base64url'),
          ...(userHandle !== null && { userHandle }),
        },
        tricks,
      );
    },
  };
}

/** Encodes what an attestation consists of (RFC 8949). */
function cbor(value: unknown): Buffer {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === 'string') {
    const bytes = Buffer.from(value);
    return Buffer.concat([head(3, bytes.length), bytes]);
  }
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value]);
  if (Array.isArray(value)) return Buffer.concat([head(4, value.length), ...value.map(cbor)]);
  if (value instanceof Map) {
    const entries = [...value].flatMap(([key, each]) => [cbor(key), cbor(each)]);
    return Buffer.concat([head(5, value.size), ...entries]);
  }
  throw new Error('This value has no encoding here.');
}

function head(major: number, size: number): Buffer {
  if (size < 24) return Buffer.from([(major << 5) | size]);
  if (size < 256) return Buffer.from([(major << 5) | 24, size]);
  return Buffer.from([(major << 5) | 25, size >> 8, size & 255]);
}
