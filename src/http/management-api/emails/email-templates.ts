import { type Static, Type } from 'typebox';
import {
  builtInMail,
  findTemplateFault,
  type Wording,
} from '../../../flows/deliver-mail/deliver-mail.ts';
import {
  changeMailTemplate,
  createMailTemplate,
  replaceMailTemplate,
} from '../../../flows/manage-mail-settings/manage-mail-settings.ts';
import {
  type EmailTemplate,
  findTemplate,
} from '../../../records/email-templates/email-templates.ts';
import {
  type Api,
  type BaseDeps,
  badRequest,
  closed,
  conflict,
  notFound,
  nullable,
  oneOf,
  refuseWithoutEffect,
  route,
} from '../route/route.ts';
import { LINK_EFFECTS, TEMPLATE_EFFECT } from './effects-of-emails.ts';

const tags = ['email-templates'];
const NAMES = [
  'verify_email',
  'verify_email_by_code',
  'auth_email_by_code',
  'reset_email',
  'reset_email_by_code',
  'welcome_email',
  'blocked_account',
  'stolen_credentials',
  'enrollment_email',
  'mfa_oob_code',
  'user_invitation',
  'async_approval',
  'change_password',
  'password_reset',
] as const;

const SENT = new Set<string>([
  'verify_email',
  'reset_email',
  'user_invitation',
  'blocked_account',
  'enrollment_email',
  'mfa_oob_code',
  'welcome_email',
]);

/** Templates that set the lifetime of their link, and where it leads. */
const SAYS_WHERE = new Set<string>(['verify_email', 'reset_email']);

const text = (description: string, maxLength = 2000) =>
  nullable(Type.String({ maxLength, description }));
const name = oneOf(NAMES, { description: 'Template name' });
const required = {
  template: name,
  body: text('Body of the email: HTML with Liquid', 512 * 1024),
  from: text('Sender of the email, with Liquid. Default: the sender of the mail server.'),
  subject: text('Subject of the email, with Liquid'),
  syntax: nullable(oneOf(['liquid'], { description: 'Syntax of the texts' })),
  enabled: nullable(
    Type.Boolean({ description: 'Whether the template replaces the built-in email' }),
  ),
};
const more = {
  resultUrl: Type.Optional(
    text(
      'URL to which the user is redirected after using the link, with Liquid. Only for verify_email and reset_email.',
    ),
  ),
  urlLifetimeInSeconds: Type.Optional(
    nullable(
      Type.Number({
        minimum: 0,
        maximum: 31_536_000,
        description: 'Lifetime of the link, in seconds. Only for verify_email and reset_email.',
      }),
    ),
  ),
  includeEmailInRedirect: Type.Optional(
    Type.Boolean({ description: 'Whether Usher adds the email address to the redirect URL' }),
  ),
};
const whole = closed({ ...required, ...more });
const part = closed({ ...Type.Partial(Type.Object(required)).properties, ...more });
export const templateParams = Type.Object({ templateName: name });
const templateSchema = Type.Partial(Type.Object({ ...required, ...more }));

const LIQUID =
  'The texts are Liquid templates. Usher renders them with sample data before it saves them. It responds with 400 to a ' +
  'syntax error, an unknown filter or tag, or a body without the link (`url`) or the code (`code`) that the email must ' +
  'contain. Usher escapes values once. Variables: `application.name`, `application.clientID`, `connection.name`, ' +
  '`user.email`, `user.name`, `user.user_metadata`, `user.app_metadata`, `url` (the link), `inviter.name`, ' +
  '`friendly_name`, `support_email`, `support_url`, `branding.logo_url`, `branding.colors.primary`, ' +
  '`organization.display_name`, `organization.branding`, `custom_domain.domain`, `custom_domain.domain_metadata`.';

const missing = () => notFound('The email template does not exist', 'inexistent_email_template');

/** `/email-templates`: the texts of mails. */
export function emailTemplateRoutes(api: Api, deps: BaseDeps): void {
  const { db } = deps;
  route(api, {
    method: 'POST',
    url: '/email-templates',
    scopes: ['create:email_templates'],
    summary: 'Create an email template',
    description: LIQUID,
    tags,
    body: whole,
    response: { 200: templateSchema },
    handler: async ({ body }) => {
      refuseIneffective(body.template, body);
      const { template, ...settings } = body;
      await refuseFaulty(deps, template, settings);
      const outcome = await createMailTemplate(deps, template, settings);
      if (outcome.kind === 'duplicate') throw conflict(`Template ${body.template} already exists.`);
      return toWire(outcome.template);
    },
  });
  route(api, {
    method: 'GET',
    url: '/email-templates/:templateName',
    scopes: ['read:email_templates'],
    summary: 'Get an email template',
    description:
      'Returns 404 if no template was created, because Usher then sends the built-in email. With `include_default=true`, ' +
      'returns the built-in email instead, as a template that is not enabled.',
    tags,
    params: templateParams,
    query: closed({
      include_default: Type.Optional(
        Type.Boolean({
          description: 'Whether to return the built-in email if no template was created',
        }),
      ),
    }),
    response: { 200: templateSchema },
    handler: async ({ params, query }) => {
      const saved = await findTemplate(db, params.templateName);
      const builtIn = query.include_default === true ? builtInMail(params.templateName) : null;
      if (saved !== null || builtIn === null) return toWire(saved);
      const rest = { from: null, syntax: 'liquid', enabled: false };
      return { template: params.templateName, ...builtIn, ...rest };
    },
  });
  route(api, {
    method: 'PUT',
    url: '/email-templates/:templateName',
    scopes: ['update:email_templates'],
    summary: 'Create or replace an email template',
    description: LIQUID,
    tags,
    params: templateParams,
    body: whole,
    response: { 200: templateSchema },
    handler: async ({ params, body }) => {
      sameName(params.templateName, body.template);
      refuseIneffective(params.templateName, body);
      const { template, ...settings } = body;
      await refuseFaulty(deps, template, settings);
      return toWire(await replaceMailTemplate(deps, template, settings));
    },
  });
  route(api, {
    method: 'PATCH',
    url: '/email-templates/:templateName',
    scopes: ['update:email_templates'],
    summary: 'Update an email template',
    description: LIQUID,
    tags,
    params: templateParams,
    body: part,
    response: { 200: templateSchema },
    handler: async ({ params, body }) => {
      sameName(params.templateName, body.template);
      refuseIneffective(params.templateName, body);
      const name = params.templateName;
      const saved = body.enabled === true ? await findTemplate(db, name) : null;
      // A template that was saved while disabled is rendered when it is to be sent.
      await refuseFaulty(deps, name, { ...saved, ...body });
      const { template, ...changes } = body;
      return toWire(await changeMailTemplate(deps, name, changes));
    },
  });
}

/** Refuses templates of mails that Usher never sends, and link settings that a template cannot set. */
function refuseIneffective(template: string, body: Static<typeof part>): void {
  if (!SENT.has(template)) refuseWithoutEffect('enabled', TEMPLATE_EFFECT, body.enabled);
  if (SAYS_WHERE.has(template)) return;
  const given: Record<string, unknown> = body;
  for (const [name, effect] of Object.entries(LINK_EFFECTS)) {
    refuseWithoutEffect(name, effect, given[name]);
  }
}

function sameName(path: string, body: string | undefined): void {
  if (body === undefined || body === path) return;
  throw badRequest(`The template cannot be renamed from ${path} to ${body}.`);
}

/** @throws ApiError 400 for texts that cannot be sent */
async function refuseFaulty(deps: BaseDeps, name: string, wording: Wording): Promise<void> {
  const fault = await findTemplateFault(deps, name, wording);
  if (fault !== null) throw templateRefused(fault);
}

/** The 400 response for a text that cannot be rendered or lacks what its mail must contain. */
export function templateRefused(fault: { field: string; problem: string }): Error {
  const problem = fault.problem.split('\n')[0];
  return badRequest(`Payload validation error: '${problem}' on property ${fault.field}.`);
}

function toWire(template: EmailTemplate | null) {
  if (template === null) throw missing();
  const { name: templateName, updatedAt, includeEmailInRedirect, ...settings } = template;
  return {
    template: templateName,
    ...settings,
    ...(includeEmailInRedirect !== null && { includeEmailInRedirect }),
  };
}
