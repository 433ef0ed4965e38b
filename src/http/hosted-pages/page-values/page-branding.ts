import type { OrganizationLook } from '../brand/brand.ts';

/** The values of every page: whose page it is, and which scripts it has. */
export type PageBranding = {
  /** The application's name and logo. */
  appName?: string | null;
  logoUrl?: string | null;
  /** The page's organization. Its name, logo and colors take precedence over the application's and the operator's. */
  organization?: OrganizationLook | null;
  /** Whether to omit HTML set through the API, because its author must not read what is typed here. */
  isOurs?: boolean;
  /** Whether the page asks the browser for passkeys or security keys, and has their script. */
  usesPasskeys?: boolean;
};

/** The values of a form with nothing but a button. */
export type ButtonValues = {
  /** The title of the browser's window. */
  title: string;
  /** The path to which the form is sent. */
  action: string;
  csrf: string;
};

/** The values of a form that people fill in. */
export type FormValues = ButtonValues & {
  /** The problem of the values that were sent. */
  problem?: string | undefined;
};

/** The names of the values that a page may lack. */
export type Absent<Values> = {
  [Name in keyof Values as object extends Pick<Values, Name> ? Name : never]-?: null;
};
