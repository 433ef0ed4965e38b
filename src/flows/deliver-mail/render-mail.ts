import type { Mail } from '../../outbound/mail/mail.ts';
import { renderTemplate } from '../../platform/templates/templates.ts';
import type { Message } from '../../records/messages/messages.ts';

export type Rendered =
  | { kind: 'ok'; subject: string; html: string; from: string }
  | { kind: 'faulty'; problem: string };

/**
 * Fills a template in. What it leaves out comes from the built-in one.
 * @param from the sender unless the template names one
 */
export function render(
  template: { subject: string | null; body: string | null; from?: string | null },
  builtIn: { subject: string; body: string } | null,
  variables: Record<string, unknown>,
  from: string,
): Rendered {
  const subject = renderTemplate(template.subject || builtIn?.subject || '', variables, 'text');
  if (subject.kind === 'faulty') return subject;
  const html = renderTemplate(template.body || builtIn?.body || '', variables, 'html');
  if (html.kind === 'faulty') return html;
  const sender = renderTemplate(template.from || from, variables, 'text');
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
