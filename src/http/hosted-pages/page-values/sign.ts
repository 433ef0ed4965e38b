/** The picture above the headline of a page without a form. `page/templates/parts/sign.liquid` draws it. */
export type Sign =
  /** Success. */
  | 'good'
  /** A mail was sent. */
  | 'mail'
  /** Too late or too early. */
  | 'clock'
  /** A question. */
  | 'ask'
  /** A failure. */
  | 'oops'
  /** Not found. */
  | 'lost'
  /** Blocked or locked. */
  | 'lock'
  /** Declined. */
  | 'no'
  /** Information. */
  | 'info'
  /** A used link. */
  | 'link';
