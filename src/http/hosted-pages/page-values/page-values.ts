import { absentFromLinks, type LinkValues } from './link-values.ts';
import { absentFromLogin, type LoginValues } from './login-values.ts';
import { absentFromMessages, type MessageValues } from './message-values.ts';
import { absentFromMfa, type MfaValues } from './mfa-values.ts';
import type { Absent, PageBranding } from './page-branding.ts';

export type { InvitationField, Variants } from './link-values.ts';
export type { Link } from './mfa-values.ts';
export type { PageBranding } from './page-branding.ts';
export type { RuleView } from './rule-view.ts';
export type { Sign } from './sign.ts';
export type {
  CodeWay,
  PasskeyWay,
  ProviderButton,
  ProviderLogo,
  WayLink,
  WaysIn,
} from './ways-values.ts';

/** The values of each template of a page. */
export type PageValues = LoginValues & LinkValues & MfaValues & MessageValues;

export type Template = keyof PageValues;

/** A template with its values: a missing, misspelt or superfluous value does not compile. */
export type Page<Name extends Template = Template> = {
  [Each in Name]: { template: Each; values: PageValues[Each] & PageBranding };
}[Name];

const absentFrom: { [Name in Template]: Absent<PageValues[Name]> } = {
  ...absentFromLogin,
  ...absentFromLinks,
  ...absentFromMfa,
  ...absentFromMessages,
};

const NO_BRANDING: { [Name in keyof PageBranding]-?: null } = {
  appName: null,
  logoUrl: null,
  organization: null,
  isOurs: null,
  usesPasskeys: null,
};

/** Returns the values of a page with `null` for each that the page lacks. A name that a template misspells thus has no value at all. */
export function completeValues({ template, values }: Page): Record<string, unknown> {
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  return { ...NO_BRANDING, ...absentFrom[template], ...Object.fromEntries(given) };
}
