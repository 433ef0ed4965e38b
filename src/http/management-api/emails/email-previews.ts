import { Type } from 'typebox';
import {
  type DeliverMailDeps,
  previewMail,
  type Wording,
} from '../../../flows/deliver-mail/deliver-mail.ts';
import { newId } from '../../../platform/ids/ids.ts';
import { type Api, ApiError, closed, notFound, nullable, oneOf, route } from '../route/route.ts';
import { LOCALES } from '../tenant/tenant.ts';
import { type EmailTemplateDeps, templateParams, templateRefused } from './email-templates.ts';

const tags = ['email-templates'];
const text = (maxLength: number, description: string) =>
  Type.Optional(nullable(Type.String({ maxLength, description })));
const wording = {
  subject: text(2000, 'Instead of the saved subject'),
  body: text(512 * 1024, 'Instead of the saved body'),
  from: text(2000, 'Instead of the saved sender'),
  language: Type.Optional(
    oneOf(LOCALES, {
      description: 'Language of the person; that of the built-in mail where there is one in it',
    }),
  ),
};
const preview = {
  subject: Type.String(),
  from: Type.String(),
  html: Type.String(),
  text: Type.String(),
};

export type EmailPreviewDeps = EmailTemplateDeps & Pick<DeliverMailDeps, 'sender'>;

/** `/email-templates/{name}/preview` and `/test`: how a mail will look, before anybody gets it. */
export function emailPreviewRoutes(api: Api, deps: EmailPreviewDeps): void {
  async function rendered(name: string, given: Wording & { language?: string | undefined }) {
    const { mailer, from } = await deps.sender();
    const { language, ...words } = given;
    const outcome = await previewMail(deps, name, { from, wording: words, language });
    if (outcome.kind === 'unknown') {
      throw notFound(`The mail ${name} is never sent.`, 'inexistent_email_template');
    }
    if (outcome.kind === 'faulty') throw templateRefused(outcome.fault);
    return { mailer, mail: outcome.mail };
  }

  route(api, {
    method: 'POST',
    url: '/email-templates/:templateName/preview',
    scopes: ['read:email_templates'],
    summary: 'Show a mail with sample data',
    description:
      'The mail as it would be sent: with the wording given, else the saved one if it is enabled, else the built-in one.',
    tags,
    params: templateParams,
    body: closed(wording),
    response: { 200: Type.Object(preview) },
    handler: async ({ params, body }) => (await rendered(params.templateName, body)).mail,
  });
  route(api, {
    method: 'POST',
    url: '/email-templates/:templateName/test',
    scopes: ['update:email_templates'],
    summary: 'Send a mail with sample data',
    description:
      'Sends what the preview shows, at once, and answers what the mail server says. The link in it leads nowhere.',
    tags,
    params: templateParams,
    body: closed({
      to: Type.String({ format: 'email', maxLength: 254, description: 'Who gets it' }),
      ...wording,
    }),
    response: { 200: Type.Object({ to: Type.String(), response: Type.String() }) },
    handler: async ({ params, body }) => {
      const { to, ...given } = body;
      const { mailer, mail } = await rendered(params.templateName, given);
      const outcome = await mailer.send({
        ...mail,
        to: { address: to },
        messageId: `${newId('test')}@${new URL(deps.publicUrl).hostname}`,
        date: deps.clock.now(),
      });
      if (outcome.kind === 'sent') return { to, response: outcome.response };
      throw new ApiError(502, `The mail was not sent: ${outcome.problem}`, 'mail_not_sent');
    },
  });
}
