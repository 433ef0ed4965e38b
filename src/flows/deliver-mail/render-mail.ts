import type { Mail } from '../../outbound/mail/mail.ts';
import { renderTemplateBounded } from '../../platform/bounded-rendering/bounded-rendering.ts';
import { renderTemplate, type Setting } from '../../platform/templates/templates.ts';
import type { Message } from '../../records/messages/messages.ts';

export type Rendered =
  | { kind: 'ok'; subject: string; html: string; from: string }
  | { kind: 'faulty'; problem: string };

type Wording = { subject: string | null; body: string | null; from?: string | null };

/**
 * Fills a template in. What it leaves out comes from the built-in one. What an operator wrote is rendered within bounds, off this thread.
 * @param template null: the built-in one alone
 * @param from the sender unless the template names one
 */
export async function render(
  template: Wording | null,
  builtIn: { subject: string; body: string } | null,
  variables: Record<string, unknown>,
  from: string,
): Promise<Rendered> {
  const fill = (own: string | null | undefined, ours: string | undefined, setting: Setting) =>
    own
      ? renderTemplateBounded(own, variables, setting)
      : renderTemplate(ours ?? '', variables, setting);
  const subject = await fill(template?.subject, builtIn?.subject, 'text');
  if (subject.kind === 'faulty') return subject;
  const html = await fill(template?.body, builtIn?.body, 'html');
  if (html.kind === 'faulty') return html;
  const sender = await fill(template?.from || from, '', 'text');
  if (sender.kind === 'faulty') return sender;
  return { kind: 'ok', subject: subject.text, html: html.text, from: sender.text };
}

/** What the mail server is given. @param publicUrl its host is part of the message's id */
export function mailOf(
  publicUrl: string,
  message: Message,
  rendered: Extract<Rendered, { kind: 'ok' }>,
): Mail {
  return {
    from: rendered.from,
    to: { address: message.recipient },
    subject: rendered.subject,
    html: rendered.html,
    messageId: `${message.id}@${new URL(publicUrl).hostname}`,
    // The first attempt's date: a repeat is the same mail.
    date: message.createdAt,
  };
}
