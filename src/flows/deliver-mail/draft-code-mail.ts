import { languageFor, preferredLocale } from '../../platform/locales/locales.ts';
import type { MailContent, OutboxEntry } from '../../records/messages/messages.ts';
import { linkValues } from './base-values.ts';
import type { CodeMail } from './code-mail.ts';
import { type Batch, baseValuesIn, type Draft, type Unwanted } from './draft.ts';
import { recipientWithoutAccount } from './mail-recipient.ts';

/** Drafts a mail with a login code or link. The recipient may have no account yet. */
export function draftCodeMail(
  batch: Batch,
  message: OutboxEntry & MailContent<'passwordless_code' | 'passwordless_link'>,
  mail: CodeMail | undefined,
): Draft | Unwanted {
  const { context } = batch;
  if (!mail) return { kind: 'unwanted', reason: 'The code or link has expired or was used.' };
  if (message.data.isNobody === true) {
    return { kind: 'unwanted', reason: 'No account has this address.' };
  }
  const { language: lang } = message.data;
  const userMetadata = lang === undefined ? null : { lang };
  const requestedLocale = preferredLocale(userMetadata);
  const language = languageFor(requestedLocale, context.locales);
  const values = {
    ...baseValuesIn(batch, {
      language,
      requestedLocale,
      recipient: recipientWithoutAccount({ email: message.recipient, userMetadata }),
      client: mail.client,
      organization: null,
      connection: mail.connection,
    }),
    ...linkValues({ url: mail.url, expiresAt: mail.expiresAt }, language),
    code: mail.code,
    password: mail.code,
    send: mail.url === '' ? 'code' : 'link',
    operation: '',
    accepts: message.data.isInvited === true ? 'invitation' : '',
  } as const;
  const named = { name: message.template, values };
  return { kind: 'draft', language, mail: named, others: {}, ownTemplate: mail.template };
}
