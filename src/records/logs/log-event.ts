/** Something that happened, for the tenant log. What isn't given and follows from an id or from the request is filled in. */
export type LogEvent = {
  /** One of Auth0's log event codes, such as `s`, `fp`, `ss`, `scp`, `seccft`, `sapi`, `gd_auth_succeed`. */
  type: string;
  description?: string;
  userId?: string | null;
  /** E-mail, username or phone number as typed or known. */
  userName?: string | null;
  connectionId?: string | null;
  connection?: string | null;
  clientId?: string | null;
  clientName?: string | null;
  organizationId?: string | null;
  organizationName?: string | null;
  ip?: string | null;
  userAgent?: string | null;
  audience?: string | null;
  scope?: string | null;
  strategy?: string | null;
  /** Whatever else belongs to it; never a secret. */
  details?: Record<string, unknown>;
  /** What is repeated: events of one type and key within a minute leave two entries, the second of which says how many there were. */
  repeats?: string;
};

/** Takes notes of what happens. Never throws and never waits: noting must not slow down or fail what is noted. */
export type Audit = { record(event: LogEvent): void };
