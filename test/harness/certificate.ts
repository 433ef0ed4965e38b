import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { generate } from 'selfsigned';

/** A certificate for localhost, as files, that this process trusts from now on. */
export async function trustedCertificate(): Promise<{
  certFile: string;
  keyFile: string;
  remove(): void;
}> {
  // A process trusts many of these. Of two with one name, only the first would be tried.
  const name = `localhost ${randomUUID()}`;
  const made = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] },
    ],
  });
  const folder = mkdtempSync(join(tmpdir(), 'usher-certificate-'));
  const certFile = join(folder, 'cert.pem');
  const keyFile = join(folder, 'key.pem');
  writeFileSync(certFile, made.cert);
  writeFileSync(keyFile, made.private, { mode: 0o600 });
  setDefaultCACertificates([...getCACertificates('default'), made.cert]);
  return { certFile, keyFile, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
