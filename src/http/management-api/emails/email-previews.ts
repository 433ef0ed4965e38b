import { Type } from 'typebox';
import {
  type DeliverMailDeps,
  previewMail,
  type Wording,
} from '../../../flows/deliver-mail/deliver-mail.ts';
import { newId } from '../../../platform/ids/ids.ts';
import {
  type Api,
  ApiError,
  type BaseDeps,
  closed,
  notFound,
  nullable,
  oneOf,
  route,
} from '../route/route.ts';
import { LOCALES } from '../tenant/tenant.ts';
import { templateParams, templateRefused } from './email-templates.ts';

const tags = ['email-templates'];
const text = (maxLength: number, description: string) =>
  Type.Optional(nullable(Type.String({ maxLength, description })));
const wording = {
  subject: text(2000, 'Subject to use instead of the saved one'),
  body: text(512 * 1024, 'Body to use instead of the saved one'),
  from: text(2000, 'Sender to use instead of the saved one'),
  language: Type.Optional(
    oneOf(LOCALES, {
      description:
        'Language of the recipient. The built-in email uses it if Usher has the email in this language.',
    }),
  ),
};
const preview = {
  subject: Type.String(),
  from: Type.String(),
  html: Type.String(),
  text: Type.String(),
};

export type EmailPreviewDeps = BaseDeps & Pick<DeliverMailDeps, 'sender'>;

/** `/email-templates/{name}/preview` and `/test`: show a mail before any user gets it. */
export function emailPreviewRoutes(api: Api, deps: EmailPreviewDeps): void {
  async function rendered(name: string, given: Wording & { language?: string | undefined }) {
    const { mailer, from } = await deps.sender();
    const { language, ...words } = given;
    const outcome = await previewMail(deps, name, { from, wording: words, language });
    if (outcome.kind === 'unknown') {
      throw notFound(`Usher never sends the email ${name}.`, 'inexistent_email_template');
    }
    if (outcome.kind === 'faulty') throw templateRefused(outcome.fault);
    return { mailer, mail: outcome.mail };
  }

  route(api, {
    method: 'POST',
    url: '/email-templates/:templateName/preview',
    scopes: ['read:email_templates'],
    summary: 'Render an email with sample data',
    description:
      'Returns the email as Usher would send it, with the texts in the request. Texts that are absent come from the saved ' +
      'template if it is enabled, and otherwise from the built-in email.',
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
    summary: 'Send an email with sample data',
    description:
      'Sends the email of the preview at once, and returns the response of the mail server. The link in the email leads ' +
      'nowhere.',
    tags,
    params: templateParams,
    body: closed({
      to: Type.String({
        format: 'email',
        maxLength: 254,
        description: 'Email address of the recipient',
      }),
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
      throw new ApiError(502, `The email was not sent: ${outcome.problem}`, 'mail_not_sent');
    },
  });
}
