import { PAGE_PATHS } from '../../../platform/page-paths/page-paths.ts';
import type { Organization } from '../../../records/organizations/organizations.ts';
import {
  type BaseInput,
  type BaseValues,
  baseValues,
  type LinkValues,
  linkValues,
  templateVariables,
} from '../base-values.ts';
import { organizationValues } from '../mail-look.ts';
import { type MailRecipient, recipientWithoutAccount } from '../mail-recipient.ts';
import type { BuiltInMail, InvitationValues, OwnValues } from '../mail-values.ts';

// Letters only: no filter of a template changes them in HTML.
export const SAMPLE_SECRET = 'sampleSECRETofNobody';
export const SAMPLE_CODE = '314159';
const SAMPLE_ADDRESS = '192.0.2.1';
const FIVE_DAYS_MS = 5 * 86_400_000;

function sampleRecipient(locale: string | null): MailRecipient {
  return recipientWithoutAccount({
    id: 'auth0|sample',
    email: 'ada@example.com',
    name: "Ada O'Neil & Co",
    givenName: 'Ada',
    familyName: "O'Neil",
    nickname: 'ada',
    userMetadata: locale === null ? null : { lang: locale },
  });
}

const ORGANIZATION: Organization = {
  id: 'org_sample',
  name: 'sample',
  displayName: 'Sample',
  branding: null,
  metadata: null,
  tokenQuota: null,
  createdAt: new Date(0),
};

const INVITED: InvitationValues = {
  inviter: { name: 'Grace Hopper' },
  roles: [],
  app_metadata: {},
  user_metadata: {},
};

/** A sample of each built-in mail: what it says in addition to the base values. */
const SAMPLES: { [Name in BuiltInMail]: (link: LinkValues) => OwnValues[Name] } = {
  user_invitation: (link) => ({
    ...link,
    ...INVITED,
    organization: { ...organizationValues(ORGANIZATION), display_name: '' },
  }),
  organization_invitation: (link) => ({
    ...link,
    ...INVITED,
    organization: organizationValues(ORGANIZATION),
  }),
  reset_email: (link) => link,
  verify_email: (link) => link,
  blocked_account: (link) => link,
  enrollment_email: (link) => link,
  mfa_oob_code: () => ({ code: SAMPLE_CODE }),
  passwordless_code: (link) => ({
    ...link,
    url: '',
    link: '',
    code: SAMPLE_CODE,
    password: SAMPLE_CODE,
    send: 'code',
    operation: '',
    accepts: '',
  }),
  passwordless_link: (link) => ({
    ...link,
    code: '',
    password: '',
    send: 'link',
    operation: '',
    accepts: '',
  }),
  sign_up_account_exists: (link) => link,
  sign_up_name_taken: () => ({}),
  identity_linked: () => ({ provider: 'Google' }),
  passkey_added: () => ({}),
  import_ended: () => ({
    job: {
      id: 'job_sample',
      external_id: 'march',
      connection: 'People',
      status: 'completed',
      status_details: '',
      inserted: 980,
      updated: 15,
      failed: 5,
      total: 1000,
    },
  }),
  welcome_email: () => ({ ...INVITED, url: 'https://app.example.com/login' }),
};

/** What the sample of a mail takes from the server: its names, look and addresses. */
export type SampleSetting = Pick<
  BaseInput,
  'contact' | 'look' | 'publicUrl' | 'customDomain' | 'from' | 'language' | 'requestedLocale'
> & { now: Date };

/** Returns the values of a built-in mail to a sample person. Its link leads nowhere. */
export function sampleValues<Name extends BuiltInMail>(
  name: Name,
  setting: SampleSetting,
): BaseValues & OwnValues[Name] {
  const { publicUrl, now, language } = setting;
  const url = `${publicUrl}${PAGE_PATHS.invitation}?ticket=${SAMPLE_SECRET}`;
  const link = linkValues({ url, expiresAt: new Date(now.getTime() + FIVE_DAYS_MS) }, language);
  const base = baseValues({
    ...setting,
    recipient: sampleRecipient(setting.requestedLocale),
    client: undefined,
    organization: null,
    connection: undefined,
    sourceIp: SAMPLE_ADDRESS,
  });
  return { ...base, ...SAMPLES[name](link) };
}

/** A server with nothing but a name. */
export const SAMPLE_SETTING: SampleSetting = {
  contact: { friendlyName: 'Sample', supportEmail: 'help@example.com', supportUrl: null },
  look: { settings: {}, theme: null, pictureUrl: null },
  publicUrl: 'https://sample.example',
  customDomain: null,
  from: 'Sample <no-reply@example.com>',
  language: 'en',
  requestedLocale: null,
  now: new Date('2026-11-28T10:24:00Z'),
};

/** Returns what the templates of a passwordless connection read, in a mail with a code or with a link. */
export function sampleOfCodeMail(send: 'code' | 'link'): Record<string, unknown> {
  const values = sampleValues(`passwordless_${send}`, SAMPLE_SETTING);
  // Such a mail always belongs to an application.
  const application = { ...values.application, name: 'Sample', clientID: 'sample' };
  return templateVariables({ ...values, application, client: application }, {});
}

/** What only operators' templates read: mails of an organization have it too. */
export const SAMPLE_OTHERS: Record<string, unknown> = {
  source_ip: SAMPLE_ADDRESS,
  organization: organizationValues(ORGANIZATION),
};
