import type { Mail } from '../../outbound/mail/mail.ts';
import {
  type Part,
  renderPartsBounded,
} from '../../platform/bounded-rendering/bounded-rendering.ts';
import {
  type Fault,
  type RenderOutcome,
  renderTemplate,
  type Setting,
} from '../../platform/templates/templates.ts';
import type { OutboxEntry } from '../../records/messages/messages.ts';

export type Rendered = { kind: 'ok'; subject: string; html: string; from: string } | Fault;

type Wording = { subject: string | null; body: string | null; from?: string | null };

/**
 * Renders a template. Parts that it lacks come from the built-in one. An operator's template runs within limits, off this thread.
 * @param template `null` for the built-in one alone
 * @param from the sender, unless the template names one
 */
export async function render(
  template: Wording | null,
  builtIn: { subject: string; body: string },
  variables: Record<string, unknown>,
  from: string,
): Promise<Rendered> {
  const subject = fill(builtIn, 'subject', 'text', template, variables);
  if (subject.kind === 'faulty') return subject;
  const body = fill(builtIn, 'body', 'html', template, variables);
  if (body.kind === 'faulty') return body;
  const sender = { source: template?.from || from, setting: 'text' } as const;
  const theirs = [subject, body].flatMap((each) => (each.kind === 'theirs' ? [each.part] : []));
  const rendered = await renderPartsBounded('mails', [...theirs, sender], variables);
  if (rendered.kind === 'faulty') return rendered;
  const texts = [...rendered.texts];
  const textOf = (each: typeof subject) => (each.kind === 'ok' ? each.text : (texts.shift() ?? ''));
  return { kind: 'ok', subject: textOf(subject), html: textOf(body), from: texts.shift() ?? '' };
}

/** Renders a built-in text here, which we wrote ourselves, and leaves an operator's text for the worker thread. */
function fill(
  builtIn: { subject: string; body: string },
  field: 'subject' | 'body',
  setting: Setting,
  template: Wording | null,
  variables: Record<string, unknown>,
): { kind: 'theirs'; part: Part } | RenderOutcome {
  const source = template?.[field];
  if (source) return { kind: 'theirs', part: { source, setting } };
  return renderTemplate(builtIn[field], variables, setting);
}

/**
 * Returns what the mail server receives.
 * @param publicUrl its host is part of the message's id
 */
export function mailOf(
  publicUrl: string,
  message: OutboxEntry,
  rendered: Extract<Rendered, { kind: 'ok' }>,
): Mail {
  return {
    from: rendered.from,
    to: { address: message.recipient },
    subject: rendered.subject,
    html: rendered.html,
    messageId: `${message.id}@${new URL(publicUrl).hostname}`,
    // The date of the first attempt: a repeat is the same mail.
    date: message.createdAt,
  };
}
