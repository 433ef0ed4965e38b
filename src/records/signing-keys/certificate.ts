import {
  createPrivateKey,
  createPublicKey,
  type JsonWebKey,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto';

const YEARS = 13;

/**
 * Returns a self-signed certificate (RFC 5280), in PEM. It proves nothing, but libraries of some applications require keys in a
 * certificate.
 * @param jwk a private RSA key
 * @param subject the name in it, such as a host name
 */
export function selfSigned(jwk: JsonWebKey, subject: string, from: Date): string {
  const privateKey = createPrivateKey({ key: jwk, format: 'jwk' });
  const publicKey = createPublicKey({ key: jwk, format: 'jwk' });
  const until = new Date(from);
  until.setUTCFullYear(until.getUTCFullYear() + YEARS);
  const algorithm = der(0x30, SHA256_WITH_RSA, Buffer.from([0x05, 0x00]));
  const name = nameOf(subject);
  const content = der(
    0x30,
    der(0xa0, Buffer.from([0x02, 0x01, 0x02])),
    // A first byte below 0x80 keeps the number positive.
    der(0x02, Buffer.concat([Buffer.from([0x01]), randomBytes(8)])),
    algorithm,
    name,
    der(0x30, time(from), time(until)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
  );
  const signature = Buffer.concat([Buffer.from([0x00]), sign('sha256', content, privateKey)]);
  return pemOf('CERTIFICATE', der(0x30, content, algorithm, der(0x03, signature)));
}

const SHA256_WITH_RSA = Buffer.from('06092a864886f70d01010b', 'hex');
const COMMON_NAME = Buffer.from('0603550403', 'hex');

function nameOf(subject: string): Buffer {
  return der(0x30, der(0x31, der(0x30, COMMON_NAME, der(0x0c, Buffer.from(subject)))));
}

/** Encodes a time, to the second. */
function time(at: Date): Buffer {
  const digits = at.toISOString().slice(0, 19).replace(/[-:T]/g, '');
  // RFC 5280, 4.1.2.5: up to 2049 as UTCTime, with a two-digit year.
  return at.getUTCFullYear() < 2050
    ? der(0x17, Buffer.from(`${digits.slice(2)}Z`))
    : der(0x18, Buffer.from(`${digits}Z`));
}

/** Returns the certificate in the formats of the API. */
export function describeCertificate(pem: string): {
  pkcs7: string;
  /** SHA-1, `CC:FB:…`. */
  fingerprint: string;
  /** SHA-1 without colons. */
  thumbprint: string;
  x5c: string;
  x5t: string;
} {
  const certificate = new X509Certificate(pem);
  const { fingerprint, raw } = certificate;
  const thumbprint = fingerprint.replaceAll(':', '');
  return {
    pkcs7: pemOf('PKCS7', degenerateSignedData(raw)),
    fingerprint,
    thumbprint,
    x5c: raw.toString('base64'),
    x5t: Buffer.from(thumbprint, 'hex').toString('base64url'),
  };
}

/** Signed data without a signature, which only contains a certificate (RFC 5652, 5.1). */
function degenerateSignedData(certificate: Buffer): Buffer {
  const version = Buffer.from([0x02, 0x01, 0x01]);
  const emptySet = Buffer.from([0x31, 0x00]);
  const data = Buffer.from('06092a864886f70d010701', 'hex');
  const signedData = Buffer.from('06092a864886f70d010702', 'hex');
  const content = der(0x30, version, emptySet, der(0x30, data), der(0xa0, certificate), emptySet);
  return der(0x30, signedData, der(0xa0, content));
}

/** Encodes one element of DER (X.690, 8.1). */
function der(tag: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  if (body.length < 0x80) return Buffer.concat([Buffer.from([tag, body.length]), body]);
  const digits = body.length.toString(16);
  const length = Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex');
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, body]);
}

function pemOf(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\r\n${lines.join('\r\n')}\r\n-----END ${label}-----\r\n`;
}
