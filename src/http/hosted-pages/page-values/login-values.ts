import type { InvitationField } from './link-values.ts';
import type { Absent, FormValues } from './page-branding.ts';
import type { RuleView } from './rule-view.ts';
import type { WaysIn } from './ways-values.ts';

type Shown<Identifier extends string> = Record<Identifier, boolean>;

/** The values of the pages of a login before the second factor. `null` where '' would do, because Liquid treats '' as true. */
export type LoginValues = {
  login: FormValues & {
    appName: string;
    /** Whether the page asks for an address, of which the domain may lead to a provider. */
    hasForm: boolean;
    /** Whether it also asks for a password. */
    withPassword: boolean;
    /** The text that the person has typed. */
    identifier: string | null;
    identifierLabel: string;
    emailOnly: boolean;
    forgotUrl: string | null;
    signUpUrl: string | null;
    /** Whether the list of the field for the name has passkeys. */
    webauthn: boolean;
    ways: WaysIn | null;
  };
  'sign-up': FormValues & {
    appName: string;
    loginUrl: string;
    email: string | null;
    username: string;
    phone: string;
    /** Which identifiers the page asks for, and which of them it requires. */
    ask: Shown<'email' | 'username' | 'phone'>;
    needs: Shown<'email' | 'username' | 'phone'>;
    rules: RuleView[];
    focusPassword: boolean;
    ways: WaysIn | null;
  };
  'login-code-address': FormValues & {
    appName: string;
    kind: 'email' | 'sms';
    label: string;
    /** The text that the person has typed. */
    typed: string | null;
    ways: WaysIn | null;
  };
  'login-code': FormValues & {
    lead: string;
    /** The address or number that received the code. */
    address: string;
    /** The fields that an invitation asks for. A login asks for none. */
    fields: InvitationField[];
    /** The link to another address, or back to the invitation. */
    change: string;
    changeUrl: string;
  };
  organization: FormValues & {
    lead: string;
    choices: { value: string; text: string; note: string | null }[];
    /** Whether the page asks for the name. */
    withName: boolean;
    /** Whether the user belongs to no organization and can only go back. */
    isNowhere: boolean;
    typed: string | null;
  };
  'link-account': FormValues & {
    lead: string;
    email: string;
    /** Whether the page asks for the password of the account. */
    password: boolean;
    /** Whether a code can be mailed, or was. */
    code: 'offered' | 'sent' | null;
    codeLead: string;
    /** The text of the button that makes another account. */
    separate: string | null;
  };
  'passkey-enrollment': FormValues & { lead: string };
  device: {
    title: string;
    lead: string;
    action: string;
    /** The secret against forged requests of the OpenID Connect library. */
    xsrf: string;
    /** Whether the page shows the code and asks to confirm it. */
    confirming: boolean;
    userCode: string | null;
    problem: string | null;
  };
};

const form = { problem: null };

export const absentFromLogin: { [Name in keyof LoginValues]: Absent<LoginValues[Name]> } = {
  login: form,
  'sign-up': form,
  'login-code-address': form,
  'login-code': form,
  organization: form,
  'link-account': form,
  'passkey-enrollment': form,
  device: {},
};
