import type { Absent, ButtonValues, FormValues } from './page-branding.ts';
import type { RuleView } from './rule-view.ts';
import type { Sign } from './sign.ts';
import type { WaysIn } from './ways-values.ts';

/** The texts of a place, of which the page's script chooses one, and the one that the server has chosen. */
export type Variants = {
  chosen: 'invite' | 'reset';
  app: string | null;
  texts: { reset: string; invite: string; resetApp?: string; inviteApp?: string };
};

/** When a link expires: for people and for scripts. */
type Until = { until: string; untilIso: string };

/** A field that an invitation asks for. */
export type InvitationField = {
  name: string;
  label: string;
  /** What the operator says about the field. */
  hint: string | null;
  /** The type of the `input`. */
  type: 'text' | 'email' | 'url' | 'date';
  inputMode: 'numeric' | 'decimal' | null;
  autocomplete: string | null;
  isFlag: boolean;
  /** Empty: any value. */
  options: string[];
  isRequired: boolean;
  value: string;
  /** What is wrong with the value. */
  problem: string | null;
  /** The ids of the texts that describe the field, separated by spaces. */
  describedBy: string | null;
};

/** The values of the pages behind links in mails, and of the page that requests one. */
export type LinkValues = {
  forgot: FormValues & { loginUrl: string | null; email: string };
  reset: FormValues & {
    headline: string;
    headlines: Variants;
    lead: string;
    leads: Variants;
    submit: string;
    submits: Variants;
    /** The account. A user without an address has none here. */
    email: string | null;
    rules: RuleView[];
  };
  invitation: FormValues &
    Until & {
      lead: string;
      inviter: string | null;
      /** The invited address. */
      email: string;
      /** Whether the page asks for the current password. Otherwise it asks for a new one. */
      isLogin: boolean;
      /** Whether the invitation takes a password here. */
      hasForm: boolean;
      /** Where a person accepts with another account. `null` if no other may accept. */
      accountUrl: string | null;
      declineUrl: string;
      /** Where this browser goes on with an acceptance that waits for a second factor. */
      goOnUrl: string | null;
      /** Says that another browser is on the way, and that this one takes over. */
      underWay: string | null;
      /** Says since when the user has a password. */
      changed: string | null;
      /** Whether the user can request a link for a new password. */
      canForget: boolean;
      rules: RuleView[];
      fields: InvitationField[];
      focusPassword: boolean;
      ways: WaysIn | null;
    };
  'invitation-account': FormValues & {
    lead: string;
    /** What the person typed. */
    identifier: string | null;
    identifierLabel: string;
    fields: InvitationField[];
    backUrl: string;
  };
  /** Asks for fields before the provider. */
  'invitation-provider': ButtonValues & {
    lead: string;
    fields: InvitationField[];
    /** The name of the provider's connection. */
    connection: string;
    submit: string;
    backUrl: string;
  };
  'decline-invitation': ButtonValues & {
    lead: string;
    /** The page of the invitation. `null` if the invitation cannot be accepted now. */
    backUrl: string | null;
    /** The invited address. */
    email: string;
  };
  'organization-invitation': FormValues &
    Until & {
      lead: string;
      inviter: string;
      organizationName: string;
      /** The invited address. */
      email: string;
      /** How the person accepts. */
      way: 'accept' | 'login' | 'signup' | 'closed';
      /** The text of the button. `null` if there is no way. */
      submit: string | null;
      fields: InvitationField[];
      rules: RuleView[];
      forgotUrl: string | null;
      /** Says that another user is logged in. */
      otherNote: string | null;
      otherSubmit: string | null;
      declineUrl: string;
      ways: WaysIn | null;
    };
  verification: FormValues & {
    email: string | null;
    /** Whether the page asks for the password of the account. */
    askPassword: boolean;
  };
  unblock: ButtonValues & { email: string | null };
  'passwordless-link': ButtonValues & { email: string };
  'dead-link': {
    sign: Sign;
    title: string;
    lead: string;
    /** The kind and the secret of the link. */
    kind: 'password' | 'invitation' | 'verification';
    ticket: string;
    /** The application, for the page that follows. */
    clientId: string | null;
    csrf: string;
    /** The path at which a new link is requested. `null` if the page offers none. */
    action: string | null;
    onwardUrl: string | null;
    onwardText: string;
  };
};

const form = { problem: null };

export const absentFromLinks: { [Name in keyof LinkValues]: Absent<LinkValues[Name]> } = {
  forgot: form,
  reset: form,
  invitation: form,
  'invitation-account': form,
  'invitation-provider': {},
  'decline-invitation': {},
  'organization-invitation': form,
  verification: form,
  unblock: {},
  'passwordless-link': {},
  'dead-link': {},
};
