import type { Absent, ButtonValues, FormValues } from './page-branding.ts';

export type Link = { url: string; text: string };

/** The values of the pages about second factors. */
export type MfaValues = {
  'mfa-code': FormValues & {
    lead: string;
    /** The label of the field. */
    label: string;
    /** Whether letters are allowed, for a recovery code. */
    letters: boolean;
    /** The text of the button that sends another code. */
    resend: string | null;
    /** Whether the page offers to remember the browser. */
    remember: boolean;
    /** The secret for an authenticator app. `image`: a `data:` URL. */
    qr: { image: string; secret: string; uri: string } | null;
    links: Link[];
  };
  'mfa-address': FormValues & {
    lead: string;
    kind: 'phone' | 'email';
    label: string;
    /** The text that the person has typed, or the known address. */
    value: string;
    links: Link[];
  };
  'mfa-key': FormValues & {
    lead: string;
    /** Whether the browser asks for a security key, or registers one. */
    ask: 'get' | 'create';
    submit: string;
    remember: boolean;
    links: Link[];
  };
  'mfa-choices': FormValues & {
    lead: string;
    /** The name of the form field. */
    name: string;
    choices: { value: string; text: string; note: string | null }[];
  };
  'mfa-recovery-code': ButtonValues & {
    lead: string;
    /** `null` if it has been shown before. */
    code: string | null;
    /** Whether `action` is a link to the next page. */
    byLink: boolean;
  };
};

const form = { problem: null };

export const absentFromMfa: { [Name in keyof MfaValues]: Absent<MfaValues[Name]> } = {
  'mfa-code': form,
  'mfa-address': form,
  'mfa-key': form,
  'mfa-choices': form,
  'mfa-recovery-code': {},
};
