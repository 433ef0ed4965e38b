import type { BaseValues, LinkValues } from './base-values.ts';
import type { OrganizationValues } from './mail-look.ts';

export type InvitationValues = {
  inviter: { name: string };
  roles: { id: string; name: string; description: string }[];
  app_metadata: Record<string, unknown>;
  user_metadata: Record<string, unknown>;
};

/** A login without a password. The template of a connection may call the code `password`. */
type LoginValues = LinkValues & {
  code: string;
  password: string;
  send: 'code' | 'link';
  operation: '';
  /** `invitation` for a code that accepts one. */
  accepts: '' | 'invitation';
};

type ImportValues = {
  id: string;
  external_id: string;
  connection: string;
  status: string;
  status_details: string;
  inserted: number;
  updated: number;
  failed: number;
  total: number;
};

/**
 * What each built-in mail says in addition to {@link BaseValues}. A built-in text reads nothing else: `npm run check` renders each with
 * its sample and refuses a variable that is not here.
 */
export type OwnValues = {
  /** `organization`: the one that the acceptance lets the person into, if there is one. */
  user_invitation: LinkValues & InvitationValues & { organization: OrganizationValues | null };
  organization_invitation: LinkValues & InvitationValues & { organization: OrganizationValues };
  reset_email: LinkValues;
  verify_email: LinkValues;
  blocked_account: LinkValues;
  enrollment_email: LinkValues;
  mfa_oob_code: { code: string };
  passwordless_code: LoginValues;
  passwordless_link: LoginValues;
  sign_up_account_exists: LinkValues;
  sign_up_name_taken: NoValues;
  /** `provider`: the name of the identity provider. */
  identity_linked: { provider: string };
  passkey_added: NoValues;
  import_ended: { job: ImportValues };
  /** `url`: where the application begins a login, or ''. */
  welcome_email: InvitationValues & { url: string };
};

type NoValues = Record<never, never>;

export type BuiltInMail = keyof OwnValues;

/** The values of a mail, by its name. */
export type MailValues = {
  [Name in BuiltInMail]: { name: Name; values: BaseValues & OwnValues[Name] };
}[BuiltInMail];
