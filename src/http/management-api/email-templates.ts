import { Liquid } from 'liquidjs';
import { type Static, Type } from 'typebox';
import {
  type EmailTemplate,
  findTemplate,
  insertTemplate,
  replaceTemplate,
  type TemplateSettings,
  updateTemplate,
} from '../../records/email-templates/email-templates.ts';
import type { BaseDeps } from './base-deps.ts';
import { refuseWithoutEffect } from './effects.ts';
import { TEMPLATE_EFFECT } from './effects-of-others.ts';
import { badRequest, conflict, notFound } from './errors.ts';
import { type Api, route } from './route.ts';
import { closed, nullable, oneOf } from './wire.ts';

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
  resultUrl: Type.Optional(text('Where people go after the link did its work, with Liquid')),
  urlLifetimeInSeconds: Type.Optional(
    nullable(
      Type.Number({ minimum: 0, maximum: 31_536_000, description: 'How long the link works' }),
    ),
  ),
  includeEmailInRedirect: Type.Optional(
    Type.Boolean({ description: 'Whether the address is a parameter of the redirect' }),
  ),
};
const whole = closed({ ...required, ...more });
const part = closed({ ...Type.Partial(Type.Object(required)).properties, ...more });
const params = Type.Object({ templateName: name });
const templateSchema = Type.Partial(Type.Object({ ...required, ...more }));

const LIQUID =
  'Texts are Liquid and are checked when they are saved: a mistake is answered 400 with its line. Variables: ' +
  '`application.name`, `application.clientID`, `connection.name`, `user.email`, `user.name`, `user.user_metadata`, ' +
  '`user.app_metadata`, `url` (the link), `inviter.name`, `friendly_name`, `support_email`, `support_url`.';

const missing = () => notFound('The email template does not exist', 'inexistent_email_template');

/** `/email-templates`: the wording of mails. */
export function emailTemplateRoutes(api: Api, { db, clock }: BaseDeps): void {
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
      refuseUnsent(body.template, body);
      const outcome = await insertTemplate(db, body.template, settingsOf(body), clock.now());
      if (outcome.kind === 'duplicate') throw conflict(`Template ${body.template} already exists.`);
      return toWire(outcome.template);
    },
  });
  route(api, {
    method: 'GET',
    url: '/email-templates/:templateName',
    scopes: ['read:email_templates'],
    summary: 'Get a template',
    description: '404: nobody has written one, the built-in mail is sent.',
    tags,
    params,
    response: { 200: templateSchema },
    handler: async ({ params }) => toWire(await findTemplate(db, params.templateName)),
  });
  route(api, {
    method: 'PUT',
    url: '/email-templates/:templateName',
    scopes: ['update:email_templates'],
    summary: 'Replace a template',
    description: LIQUID,
    tags,
    params,
    body: whole,
    response: { 200: templateSchema },
    handler: async ({ params, body }) => {
      sameName(params.templateName, body.template);
      refuseUnsent(params.templateName, body);
      return toWire(await replaceTemplate(db, params.templateName, settingsOf(body), clock.now()));
    },
  });
  route(api, {
    method: 'PATCH',
    url: '/email-templates/:templateName',
    scopes: ['update:email_templates'],
    summary: 'Change a template',
    description: LIQUID,
    tags,
    params,
    body: part,
    response: { 200: templateSchema },
    handler: async ({ params, body }) => {
      sameName(params.templateName, body.template);
      refuseUnsent(params.templateName, body);
      return toWire(await updateTemplate(db, params.templateName, settingsOf(body), clock.now()));
    },
  });
}

/** A mail that is never sent has no wording to be replaced. */
function refuseUnsent(template: string, { enabled }: Static<typeof part>): void {
  if (!SENT.has(template)) refuseWithoutEffect('enabled', TEMPLATE_EFFECT, enabled);
}

function sameName(path: string, body: string | undefined): void {
  if (body === undefined || body === path) return;
  throw badRequest(`The template can not be renamed from ${path} to ${body}.`);
}

function settingsOf(body: Static<typeof part>): Partial<TemplateSettings> {
  const { template, ...settings } = body;
  for (const field of ['subject', 'from', 'resultUrl', 'body'] as const) {
    checkLiquid(field, settings[field]);
  }
  return settings;
}

// Parsing only: no file is read and nothing is rendered.
const engine = new Liquid();

function checkLiquid(field: string, source: string | null | undefined): void {
  if (source === null || source === undefined) return;
  try {
    engine.parse(source);
  } catch (error) {
    const problem = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw badRequest(`Payload validation error: '${problem}' on property ${field}.`);
  }
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
