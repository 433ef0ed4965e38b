import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { SunkMail, SunkMailInFull } from '../../outbound/mail-sink/mail-sink.ts';
import { sameBytes } from '../../platform/crypto/crypto.ts';
import { isFromThisMachine } from '../../platform/from-this-machine/from-this-machine.ts';
import { closedPage, listPage, type MailView, mailPage, missingPage } from './pages.ts';

export type DevMailboxDeps = {
  mailbox: {
    list(query: { to?: string | undefined; offset: number; limit: number }): {
      mails: SunkMail[];
      total: number;
    };
    read(id: number): Promise<SunkMailInFull | null>;
  };
  /** The address of the server. */
  publicUrl: string;
  /** The part of the path that opens the mailbox from any machine. */
  secret: string;
};

const BASE = '/dev/mailbox';
// Only digits, so that no secret matches.
const MAIL_ID = ':id(^\\d{1,15}$)';
const PER_PAGE = 50;
const MOST_AT_ONCE = 200;
const LINKS = /https?:\/\/[^\s<>"]+/g;

type Query = { to?: string; page?: string; view?: string; limit?: string };
type Params = { id: string; secret?: string };

/**
 * Registers /dev/mailbox, which shows the mails of a server without a mail server, as pages for people and as JSON for tests. The mails have
 * links that give access to accounts. So the mailbox answers only requests from this machine, and at /dev/mailbox/SECRET those with the
 * secret. Register it only in development.
 */
export async function registerDevMailbox(
  app: FastifyInstance,
  deps: DevMailboxDeps,
): Promise<void> {
  const { publicUrl } = deps;
  const style = await readFile(join(import.meta.dirname, 'style.css'), 'utf8');
  const secret = Buffer.from(deps.secret);

  const mount = (prefix: string, mayRead: (request: FastifyRequest) => boolean) =>
    app.register(
      async (scope) => {
        scope.addHook('onRequest', async (request, reply) => {
          if (!mayRead(request)) return html(reply.code(403), closedPage());
        });
        addRoutes(scope, deps.mailbox, style);
      },
      { prefix },
    );
  mount(BASE, (request) => isFromThisMachine(request.raw, publicUrl));
  mount(`${BASE}/:secret`, (request) => {
    const given = Buffer.from((request.params as { secret: string }).secret);
    return sameBytes(given, secret);
  });
}

function addRoutes(app: FastifyInstance, mailbox: DevMailboxDeps['mailbox'], style: string): void {
  app.get('/style.css', (_request, reply) => reply.type('text/css').send(style));

  app.get<{ Querystring: Query }>('/', (request, reply) => {
    const to = String(request.query.to ?? '');
    const number = wholeNumber(request.query.page, 0, 1_000_000);
    const found = mailbox.list({ to, offset: number * PER_PAGE, limit: PER_PAGE });
    const base = baseOf(request);
    return html(reply, listPage({ base, ...found, to, page: number, perPage: PER_PAGE }));
  });

  app.get<{ Querystring: Query }>('/messages', async (request, reply) => {
    const limit = wholeNumber(request.query.limit, PER_PAGE, MOST_AT_ONCE);
    const offset = wholeNumber(request.query.page, 0, 1_000_000) * limit;
    const { mails, total } = mailbox.list({
      to: String(request.query.to ?? ''),
      offset,
      limit,
    });
    const messages = [];
    for (const { id } of mails) {
      const mail = await mailbox.read(id);
      if (mail) messages.push(toJson(mail));
    }
    return reply.header('cache-control', 'no-store').send({ messages, total });
  });

  app.get<{ Params: Params; Querystring: Query }>(`/${MAIL_ID}`, async (request, reply) => {
    const mail = await mailbox.read(Number(request.params.id));
    const base = baseOf(request);
    if (!mail) return html(reply.code(404), missingPage(base));
    const views: MailView[] = ['html', 'text', 'source'];
    const view = views.find((candidate) => candidate === request.query.view) ?? 'html';
    return html(reply, mailPage(base, mail, view));
  });

  app.get<{ Params: Params }>(`/${MAIL_ID}/html`, async (request, reply) => {
    const mail = await mailbox.read(Number(request.params.id));
    if (!mail) return html(reply.code(404), missingPage(baseOf(request)));
    return html(reply, `<base target="_blank">${mail.html ?? ''}`, MAIL_POLICY);
  });
}

const PAGE_POLICY =
  "default-src 'none'; style-src 'self'; frame-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
const MAIL_POLICY =
  "default-src 'none'; img-src https: http: data:; style-src 'unsafe-inline'; font-src https: data:; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox";

/** Returns the path of the mailbox. The secret has been compared before. */
function baseOf({ params }: FastifyRequest): string {
  const { secret } = params as Params;
  return secret === undefined ? BASE : `${BASE}/${secret}`;
}

function html(reply: FastifyReply, body: string, policy = PAGE_POLICY): FastifyReply {
  return reply
    .type('text/html; charset=utf-8')
    .header('cache-control', 'no-store')
    .header('referrer-policy', 'no-referrer')
    .header('content-security-policy', policy)
    .send(body);
}

function toJson(mail: SunkMailInFull) {
  const { id, from, to, subject, receivedAt, text, html: markup } = mail;
  const links = [...new Set(text?.match(LINKS) ?? [])];
  return { id, from, to, subject, received_at: receivedAt, text, html: markup, links };
}

function wholeNumber(text: string | undefined, fallback: number, most: number): number {
  const value = Number(text ?? fallback);
  return Number.isInteger(value) && value >= 0 ? Math.min(value, most) : fallback;
}
