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
  passkey: PasskeyWay | null;
  /** The button that sends a code at once, to an address that the page knows. */
  code: CodeWay | null;
  /** Pages with another form: for a password or a code. */
  links: WayLink[];
};

/** `action` is the path to which the button is sent. */
export type CodeWay = { text: string; action: string };

/** A link to a page with another form. `kind` is the strategy of its connection. */
export type WayLink = { kind: 'auth0' | 'email' | 'sms'; url: string; text: string };

/** The button that asks the browser for a passkey. It is hidden where no script runs. */
export type PasskeyWay = {
  /** Whether the browser shows its passkeys, or makes one. */
  ask: 'get' | 'create';
  text: string;
  /** The path to which the credential is sent. `null`: the page's own form sends it with its fields. */
  action: string | null;
  /** Whether people see the button. Otherwise passkeys are only in the list of the field for the name. */
  isShown: boolean;
  /** Whether the list of the field for the name has passkeys. */
  fillsIn: boolean;
  /** The cookie with which the browser says that it can make passkeys, or `null` if nobody asks. */
  cookie: string | null;
};
