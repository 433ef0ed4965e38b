import { type Static, Type } from 'typebox';
import {
  changeMailServer,
  createMailServer,
  removeMailServer,
} from '../../../flows/manage-mail-settings/manage-mail-settings.ts';
import { type EmailProvider, readEmailProvider } from '../../../records/settings/settings.ts';
import {
  type Api,
  type BaseDeps,
  badRequest,
  closed,
  conflict,
  fieldsQuery,
  freeObject,
  notFound,
  nullable,
  oneOf,
  pickFields,
  route,
  validatorFor,
} from '../route/route.ts';
import { MAIL_SERVER_EFFECTS } from './effects-of-emails.ts';

const tags = ['emails'];
const NAMES = [
  'mailgun',
  'mandrill',
  'sendgrid',
  'resend',
  'ses',
  'sparkpost',
  'smtp',
  'azure_cs',
  'ms365',
  'custom',
] as const;

const fields = {
  name: oneOf(NAMES, { description: 'Name of the provider' }),
  enabled: Type.Boolean({ description: 'Whether Usher sends emails through this mail server' }),
  default_from_address: Type.String({
    format: 'sender',
    description:
      'Default sender of emails: an address, or `Name <address>`. A template can name another sender.',
  }),
  settings: nullable(freeObject('Further settings')),
};
const credentials = closed(
  {
    smtp_host: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 255,
        pattern: '^[^\\s/@]+$',
        description: 'SMTP host',
      }),
    ),
    smtp_port: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 65_535, description: 'SMTP port' }),
    ),
    smtp_user: Type.Optional(
      Type.String({ minLength: 1, maxLength: 255, description: 'SMTP username' }),
    ),
    smtp_pass: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 1000,
        description: 'SMTP password. It is never returned.',
      }),
    ),
  },
  { minProperties: 1, description: 'Credentials required to use the provider' },
);
// Other providers have other credentials. The provider is refused by name, which says more than a list of unknown
// properties.
const anyCredentials = freeObject('`smtp_host`, `smtp_port`, `smtp_user`, `smtp_pass`');

const createBody = closed({
  name: fields.name,
  enabled: Type.Optional(fields.enabled),
  default_from_address: Type.Optional(fields.default_from_address),
  credentials: anyCredentials,
  settings: Type.Optional(fields.settings),
});
const patchBody = closed(
  {
    name: Type.Optional(fields.name),
    enabled: Type.Optional(fields.enabled),
    default_from_address: Type.Optional(fields.default_from_address),
    credentials: Type.Optional(anyCredentials),
    settings: Type.Optional(fields.settings),
  },
  { minProperties: 1 },
);
const providerSchema = Type.Partial(
  Type.Object({
    ...fields,
    credentials: Type.Object({
      smtp_host: Type.Optional(Type.String()),
      smtp_port: Type.Optional(Type.Integer()),
      smtp_user: Type.Optional(Type.String()),
    }),
  }),
);

const missing = () =>
  notFound('There is not a configured email provider', 'inexistent_email_provider');

/** `/emails/provider`: the mail server. */
export function emailRoutes(api: Api, deps: BaseDeps): void {
  const { db } = deps;
  const key = deps.keys.encryption;
  const checkCredentials = credentialsChecker();

  route(api, {
    method: 'GET',
    url: '/emails/provider',
    scopes: ['read:email_provider'],
    summary: 'Get the mail server',
    description:
      'Returns `name` and `enabled`, or the fields in `fields`. Never returns the password.',
    tags,
    query: closed(fieldsQuery(Object.keys(providerSchema.properties))),
    response: { 200: providerSchema },
    handler: async ({ query }) => {
      const provider = await readEmailProvider(db, key);
      if (provider === null) throw missing();
      if (!query.fields?.trim()) return pickFields(toWire(provider), { fields: 'name,enabled' });
      return pickFields(toWire(provider), query);
    },
  });
  route(api, {
    method: 'POST',
    url: '/emails/provider',
    scopes: ['create:email_provider'],
    summary: 'Set the mail server',
    description:
      'Usher encrypts the credentials with a key from the environment. If no mail server is set here, Usher uses the one in ' +
      'the environment (`SMTP_URL`). If there is none either, the development mailbox catches all emails.',
    tags,
    body: createBody,
    effects: MAIL_SERVER_EFFECTS,
    response: { 201: providerSchema },
    handler: async ({ body }) => {
      const given = checkCredentials(body.credentials);
      const provider: EmailProvider = {
        name: body.name,
        enabled: body.enabled ?? true,
        defaultFromAddress: body.default_from_address ?? null,
        smtp: mergeSmtp(undefined, given),
        settings: null,
      };
      const outcome = await createMailServer(deps, provider);
      if (outcome.kind === 'duplicate') throw conflict('Email provider is already configured.');
      return toWire(provider);
    },
  });
  route(api, {
    method: 'PATCH',
    url: '/emails/provider',
    scopes: ['update:email_provider'],
    summary: 'Update the mail server',
    description:
      'Credentials that are absent stay unchanged. If `smtp_host` changes, Usher deletes the old user and password.',
    tags,
    body: patchBody,
    effects: MAIL_SERVER_EFFECTS,
    response: { 200: providerSchema },
    handler: async ({ body }) => {
      const given = body.credentials === undefined ? {} : checkCredentials(body.credentials);
      const change = (before: EmailProvider): EmailProvider => ({
        name: body.name ?? before.name,
        enabled: body.enabled ?? before.enabled,
        defaultFromAddress: body.default_from_address ?? before.defaultFromAddress,
        smtp: mergeSmtp(before.smtp, given),
        settings: null,
      });
      const provider = await changeMailServer(deps, change);
      if (provider === null) throw missing();
      return toWire(provider);
    },
  });
  route(api, {
    method: 'DELETE',
    url: '/emails/provider',
    scopes: ['delete:email_provider'],
    summary: 'Delete the mail server',
    tags,
    response: { 204: null },
    handler: () => removeMailServer(deps),
  });
}

function credentialsChecker(): (value: unknown) => Static<typeof credentials> {
  const check = validatorFor(closed({ credentials }), 'body');
  return (value) => {
    check({ credentials: value });
    return value as Static<typeof credentials>;
  };
}

function mergeSmtp(
  before: EmailProvider['smtp'] | undefined,
  given: Static<typeof credentials>,
): EmailProvider['smtp'] {
  const host = given.smtp_host ?? before?.host;
  if (host === undefined) {
    throw badRequest(
      "Payload validation error: 'Missing required property: smtp_host' on property credentials (Credentials required to use the provider).",
    );
  }
  // A caller who changes the host must not receive the old password there.
  const kept = before?.host === host ? before : undefined;
  return {
    host,
    port: given.smtp_port ?? before?.port ?? null,
    user: given.smtp_user ?? kept?.user ?? null,
    password: given.smtp_pass ?? kept?.password ?? null,
  };
}

function toWire({ name, enabled, defaultFromAddress, smtp }: EmailProvider) {
  return {
    name,
    enabled,
    default_from_address: defaultFromAddress ?? undefined,
    credentials: {
      smtp_host: smtp.host,
      smtp_port: smtp.port ?? undefined,
      smtp_user: smtp.user ?? undefined,
    },
  };
}
