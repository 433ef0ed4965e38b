import type { Mail } from '../../outbound/mail/mail.ts';
import type { Keys } from '../../platform/crypto/crypto.ts';
import type { Db } from '../../platform/db/db.ts';
import { languageFor, wishedLocale } from '../../platform/locales/locales.ts';
import type { Log } from '../../platform/log/log.ts';
import type { CustomDomain } from '../../records/custom-domains/custom-domains.ts';
import {
  invitationSecret,
  invitationState,
  invitationUrl,
} from '../../records/invitations/invitations.ts';
import type { Audit } from '../../records/logs/logs.ts';
import type { Message } from '../../records/messages/messages.ts';
import { ticketSecret, ticketState, ticketUrl } from '../../records/tickets/tickets.ts';
import { addressee, type CodeMail, passwordlessIdOf, readCodeMails } from './code-mail.ts';
import { defaultTemplate } from './default-templates.ts';
import { codeFor } from './factor-mails.ts';
import { type MailContext, readMailContext } from './mail-context.ts';
import {
  invitee,
  letterLink,
  letterVariables,
  organizationInvitationOf,
} from './organization-mail.ts';
import { mailOf, render } from './render-mail.ts';
import { signedUpInVain, signUpClientOf } from './sign-up-mails.ts';
import { type About, variablesOf } from './variables.ts';

export type BuildDeps = {
  db: Db;
  keys: Keys;
  log: Log;
  audit: Audit;
  /** Without a trailing slash. */
  publicUrl: string;
  about: About;
};

export type Built =
  | { kind: 'mail'; message: Message; mail: Mail }
  | { kind: 'unwanted'; message: Message; reason: string }
  /** The operator's template exceeds its time or size limit. The mail is tried again until the operator has corrected the template. */
  | { kind: 'held'; message: Message; problem: string }
  | { kind: 'impossible'; message: Message; problem: string };

/** `told`: the problems that this batch has already reported to the operator. */
type BatchDeps = BuildDeps & { told: Set<string> };

/**
 * Renders the mails of a batch. Links are made here and exist only in the mail.
 * @param from the sender, unless a template names one
 */
export async function buildMails(
  deps: BuildDeps,
  messages: Message[],
  from: string,
  now: Date,
): Promise<Built[]> {
  const facts = await readMailContext(deps, messages);
  const codes = await readCodeMails(deps.db, messages, {
    key: deps.keys.ticket,
    now,
    publicUrl: deps.publicUrl,
  });
  const batch = { ...deps, told: new Set<string>() };
  return Promise.all(
    messages.map((message) => {
      const codeId = passwordlessIdOf(message);
      return codeId === null
        ? buildOne(batch, facts, message, from, now)
        : buildCodeMail(batch, facts, message, { mail: codes.get(codeId), from });
    }),
  );
}

type Link = { url: string; expiresAt: Date } | null;

/** Returns the origin of a link: that of the requested domain, else of the default domain, else the public URL. */
function originOf({ publicUrl }: BuildDeps, facts: MailContext, asked: unknown): string {
  const domain = typeof asked === 'string' ? asked : facts.defaultDomain?.domain;
  return domain === undefined ? publicUrl : `https://${domain}`;
}

/** Returns the domain of a mail's link, or `null` for the public URL. */
function domainOf(facts: MailContext, asked: unknown): CustomDomain | null {
  return typeof asked === 'string' ? (facts.domains.get(asked) ?? null) : facts.defaultDomain;
}

function linkOf(
  deps: BuildDeps,
  facts: MailContext,
  message: Message,
  now: Date,
): { kind: 'link'; link: Link } | { kind: 'dead'; reason: string } {
  if (message.invitationId !== null) {
    const invitation = facts.invitations.get(message.invitationId);
    const state = invitation ? invitationState(invitation, now) : 'gone';
    if (!invitation || state !== 'pending') {
      return { kind: 'dead', reason: `The invitation is ${state}.` };
    }
    const current = facts.users.get(invitation.userId)?.email;
    if (message.recipient !== invitation.email || current !== invitation.email) {
      return { kind: 'dead', reason: 'The account has a different address now.' };
    }
    const campaign = facts.campaigns.get(invitation.campaignId);
    const origin = originOf(deps, facts, campaign?.plan.customDomain);
    const url = invitationUrl(origin, invitationSecret(deps.keys.ticket, invitation));
    return { kind: 'link', link: { url, expiresAt: invitation.expiresAt } };
  }
  if (message.ticketId !== null) {
    const ticket = facts.tickets.get(message.ticketId);
    const state = ticket ? ticketState(ticket, now) : 'gone';
    if (!ticket || state !== 'open') return { kind: 'dead', reason: `The link is ${state}.` };
    const origin = originOf(deps, facts, ticket.details.customDomain);
    const url = ticketUrl(origin, ticket.kind, ticketSecret(deps.keys.ticket, ticket.id));
    return { kind: 'link', link: { url, expiresAt: ticket.expiresAt } };
  }
  return { kind: 'link', link: null };
}

async function buildOne(
  deps: BatchDeps,
  facts: MailContext,
  message: Message,
  from: string,
  now: Date,
): Promise<Built> {
  if (organizationInvitationOf(message) !== null)
    return buildLetter(deps, facts, message, from, now);
  const user = signedUpInVain(message) ?? facts.users.get(message.userId ?? '');
  if (!user) return { kind: 'unwanted', message, reason: 'The user was deleted.' };
  const found = linkOf(deps, facts, message, now);
  if (found.kind === 'dead') return { kind: 'unwanted', message, reason: found.reason };
  const code = codeFor(deps.keys, message, now);
  if (code === null)
    return { kind: 'unwanted', message, reason: 'The code has expired or was used.' };

  const invitation = facts.invitations.get(message.invitationId ?? '');
  const campaign = facts.campaigns.get(invitation?.campaignId ?? '');
  const ticket = facts.tickets.get(message.ticketId ?? '');
  const client = facts.clients.get(
    campaign?.clientId ?? ticket?.clientId ?? signUpClientOf(message) ?? '',
  );
  const wish =
    wishedLocale(message.data) ??
    wishedLocale(user.userMetadata) ??
    wishedLocale(campaign?.plan.userMetadata ?? null);
  const language = languageFor(wish, facts.locales);
  const variables = variablesOf({
    about: facts.about,
    look: facts.look,
    publicUrl: deps.publicUrl,
    customDomain: domainOf(facts, campaign?.plan.customDomain ?? ticket?.details.customDomain),
    from,
    language,
    wish,
    user,
    client,
    organization: facts.organizations.get(ticket?.organizationId ?? '') ?? null,
    connection: facts.connections.get(user.connectionId),
    invitation,
    campaign,
    data: { ...message.data, ...code },
    link: found.link,
  });

  const builtIn = defaultTemplate(message.template, language);
  return written(deps, facts, message, { builtIn, variables, from });
}

/** Renders a mail with a login code or link. The reader may have no account yet. */
async function buildCodeMail(
  deps: BatchDeps,
  facts: MailContext,
  message: Message,
  { mail, from }: { mail: CodeMail | undefined; from: string },
): Promise<Built> {
  if (!mail)
    return { kind: 'unwanted', message, reason: 'The code or link has expired or was used.' };
  if (message.data?.isNobody === true) {
    return { kind: 'unwanted', message, reason: 'No account has this address.' };
  }
  const user = addressee(mail, message);
  const wish = wishedLocale(user.userMetadata);
  const language = languageFor(wish, facts.locales);
  const variables = {
    ...variablesOf({
      about: facts.about,
      look: facts.look,
      publicUrl: deps.publicUrl,
      customDomain: facts.defaultDomain,
      from,
      language,
      wish,
      user,
      client: mail.client,
      organization: null,
      connection: mail.connection,
      invitation: undefined,
      campaign: undefined,
      data: null,
      link: { url: mail.url, expiresAt: mail.expiresAt },
    }),
    code: mail.code,
    password: mail.code,
    send: mail.url === '' ? 'code' : 'link',
    operation: '',
  };
  const builtIn = defaultTemplate(message.template, language);
  return written(deps, facts, message, { builtIn, variables, from, own: mail.template });
}

/** Renders an invitation to an organization. The reader may have no account yet. */
async function buildLetter(
  deps: BatchDeps,
  facts: MailContext,
  message: Message,
  from: string,
  now: Date,
): Promise<Built> {
  const letter = facts.letters.get(organizationInvitationOf(message) ?? '');
  const link = letter ? letterLink(letter, deps.keys.ticket, now) : null;
  if (!letter || link === null) {
    return { kind: 'unwanted', message, reason: 'The invitation is closed.' };
  }
  const wish = wishedLocale(letter.invitation.userMetadata);
  const language = languageFor(wish, facts.locales);
  const variables = {
    ...variablesOf({
      about: facts.about,
      look: facts.look,
      publicUrl: deps.publicUrl,
      customDomain: facts.defaultDomain,
      from,
      language,
      wish,
      user: invitee(letter.invitation),
      client: letter.client,
      organization: letter.organization,
      connection: undefined,
      invitation: undefined,
      campaign: undefined,
      data: null,
      link,
    }),
    ...letterVariables(letter),
  };
  const builtIn = defaultTemplate('organization_invitation', language);
  return written(deps, facts, message, { builtIn, variables, from });
}

async function written(
  deps: BatchDeps,
  facts: MailContext,
  message: Message,
  input: {
    builtIn: { subject: string; body: string } | null;
    variables: Record<string, unknown>;
    from: string;
    /** A template that takes precedence over the saved one. */
    own?: { subject: string | null; body: string | null; from: string | null };
  },
): Promise<Built> {
  const { builtIn, variables, from, own } = input;
  let problem = 'The template does not exist.';
  // A fault in the operator's template must not keep people out: the built-in mail is sent instead.
  for (const template of [own, facts.templates.get(message.template), null]) {
    if (template === undefined || (template === null && builtIn === null)) continue;
    const rendered = await render(template, builtIn, variables, from);
    if (rendered.kind === 'ok')
      return { kind: 'mail', message, mail: mailOf(deps.publicUrl, message, rendered) };
    problem = `Template ${message.template}: ${rendered.problem}`;
    if (rendered.isOverBudget) {
      tell(deps, message, `exceeds its limits, so its mails wait: ${rendered.problem}`);
      return { kind: 'held', message, problem };
    }
    tell(deps, message, `cannot be rendered, so the built-in text is sent: ${rendered.problem}`);
  }
  return { kind: 'impossible', message, problem };
}

/** Reports a problem to the operator: once per batch in the process log, and once per minute in the tenant log. */
function tell({ log, audit, told }: BatchDeps, { template }: Message, problem: string): void {
  if (told.has(`${template} ${problem}`)) return;
  told.add(`${template} ${problem}`);
  log.error({ template, problem }, 'mail template');
  audit.record({
    type: 'fn',
    description: `The template ${template} ${problem}`,
    repeats: template,
  });
}
