import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { connect as connectTcp } from 'node:net';
import { createInterface } from 'node:readline';
import { connect as connectTls } from 'node:tls';
import type { Config } from '../../config/config.ts';
import { checkTlsFiles } from '../../platform/http/http.ts';
import { describeStartProblem } from '../../platform/start-problem/start-problem.ts';
import { compareClocks, type Finding, messageOf, PATIENCE_MS, within } from './finding.ts';

const SOON_DAYS = 14;
const DAY_MS = 86_400_000;

/** The mail server: a connection and its greeting. No mail is sent. */
export async function checkMail(smtpUrl: string | undefined): Promise<Finding> {
  const what = 'Mail';
  if (smtpUrl === undefined) {
    return {
      what,
      state: 'good',
      found: 'kept in the development mailbox',
      advice: 'See it at /dev/mailbox. To send mail, set SMTP_URL.',
    };
  }
  const { protocol, hostname, port } = new URL(smtpUrl);
  const secure = protocol === 'smtps:';
  const at = `${hostname}:${port || (secure ? 465 : 587)}`;
  try {
    const offers = await within(greet(hostname, Number(port || (secure ? 465 : 587)), secure));
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
      advice: 'Check SMTP_URL. Many networks block port 25; providers take mail on 587 or 465.',
    };
  }
}

/**
 * The running server: reachable, and of the same opinion about its name.
 * @param publicUrl where it should be, as it calls itself
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
            found: `${publicUrl}/readyz says ${health.status}`,
            advice:
              'The server runs but has no database, or something else answers at this address.',
          },
    );
    if (Number.isFinite(date)) {
      findings.push(compareClocks("the server's", date, before - 1000, Date.now()));
    }
    findings.push(await checkIssuer(publicUrl));
  } catch (error) {
    findings.push({
      what,
      state: 'bad',
      found: `${publicUrl} can't be reached: ${messageOf(error)}`,
      advice:
        'Start the server (`usher serve`), and check that PUBLIC_URL (or USHER_URL) is the address people use, also from this machine.',
    });
  }
  const { protocol, hostname } = new URL(publicUrl);
  const local = ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
  if (protocol === 'http:' && (production || !local)) {
    findings.push({
      what: 'Encryption',
      state: 'warning',
      found: `${publicUrl} begins with http:`,
      advice: 'Passwords travel in the clear. Put TLS in front, or set TLS_CERT and TLS_KEY.',
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
        found: issuer === undefined ? 'no discovery document' : `the server calls itself ${issuer}`,
        advice: `Start the server with PUBLIC_URL=${publicUrl}; applications refuse tokens of another issuer.`,
      };
}

/** The certificate that this server shows: with its key, in time, and for the name people use. null: it shows none. */
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
        found: days < 0 ? `it ended at ${until}` : `it is not for ${hostname}`,
        advice: 'Put a certificate for that name into TLS_CERT; it is read without a restart.',
      };
    }
    return {
      what,
      state: days < SOON_DAYS ? 'warning' : 'good',
      found: `for ${hostname}, until ${until}`,
      ...(days < SOON_DAYS && { advice: 'Renew it: it is read again without a restart.' }),
    };
  } catch (error) {
    return { what, state: 'bad', found: describeStartProblem(error) ?? messageOf(error) };
  }
}

/** Says EHLO and QUIT. Resolves to what the mail server offers; throws when it does not greet with 220 (RFC 5321 §3.1). */
async function greet(host: string, port: number, secure: boolean): Promise<string[]> {
  const socket = secure ? connectTls({ host, port, servername: host }) : connectTcp({ host, port });
  // Whoever waits has given up by then; an open socket would keep the process.
  const over = setTimeout(() => socket.destroy(), PATIENCE_MS);
  const offers: string[] = [];
  try {
    const lines = createInterface({ input: socket });
    const failed = new Promise<never>((_resolve, reject) => socket.once('error', reject));
    // The race below hears of it; without this a late error would end the process.
    failed.catch(() => {});
    const spoken = (async () => {
      let greeted = false;
      for await (const line of lines) {
        if (!greeted) {
          if (!line.startsWith('220')) throw new Error(`it says "${line}"`);
          if (line.startsWith('220-')) continue;
          greeted = true;
          socket.write('EHLO usher-doctor\r\n');
          continue;
        }
        offers.push(line.slice(4).trim().toUpperCase());
        if (line.startsWith('250 ')) return offers;
        if (!line.startsWith('250')) throw new Error(`it says "${line}"`);
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

/** A request that is taken back when nobody waits for it any more: an open one would keep the process for minutes. */
function ask(url: string): Promise<Response> {
  return within(fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS + 1000) }));
}
