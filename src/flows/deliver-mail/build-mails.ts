import type { Mail } from '../../outbound/mail/mail.ts';
import type { Keys } from '../../platform/crypto/crypto.ts';
import type { Db } from '../../platform/db/db.ts';
import type { Log } from '../../platform/log/log.ts';
import type { Audit } from '../../records/logs/logs.ts';
import type { Message, OutboxEntry, UnreadableMessage } from '../../records/messages/messages.ts';
import { templateVariables } from './base-values.ts';
import { type CodeMail, passwordlessIdOf, readCodeMails } from './code-mail.ts';
import type { Batch, Draft, Unwanted } from './draft.ts';
import { draftAccountMail } from './draft-account-mail.ts';
import { draftCodeMail } from './draft-code-mail.ts';
import { draftOrganizationMail } from './draft-organization-mail.ts';
import { readMailContext } from './mail-context.ts';
import { leadsToOrganization } from './organization-mail.ts';
import { mailOf, render } from './render-mail.ts';
import { defaultTemplate } from './texts/texts.ts';

export type BuildDeps = {
  db: Db;
  keys: Keys;
  log: Log;
  audit: Audit;
  /** Without a trailing slash. */
  publicUrl: string;
};

export type Built =
  | { kind: 'mail'; message: OutboxEntry; mail: Mail }
  | { kind: 'unwanted'; message: OutboxEntry; reason: string }
  /** The operator's template exceeds its time or size limit. The mail is tried again until the operator has corrected the template. */
  | { kind: 'held'; message: OutboxEntry; problem: string }
  /** A newer version queued the mail. It is tried again, because a node of that version can send it. */
  | { kind: 'unreadable'; message: OutboxEntry; problem: string }
  | { kind: 'impossible'; message: OutboxEntry; problem: string };

/** `reported`: the problems that this batch has already reported to the operator. */
type Reporting = Pick<BuildDeps, 'log' | 'audit'> & { reported: Set<string> };

/**
 * Renders the mails of a batch. Links are made here and exist only in the mail.
 * @param from the sender, unless a template names one
 */
export async function buildMails(
  deps: BuildDeps,
  messages: (Message | UnreadableMessage)[],
  from: string,
  now: Date,
): Promise<Built[]> {
  const { keys, publicUrl } = deps;
  const readable = messages.flatMap((message) => ('problem' in message ? [] : message));
  const context = await readMailContext(deps.db, readable);
  const codes = await readCodeMails(deps.db, readable, { key: keys.ticket, now, publicUrl });
  const batch = { context, keys, publicUrl, from, now };
  const reporting = { ...deps, reported: new Set<string>() };
  return Promise.all(
    messages.map(async (message): Promise<Built> => {
      if ('problem' in message) {
        report(reporting, message, `cannot be read by this version: ${message.problem}`);
        return { kind: 'unreadable', message, problem: message.problem };
      }
      const draft = draftOf(batch, message, codes);
      return draft.kind === 'unwanted'
        ? { ...draft, message }
        : renderDraft(reporting, batch, message, draft);
    }),
  );
}

function draftOf(batch: Batch, message: Message, codes: Map<string, CodeMail>): Draft | Unwanted {
  if (message.template === 'passwordless_code' || message.template === 'passwordless_link') {
    return draftCodeMail(batch, message, codes.get(passwordlessIdOf(message) ?? ''));
  }
  const { invitations, campaigns, organizationMails } = batch.context;
  const invitation = invitations.get(message.invitationId ?? '');
  const campaign = campaigns.get(invitation?.campaignId ?? '');
  return invitation && campaign && leadsToOrganization(campaign)
    ? draftOrganizationMail(batch, organizationMails.get(invitation.id))
    : draftAccountMail(batch, message);
}

async function renderDraft(
  reporting: Reporting,
  { context, publicUrl, from }: Batch,
  message: Message,
  { language, mail, others, ownTemplate }: Draft,
): Promise<Built> {
  const builtIn = defaultTemplate(mail.name, language);
  const variables = templateVariables(mail.values, others);
  let problem = '';
  // A fault in the operator's template must not keep people out: the built-in mail is sent instead.
  for (const template of [ownTemplate, context.templates.get(message.template), null]) {
    if (template === undefined) continue;
    const rendered = await render(template, builtIn, variables, from);
    if (rendered.kind === 'ok')
      return { kind: 'mail', message, mail: mailOf(publicUrl, message, rendered) };
    problem = `Template ${message.template}: ${rendered.problem}`;
    if (rendered.isOverBudget) {
      report(reporting, message, `exceeds its limits, so its mails wait: ${rendered.problem}`);
      return { kind: 'held', message, problem };
    }
    report(
      reporting,
      message,
      `cannot be rendered, so the built-in text is sent: ${rendered.problem}`,
    );
  }
  return { kind: 'impossible', message, problem };
}

/** Reports a problem to the operator: once per batch in the process log, and once per minute in the tenant log. */
function report(
  { log, audit, reported }: Reporting,
  { template }: OutboxEntry,
  problem: string,
): void {
  if (reported.has(`${template} ${problem}`)) return;
  reported.add(`${template} ${problem}`);
  log.error({ template, problem }, 'mail template');
  audit.record({
    type: 'fn',
    description: `The template ${template} ${problem}`,
    repeats: template,
  });
}
