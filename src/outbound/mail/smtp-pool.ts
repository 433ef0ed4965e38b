import { parseConnectionUrl } from 'nodemailer/lib/shared';
import SMTPConnection from 'nodemailer/lib/smtp-connection';

export type PoolOptions = {
  /** `smtp://user:password@host:port`, or `smtps://` for TLS from the start. STARTTLS is used if the server offers it. */
  url: string;
  size: number;
  /** Milliseconds for each step. */
  timeout: number;
};

export type Envelope = { from: string; to: string };

export type SmtpFailure = {
  message: string;
  /** The server's reply code, or `null` without a reply. */
  code: number | null;
  /** The command that the server replied to: MAIL FROM, RCPT TO, DATA … */
  command: string;
  /** Whether the failure occurred before any data of the message was sent. */
  isEarly: boolean;
};

export type SmtpOutcome =
  | { kind: 'accepted'; response: string }
  | { kind: 'error'; failure: SmtpFailure };

export type SmtpPool = {
  deliver(envelope: Envelope, message: string): Promise<SmtpOutcome>;
  close(): void;
};

type Line = { connection: SMTPConnection; sent: number; idleSince: number; isDead: boolean };

// Servers limit the number of mails per connection.
const MAILS_PER_CONNECTION = 100;
const IDLE_MS = 10_000;

/**
 * Creates a pool of reusable connections to one SMTP server. The pool of nodemailer composes every mail again, which costs more than
 * sending it. This pool takes composed mails and leaves only the protocol to nodemailer.
 */
export function createSmtpPool(options: PoolOptions): SmtpPool {
  const { auth, ...parsed } = parseConnectionUrl(options.url);
  const settings = {
    ...parsed,
    connectionTimeout: options.timeout,
    greetingTimeout: options.timeout,
    socketTimeout: options.timeout,
    // Credentials are never sent in clear over a network, even if an attacker on the path hides STARTTLS.
    ...(auth && !isLoopback(parsed.host) && { requireTLS: true }),
  };
  const idle: Line[] = [];
  const waiting: (() => void)[] = [];
  let open = 0;
  let isClosed = false;

  const sweep = setInterval(() => {
    const before = Date.now() - IDLE_MS;
    for (const line of idle.filter((candidate) => candidate.idleSince < before)) retire(line);
  }, IDLE_MS / 2);
  sweep.unref();

  function retire(line: Line): void {
    const index = idle.indexOf(line);
    if (index >= 0) idle.splice(index, 1);
    if (line.isDead) return;
    line.isDead = true;
    open -= 1;
    line.connection.close();
    waiting.shift()?.();
  }

  function connect(): Promise<Line> {
    const connection = new SMTPConnection(settings);
    const line: Line = { connection, sent: 0, idleSince: 0, isDead: false };
    open += 1;
    const { promise, resolve, reject } = Promise.withResolvers<Line>();
    const fail = (error: Error) => {
      retire(line);
      reject(error);
    };
    connection.on('error', fail);
    connection.once('end', () => fail(new Error('The mail server closed the connection.')));
    connection.connect((error) => {
      if (error) return fail(error);
      if (!auth || !connection.allowsAuth) return resolve(line);
      connection.login(auth, (problem) => (problem ? fail(problem) : resolve(line)));
    });
    return promise;
  }

  async function acquire(): Promise<Line> {
    for (;;) {
      if (isClosed) throw new Error('The mail connection is closed.');
      const line = idle.pop();
      if (line && !line.isDead) return line;
      if (open < options.size) return connect();
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.push(resolve);
      await promise;
    }
  }

  function release(line: Line): void {
    if (line.isDead) return;
    if (line.sent >= MAILS_PER_CONNECTION || isClosed) {
      retire(line);
      return;
    }
    line.idleSince = Date.now();
    idle.push(line);
    waiting.shift()?.();
  }

  function send(line: Line, envelope: Envelope, message: string): Promise<SmtpOutcome> {
    const { promise, resolve } = Promise.withResolvers<SmtpOutcome>();
    line.sent += 1;
    line.connection.send({ from: envelope.from, to: [envelope.to] }, message, (error, info) => {
      if (!error) {
        release(line);
        return resolve({ kind: 'accepted', response: info.response });
      }
      const failure = failureOf(error);
      const isUsable = failure.code !== null && failure.code !== 421 && !line.isDead;
      if (isUsable) line.connection.reset((problem) => (problem ? retire(line) : release(line)));
      else retire(line);
      resolve({ kind: 'error', failure });
    });
    return promise;
  }

  return {
    async deliver(envelope, message) {
      for (let attempt = 0; ; attempt++) {
        let line: Line;
        try {
          line = await acquire();
        } catch (error) {
          return { kind: 'error', failure: { ...failureOf(error), command: 'CONNECT' } };
        }
        const isReused = line.sent > 0;
        const outcome = await send(line, envelope, message);
        // A server may close an idle connection. Nothing was sent yet, so another connection can carry the mail.
        const isStale = outcome.kind === 'error' && outcome.failure.code === null;
        if (isStale && isReused && outcome.failure.isEarly && attempt < 3) continue;
        return outcome;
      }
    },
    close() {
      isClosed = true;
      clearInterval(sweep);
      for (const line of [...idle]) retire(line);
      for (const wake of waiting.splice(0)) wake();
    },
  };
}

function failureOf(error: unknown): SmtpFailure {
  const fields: { responseCode?: unknown; command?: unknown } =
    typeof error === 'object' && error !== null ? error : {};
  const command = typeof fields.command === 'string' ? fields.command : '';
  return {
    message: error instanceof Error ? error.message : 'unknown',
    code: typeof fields.responseCode === 'number' ? fields.responseCode : null,
    command,
    isEarly: command === 'MAIL FROM' || command === 'RCPT TO',
  };
}

function isLoopback(host: string | undefined): boolean {
  return host === undefined || /^(?:localhost|127\.\d+\.\d+\.\d+|::1)$/.test(host);
}
