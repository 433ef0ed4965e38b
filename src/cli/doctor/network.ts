import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { connect as connectTcp } from 'node:net';
import { createInterface } from 'node:readline';
import { connect as connectTls } from 'node:tls';
import type { Config } from '../../config/config.ts';
import { checkTlsFiles } from '../../platform/http/http.ts';
import { describeStartProblem } from '../../platform/start-problem/start-problem.ts';
import {
  CHECK_TIMEOUT_MS,
  compareClocks,
  type Finding,
  messageOf,
  withTimeout,
} from './finding.ts';

const SOON_DAYS = 14;
const DAY_MS = 86_400_000;

/** Checks that the mail server accepts a connection and greets. Sends no mail. */
export async function checkMail(smtpUrl: string | undefined): Promise<Finding> {
  const what = 'Email';
  if (smtpUrl === undefined) {
    return {
      what,
      state: 'good',
      found: 'the development mailbox keeps all emails',
      advice: 'Open /dev/mailbox to read them. To send emails, set SMTP_URL.',
    };
  }
  const { protocol, hostname, port } = new URL(smtpUrl);
  const secure = protocol === 'smtps:';
  const at = `${hostname}:${port || (secure ? 465 : 587)}`;
  try {
    const offers = await withTimeout(greet(hostname, Number(port || (secure ? 465 : 587)), secure));
    const encrypted = secure || offers.includes('STARTTLS');
    return {
      what,
      state: 'good',
      found: `${at} answers${encrypted ? ', encrypted' : ', not encrypted'}`,
    };
  } catch (error) {
    return {
      what,
      state: 'bad',
      found: `${at} does not answer: ${messageOf(error)}`,
      advice:
        'Check SMTP_URL. Many networks block port 25. Providers accept email on port 587 or 465.',
    };
  }
}

/**
 * Checks that the running server is reachable and has the same public URL.
 * @param publicUrl the expected public URL
 */
export async function checkPublicUrl(publicUrl: string, production: boolean): Promise<Finding[]> {
  const findings: Finding[] = [];
  const what = 'Server';
  try {
    const before = Date.now();
    const health = await ask(`${publicUrl}/readyz`);
    const date = Date.parse(health.headers.get('date') ?? '');
    findings.push(
      health.ok
        ? { what, state: 'good', found: `${publicUrl} answers` }
        : {
            what,
            state: 'bad',
            found: `${publicUrl}/readyz answers ${health.status}`,
            advice: 'The server has no database, or another program answers at this address.',
          },
    );
    if (Number.isFinite(date)) {
      findings.push(compareClocks("the server's clock", date, before - 1000, Date.now()));
    }
    findings.push(await checkIssuer(publicUrl));
  } catch (error) {
    findings.push({
      what,
      state: 'bad',
      found: `${publicUrl} cannot be reached: ${messageOf(error)}`,
      advice:
        'Start the server with `usher serve`. Check that PUBLIC_URL (or USHER_URL) is the address that people use, and that this machine can reach it.',
    });
  }
  const { protocol, hostname } = new URL(publicUrl);
  const local = ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
  if (protocol === 'http:' && (production || !local)) {
    findings.push({
      what: 'Encryption',
      state: 'warning',
      found: `${publicUrl} begins with http:`,
      advice: 'Passwords are sent unencrypted. Use a proxy with TLS, or set TLS_CERT and TLS_KEY.',
    });
  }
  return findings;
}

async function checkIssuer(publicUrl: string): Promise<Finding> {
  const response = await ask(`${publicUrl}/.well-known/openid-configuration`);
  const body: unknown = await response.json().catch(() => undefined);
  const issuer =
    typeof body === 'object' && body !== null && 'issuer' in body ? String(body.issuer) : undefined;
  return issuer === `${publicUrl}/`
    ? { what: 'Issuer', state: 'good', found: issuer }
    : {
        what: 'Issuer',
        state: 'bad',
        found:
          issuer === undefined
            ? 'the server has no discovery document'
            : `the server uses ${issuer}`,
        advice: `Start the server with PUBLIC_URL=${publicUrl}. Applications refuse tokens of another issuer.`,
      };
}

/** Checks that the server's certificate fits its key, has not expired, and covers the public host name. Returns `null` if there is none. */
export async function checkCertificate({ tls, publicUrl }: Config): Promise<Finding | null> {
  if (tls === undefined) return null;
  const what = 'Certificate';
  try {
    await checkTlsFiles(tls);
    const certificate = new X509Certificate(await readFile(tls.certFile));
    const { hostname } = new URL(publicUrl);
    const days = Math.floor((certificate.validToDate.getTime() - Date.now()) / DAY_MS);
    const until = certificate.validToDate.toISOString().slice(0, 10);
    const isFor =
      certificate.checkHost(hostname) ?? certificate.checkIP(hostname.replace(/^\[|\]$/g, ''));
    if (days < 0 || isFor === undefined) {
      return {
        what,
        state: 'bad',
        found:
          days < 0
            ? `the certificate expired on ${until}`
            : `the certificate does not cover ${hostname}`,
        advice:
          'Put a valid certificate for that name into the file of TLS_CERT. The server reads it without a restart.',
      };
    }
    return {
      what,
      state: days < SOON_DAYS ? 'warning' : 'good',
      found: `for ${hostname}, until ${until}`,
      ...(days < SOON_DAYS && {
        advice: 'Renew the certificate. The server reads it without a restart.',
      }),
    };
  } catch (error) {
    return { what, state: 'bad', found: describeStartProblem(error) ?? messageOf(error) };
  }
}

/** Sends EHLO and QUIT. Resolves to the extensions of the mail server. Throws if it does not greet with 220 (RFC 5321 §3.1). */
async function greet(host: string, port: number, secure: boolean): Promise<string[]> {
  const socket = secure ? connectTls({ host, port, servername: host }) : connectTcp({ host, port });
  // The caller has timed out by then. An open socket would keep the process alive.
  const over = setTimeout(() => socket.destroy(), CHECK_TIMEOUT_MS);
  const offers: string[] = [];
  try {
    const lines = createInterface({ input: socket });
    const failed = new Promise<never>((_resolve, reject) => socket.once('error', reject));
    // The race below handles it. Without this, a late error would end the process.
    failed.catch(() => {});
    const spoken = (async () => {
      let greeted = false;
      for await (const line of lines) {
        if (!greeted) {
          if (!line.startsWith('220')) throw new Error(`it answers "${line}"`);
          if (line.startsWith('220-')) continue;
          greeted = true;
          socket.write('EHLO usher-doctor\r\n');
          continue;
        }
        offers.push(line.slice(4).trim().toUpperCase());
        if (line.startsWith('250 ')) return offers;
        if (!line.startsWith('250')) throw new Error(`it answers "${line}"`);
      }
      throw new Error('it closed the connection');
    })();
    return await Promise.race([spoken, failed]);
  } finally {
    clearTimeout(over);
    socket.end('QUIT\r\n');
    socket.destroySoon();
  }
}

/** Sends a request and aborts it after the timeout, because an open one would keep the process alive for minutes. */
function ask(url: string): Promise<Response> {
  return withTimeout(fetch(url, { signal: AbortSignal.timeout(CHECK_TIMEOUT_MS + 1000) }));
}
