/** An event for the tenant log. Absent properties are derived from ids or from the request. */
export type LogEvent = {
  /** One of Auth0's log event codes, such as `s`, `fp`, `ss`, `scp`, `seccft`, `sapi`, `gd_auth_succeed`. */
  type: string;
  description?: string;
  userId?: string | null;
  /** Email address, username or phone number as typed or known. */
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
  /** Further details, never a secret. */
  details?: Record<string, unknown>;
  /** Key of repetitions: events of one type and key within a minute leave two entries, the second with their number. */
  repeats?: string;
};

/** Records events. It never throws and never waits: logging must not slow down or break the logged action. */
export type Audit = { record(event: LogEvent): void };
