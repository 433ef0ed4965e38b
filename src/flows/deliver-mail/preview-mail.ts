import { textOfMail } from '../../outbound/mail/mail.ts';
import { renderTemplateBounded } from '../../platform/bounded-rendering/bounded-rendering.ts';
import type { Clock } from '../../platform/clock/clock.ts';
import type { Db } from '../../platform/db/db.ts';
import { readSender } from '../../platform/email-address/email-address.ts';
import { type Language, languageFor } from '../../platform/locales/locales.ts';
import { checkTemplate, outputsOf } from '../../platform/templates/templates.ts';
import { defaultCustomDomain } from '../../records/custom-domains/custom-domains.ts';
import { findTemplate } from '../../records/email-templates/email-templates.ts';
import { tenantSettings } from '../../records/settings/settings.ts';
import { readLookSources } from '../../steps/choose-look/choose-look.ts';
import { templateVariables } from './base-values.ts';
import type { BuiltInMail } from './mail-values.ts';
import { SAMPLE_CODE, SAMPLE_OTHERS, SAMPLE_SECRET, sampleValues } from './samples/samples.ts';
import { builtInOf, defaultTemplate } from './texts/texts.ts';

/** An operator's text instead of a built-in mail. Missing parts come from the built-in mail. */
export type Wording = {
  subject?: string | null | undefined;
  body?: string | null | undefined;
  from?: string | null | undefined;
  resultUrl?: string | null | undefined;
};

export type MailPreview = { subject: string; from: string; html: string; text: string };

export type TemplateFault = { field: keyof Wording; problem: string };

type PreviewDeps = { db: Db; clock: Clock; publicUrl: string };

/** What a mail must contain. Without it the mail is useless. */
const PURPOSE: Record<string, 'link' | 'code'> = {
  verify_email: 'link',
  reset_email: 'link',
  user_invitation: 'link',
  blocked_account: 'link',
  enrollment_email: 'link',
  mfa_oob_code: 'code',
};
const NAMES = { link: ['url', 'link'], code: ['code'] } as const;
const SAMPLES = { link: SAMPLE_SECRET, code: SAMPLE_CODE } as const;

/** Returns the built-in mail of a name, or `null` if there is none. */
export function builtInMail(
  name: string,
  language: Language = 'en',
): { subject: string; body: string } | null {
  const builtIn = builtInOf(name);
  return builtIn && defaultTemplate(builtIn, language);
}

/**
 * Returns the fault of a mail's template, found by rendering it with sample data, or `null` if it has none. A body without the link or the
 * code that the mail exists for is a fault.
 */
export async function findTemplateFault(
  deps: PreviewDeps,
  name: string,
  wording: Wording,
): Promise<TemplateFault | null> {
  const variables = await sampleVariables(deps, builtInOf(name), null);
  for (const field of ['subject', 'from', 'resultUrl', 'body'] as const) {
    const source = wording[field];
    if (!source) continue;
    const wrong = checkTemplate(source);
    if (wrong !== null) return { field, problem: wrong };
    const rendered = await renderTemplateBounded(
      'trial',
      source,
      variables,
      field === 'body' ? 'html' : 'text',
    );
    if (rendered.kind === 'faulty') return { field, problem: rendered.problem };
    if (field === 'from' && readSender(rendered.text) === null) return notASender(rendered.text);
    const purpose = PURPOSE[name];
    if (field !== 'body' || purpose === undefined) continue;
    if (!leadsSomewhere(source, rendered.text, purpose)) {
      const problem = `the mail has no ${purpose}: write {{ ${NAMES[purpose].join(' }} or {{ ')} }}`;
      return { field, problem };
    }
  }
  return null;
}

function notASender(text: string): TemplateFault {
  const problem = `${JSON.stringify(text.slice(0, 200))} is not a valid sender. Use an address, or Name <address>`;
  return { field: 'from', problem };
}

/** Returns whether the mail contains its link or code. The sample data takes one branch of a template; the other branches count too. */
function leadsSomewhere(source: string, html: string, purpose: 'link' | 'code'): boolean {
  if (html.replace(/<!--[\s\S]*?(?:-->|$)/g, '').includes(SAMPLES[purpose])) return true;
  if (html.includes(SAMPLES[purpose])) return false;
  const written = outputsOf(source);
  return NAMES[purpose].some((candidate) => written.has(candidate));
}

/**
 * Renders a mail with sample data, as it would arrive. Uses the given template, else the saved one if it is enabled, else the built-in one.
 */
export async function previewMail(
  deps: PreviewDeps,
  name: string,
  options: { from: string; wording?: Wording | undefined; language?: string | undefined },
): Promise<
  | { kind: 'mail'; mail: MailPreview }
  | { kind: 'unknown' }
  | { kind: 'faulty'; fault: TemplateFault }
> {
  const { wording, language } = options;
  const { enabledLocales } = await tenantSettings(deps.db);
  const mail = builtInOf(name);
  if (mail === null) return { kind: 'unknown' };
  const builtIn = defaultTemplate(mail, languageFor(language ?? null, enabledLocales));
  const saved = await findTemplate(deps.db, name);
  const base = saved?.enabled ? saved : null;
  const variables = await sampleVariables(deps, mail, language ?? null, options.from);
  const parts = {
    subject: wording?.subject || base?.subject || builtIn.subject,
    from: wording?.from || base?.from || options.from,
    body: wording?.body || base?.body || builtIn.body,
  };
  const done: Record<keyof typeof parts, string> = { subject: '', from: '', body: '' };
  for (const field of ['subject', 'from', 'body'] as const) {
    const rendered = await renderTemplateBounded(
      'trial',
      parts[field],
      variables,
      field === 'body' ? 'html' : 'text',
    );
    if (rendered.kind === 'faulty')
      return { kind: 'faulty', fault: { field, problem: rendered.problem } };
    if (field === 'from' && readSender(rendered.text) === null) {
      return { kind: 'faulty', fault: notASender(rendered.text) };
    }
    done[field] = rendered.text;
  }
  const { subject, from, body: html } = done;
  return { kind: 'mail', mail: { subject, from, html, text: textOfMail(html) } };
}

/** Returns the variables of the mail's sample. A template that no mail uses gets those of an invitation. */
async function sampleVariables(
  deps: PreviewDeps,
  name: BuiltInMail | null,
  requestedLocale: string | null,
  from = 'Usher <no-reply@example.com>',
): Promise<Record<string, unknown>> {
  const settings = await tenantSettings(deps.db);
  const values = sampleValues(name ?? 'user_invitation', {
    contact: settings,
    look: await readLookSources(deps.db),
    publicUrl: deps.publicUrl,
    customDomain: await defaultCustomDomain(deps.db),
    from,
    language: languageFor(requestedLocale, settings.enabledLocales),
    requestedLocale,
    now: deps.clock.now(),
  });
  return templateVariables(values, SAMPLE_OTHERS);
}
