import { Type } from 'typebox';
import { permissionKey } from '../roles/roles.ts';
import { closed, freeObject, nullable, oneOf } from '../route/route.ts';

const id = (description: string) => Type.String({ minLength: 1, maxLength: 100, description });

/** Wire properties of what an acceptance gives and asks for. They are also those of invitations to organizations. */
export const acceptanceProperties = {
  connections: Type.Optional(
    Type.Array(Type.String({ pattern: '^con_[A-Za-z0-9]{16}$' }), {
      minItems: 1,
      maxItems: 50,
      uniqueItems: true,
      description:
        'IDs of the connections with which people can accept. Default: all that the organization, or else the application, uses.',
    }),
  ),
  permissions: Type.Optional(
    Type.Array(permissionKey, {
      minItems: 1,
      maxItems: 50,
      description: 'Permissions that people get directly when they accept, without a role',
    }),
  ),
  data: Type.Optional(
    freeObject(
      'Data of your own, at most 8 KB as JSON. The ID token of the login that accepts has it in the claim ' +
        '`https://usher.dev/invitation`. Only this API reads it before.',
    ),
  ),
  email_policy: Type.Optional(
    oneOf(['same', 'same_domain', 'any_verified'], {
      description:
        'Account that can accept. `same`: one with the invited email address. `same_domain`: one with an address of the same ' +
        'domain, for addresses of a domain of your own, not of a mail provider such as gmail.com. `any_verified`: one with any verified address. Default: `same`.',
    }),
  ),
  renewable: Type.Optional(
    Type.Boolean({
      description:
        'Whether the page of an expired link offers a new one, which Usher sends to the same address. Default: `true`.',
    }),
  ),
};

/** Wire properties that all invitations of one request share. */
export const planProperties = {
  client_id: Type.Optional(
    nullable(
      Type.String({
        description:
          'ID of the application that people are invited to. They arrive there signed in. `null` means no application. Default: ' +
          'the application that uses the connection, if there is only one. If several applications use the connection, ' +
          '`client_id` or `result_url` is required.',
      }),
    ),
  ),
  ttl_sec: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 31_536_000,
      description: 'Lifetime of the link, in seconds. Default, also for 0: 604800 (7 days).',
    }),
  ),
  result_url: Type.Optional(
    Type.String({
      format: 'callback-url',
      description: 'URL to which people are redirected after they set their password',
    }),
  ),
  include_email_in_redirect: Type.Optional(
    Type.Boolean({
      description: 'Whether Usher adds the email address to `result_url`. Default: `true`.',
    }),
  ),
  roles: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 100 }), {
      maxItems: 50,
      uniqueItems: true,
      description: 'IDs of the roles that people get when they accept',
    }),
  ),
  invitee_may: Type.Optional(
    oneOf(['any_proof', 'link_only'], {
      description:
        'Ways to accept the invitation. `link_only`: with the link only. `any_proof`: also by signing in to the application ' +
        'when the invited email address has been verified in another way, such as a password reset email. Default: `any_proof`.',
    }),
  ),
  app_metadata: Type.Optional(
    freeObject('Metadata that Usher merges into `app_metadata` when the person accepts'),
  ),
  user_metadata: Type.Optional(
    freeObject('Metadata that Usher merges into `user_metadata` when the person accepts'),
  ),
  template_data: Type.Optional(freeObject('Variables for the email template')),
  inviter: Type.Optional(
    closed(
      { name: Type.String({ minLength: 1, maxLength: 300 }) },
      { description: 'Person who invites' },
    ),
  ),
  organization_id: Type.Optional(
    id('ID of the organization that people become members of when they accept'),
  ),
  member_roles: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 100 }), {
      minItems: 1,
      maxItems: 50,
      uniqueItems: true,
      description:
        'IDs of the roles in the organization that people get. Requires `organization_id`.',
    }),
  ),
  existing_users: Type.Optional(
    oneOf(['ask', 'grant'], {
      description:
        'What happens to people who have an account with a verified email address. `ask`: they are invited, and accept by ' +
        'signing in. `grant`: they get everything at once, and a welcome email. Default: `ask`.',
    }),
  ),
  create_user: Type.Optional(
    oneOf(['on_invite', 'on_accept'], {
      description:
        'When people without an account get one. `on_invite`: now, without a password and with `app_metadata.status` ' +
        '`invited` until the first login. `on_accept`: when they accept. Default: `on_invite`. Only with `recipients`.',
    }),
  ),
  profile_schema: Type.Optional(
    freeObject(
      'JSON Schema of the fields that people fill in when they accept with the link, such as names. A flat object, with the keywords ' +
        '`type`, `title`, `description`, `default`, `examples`, `enum`, `const`, `minLength`, `maxLength`, `minimum`, `maximum`, ' +
        '`pattern` and `format`.',
    ),
  ),
  factors: Type.Optional(
    closed(
      {
        required: Type.Array(oneOf(['any', 'otp', 'sms', 'email', 'webauthn']), {
          minItems: 1,
          maxItems: 5,
          uniqueItems: true,
          description: 'People must enroll one of these second factors',
        }),
      },
      {
        description: 'Second factor that people enroll when they accept, or at the login after it',
      },
    ),
  ),
  ...acceptanceProperties,
};
