import { type Static, Type } from 'typebox';
import {
  type About,
  builtInMail,
  findTemplateFault,
  type Wording,
} from '../../../flows/deliver-mail/deliver-mail.ts';
import {
  type EmailTemplate,
  findTemplate,
  insertTemplate,
  putTemplate,
  updateTemplate,
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
]);

/** Those whose link lives as long, and leads afterwards, as their template says. */
const SAYS_WHERE = new Set<string>(['verify_email', 'reset_email']);

const text = (description: string, maxLength = 2000) =>
  nullable(Type.String({ maxLength, description }));
const name = oneOf(NAMES, { description: 'Template name' });
const required = {
  template: name,
  body: text('Body of the mail, HTML with Liquid', 512 * 1024),
  from: text('Sender, with Liquid; the mail server’s default unless told'),
  subject: text('Subject, with Liquid'),
  syntax: nullable(oneOf(['liquid'], { description: 'Syntax of the texts' })),
  enabled: nullable(Type.Boolean({ description: 'Whether it replaces the built-in mail' })),
};
const more = {
  resultUrl: Type.Optional(
    text(
      'Where people go after the link did its work, with Liquid; of verify_email and reset_email',
    ),
  ),
  urlLifetimeInSeconds: Type.Optional(
    nullable(
      Type.Number({
        minimum: 0,
        maximum: 31_536_000,
        description: 'How long the link works; of verify_email and reset_email',
      }),
    ),
  ),
  includeEmailInRedirect: Type.Optional(
    Type.Boolean({ description: 'Whether the address is a parameter of the redirect' }),
  ),
};
const whole = closed({ ...required, ...more });
const part = closed({ ...Type.Partial(Type.Object(required)).properties, ...more });
export const templateParams = Type.Object({ templateName: name });
const templateSchema = Type.Partial(Type.Object({ ...required, ...more }));

const LIQUID =
  'Texts are Liquid. They are rendered with sample data when they are saved: a mistake, an unknown filter or tag, or a body without ' +
  'the link (`url`) or the code (`code`) its mail exists for is answered 400. Values are escaped once. Variables: ' +
  '`application.name`, `application.clientID`, `connection.name`, `user.email`, `user.name`, `user.user_metadata`, ' +
  '`user.app_metadata`, `url` (the link), `inviter.name`, `friendly_name`, `support_email`, `support_url`, `branding.logo_url`, `branding.colors.primary`, ' +
  '`organization.display_name`, `organization.branding`, `custom_domain.domain`, `custom_domain.domain_metadata`.';

const missing = () => notFound('The email template does not exist', 'inexistent_email_template');

export type EmailTemplateDeps = BaseDeps & { about: About };

/** `/email-templates`: the wording of mails. */
export function emailTemplateRoutes(api: Api, deps: EmailTemplateDeps): void {
  const { db, clock } = deps;
  route(api, {
    method: 'POST',
    url: '/email-templates',
    scopes: ['create:email_templates'],
    summary: 'Write a template',
    description: LIQUID,
    tags,
    body: whole,
    response: { 200: templateSchema },
    handler: async ({ body }) => {
      refuseIneffective(body.template, body);
      const { template, ...settings } = body;
      await refuseFaulty(deps, template, settings);
      const outcome = await insertTemplate(db, template, settings, clock.now());
      if (outcome.kind === 'duplicate') throw conflict(`Template ${body.template} already exists.`);
      return toWire(outcome.template);
    },
  });
  route(api, {
    method: 'GET',
    url: '/email-templates/:templateName',
    scopes: ['read:email_templates'],
    summary: 'Get a template',
    description:
      '404: nobody has written one, the built-in mail is sent. `include_default=true` shows that one instead, as a template that is not enabled.',
    tags,
    params: templateParams,
    query: closed({
      include_default: Type.Optional(
        Type.Boolean({ description: 'Show the built-in mail where nobody has written another' }),
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
    summary: 'Write a template, whether there is one or not',
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
      return toWire(await putTemplate(db, template, settings, clock.now()));
    },
  });
  route(api, {
    method: 'PATCH',
    url: '/email-templates/:templateName',
    scopes: ['update:email_templates'],
    summary: 'Change a template',
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
      // What was saved disabled is tried when it is to be sent.
      await refuseFaulty(deps, name, { ...saved, ...body });
      const { template, ...changes } = body;
      return toWire(await updateTemplate(db, name, changes, clock.now()));
    },
  });
}

/** A mail that is never sent has no wording to be replaced, and most links live and lead where something else says. */
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
  throw badRequest(`The template can not be renamed from ${path} to ${body}.`);
}

/** @throws 400 about a wording that can't be sent */
async function refuseFaulty(
  deps: EmailTemplateDeps,
  name: string,
  wording: Wording,
): Promise<void> {
  const fault = await findTemplateFault(deps, name, wording);
  if (fault !== null) throw templateRefused(fault);
}

/** 400 about a text that can't be rendered, or lacks what its mail exists for. */
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
