/** A button of an identity provider. */
export type ProviderButton = {
  /** The name of the connection, which the form sends. */
  name: string;
  text: string;
  /** The picture in `page/templates/parts/provider-logo.liquid`. */
  logo: ProviderLogo;
  /** The address of a picture that replaces the logo. */
  iconUrl: string | null;
  /** Whether this browser used it at the last login. */
  isLast: boolean;
};

export type ProviderLogo =
  | 'apple'
  | 'facebook'
  | 'github'
  | 'google'
  | 'linkedin'
  | 'microsoft'
  | 'generic';

/** The ways in beside a page's own form, or instead of one. */
export type WaysIn = {
  /** Whether the page has a form of its own, from which a line separates the other ways. */
  besideForm: boolean;
  /** The path to which the buttons of providers are sent. */
  action: string;
  providers: ProviderButton[];
  /** Pages with another form: for a password or a code. */
  links: WayLink[];
};

/** A link to a page with another form. `kind` is the strategy of its connection. */
export type WayLink = { kind: 'auth0' | 'email' | 'sms'; url: string; text: string };
