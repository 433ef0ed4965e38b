/** How an import ended. */
export type ImportResult = {
  id: string;
  /** '' if the request gave none. */
  externalId: string;
  connection: string;
  status: string;
  /** '' if there is nothing to add. */
  statusDetails: string;
  inserted: number;
  updated: number;
  failed: number;
  total: number;
};

type ToUser<Data = null> = { userId: string; data: Data };
type WithLink<Data = null> = ToUser<Data> & { ticketId: string };
type ToAddress<Data> = { userId: null; data: Data };

/** An address without an account gets no mail. Storing one nevertheless takes as long. */
type LoginRequest = { language?: string; isNobody?: boolean; isInvited?: boolean };

/** What the mails of each template are about. They carry ids and never a secret: secrets are derived when a mail is rendered. */
type MailSubjects = {
  /** Without a user, the mail goes to an address whose user comes with the acceptance. */
  user_invitation: {
    userId: string | null;
    data: null;
    invitationId: string;
    campaignId: string | null;
  };
  reset_email: WithLink;
  verify_email: WithLink;
  blocked_account: WithLink<{ sourceIp: string }>;
  /** `locale`: the language that the request asked for. */
  enrollment_email: WithLink<{ locale: string } | null>;
  /** `challengeEnds`: ISO 8601. */
  mfa_oob_code: ToUser<{ challengeId: string; challengeEnds: string; clientId?: string }>;
  passwordless_code: ToAddress<LoginRequest & { passwordlessId: string }>;
  passwordless_link: ToAddress<LoginRequest & { passwordlessLinkId: string }>;
  /** Without a ticket, the connection lets only operators set passwords. */
  sign_up_account_exists: ToUser<{ clientId: string | null }> & { ticketId: string | null };
  sign_up_name_taken: ToAddress<{ connectionId: string; clientId: string | null }>;
  /** `provider`: its name for people. `clientId`: the application of the login in which it was linked. */
  identity_linked: ToUser<{ provider: string; clientId: string | null }>;
  /** `clientId`: the application of the login in which it was added. */
  passkey_added: ToUser<{ clientId: string | null }>;
  import_ended: ToUser<{ job: ImportResult }>;
  /** An invitation that was given at once, or none. */
  welcome_email: ToUser & { invitationId: string | null; campaignId: string | null };
};

export type MailTemplate = keyof MailSubjects;

type Nothing = { invitationId: null; ticketId: null; campaignId: null };
type Whole<Subject> = Subject extends unknown ? Subject & Omit<Nothing, keyof Subject> : never;

/** The template of a mail and what it is about. */
export type MailContent<Name extends MailTemplate = MailTemplate> = {
  [Each in Name]: { template: Each } & Whole<MailSubjects[Each]>;
}[Name];

type Optional<Subject> = Subject extends { data: null }
  ? Omit<Subject, 'data'> & { data?: null }
  : Subject;
type Given<Subject> = Subject extends unknown
  ? Optional<Subject> & Partial<Omit<Nothing, keyof Subject>>
  : never;

/** The content of a mail to be queued: what is `null` for its template may be left out. */
export type NewMailContent = {
  [Each in MailTemplate]: { template: Each } & Given<MailSubjects[Each]>;
}[MailTemplate];

/** The columns of a mail that say what it is about, as stored. */
export type StoredContent = {
  template: string;
  userId: string | null;
  invitationId: string | null;
  ticketId: string | null;
  campaignId: string | null;
  data: unknown;
};

/** Returns a mail's content as the columns hold it. */
export function storedContent(mail: NewMailContent): StoredContent {
  const { template, userId, invitationId = null, ticketId = null, campaignId = null } = mail;
  return { template, userId, invitationId, ticketId, campaignId, data: storedData(mail) };
}

// Rows outlive a version: a name in stored data stays.
function storedData(mail: NewMailContent): unknown {
  if (!mail.data) return null;
  switch (mail.template) {
    case 'blocked_account':
      return { source_ip: mail.data.sourceIp };
    case 'import_ended': {
      const { externalId: external_id, statusDetails: status_details, ...job } = mail.data.job;
      return { job: { ...job, external_id, status_details } };
    }
    default:
      return mail.data;
  }
}

/**
 * Returns the content of a stored mail, whichever version queued it: fields that this version does not know are ignored.
 * @returns `null` for an unknown template, and for content that does not fit its template
 */
export function readContent(stored: StoredContent): MailContent | null {
  if (!isKnown(stored.template)) return null;
  const data = stored.data ?? {};
  if (!isObject(data)) return null;
  const read: (row: Row) => object | null = READERS[stored.template];
  const subject = read({ ...stored, data });
  return subject && ({ template: stored.template, ...NOTHING, ...subject } as MailContent);
}

type Row = Omit<StoredContent, 'data'> & { data: Record<string, unknown> };

const NOTHING: Nothing = { invitationId: null, ticketId: null, campaignId: null };

const READERS: { [Name in MailTemplate]: (row: Row) => MailSubjects[Name] | null } = {
  user_invitation({ userId, invitationId, campaignId }) {
    return isText(invitationId) ? { userId, invitationId, campaignId, data: null } : null;
  },
  reset_email: (row) => withLink(row, null),
  verify_email: (row) => withLink(row, null),
  blocked_account(row) {
    const { source_ip: sourceIp } = row.data;
    return isText(sourceIp) ? withLink(row, { sourceIp }) : null;
  },
  enrollment_email(row) {
    const { locale } = row.data;
    return withLink(row, isText(locale) ? { locale } : null);
  },
  mfa_oob_code(row) {
    const { challengeId, challengeEnds, clientId } = row.data;
    if (!isText(challengeId) || !isDate(challengeEnds)) return null;
    return toUser(row, { challengeId, challengeEnds, ...(isText(clientId) && { clientId }) });
  },
  passwordless_code({ data }) {
    const { passwordlessId } = data;
    return isText(passwordlessId) ? toAddress({ passwordlessId, ...loginRequest(data) }) : null;
  },
  passwordless_link({ data }) {
    const { passwordlessLinkId } = data;
    return isText(passwordlessLinkId)
      ? toAddress({ passwordlessLinkId, ...loginRequest(data) })
      : null;
  },
  sign_up_account_exists(row) {
    const { clientId } = row.data;
    const mail = toUser(row, { clientId: isText(clientId) ? clientId : null });
    return mail && { ...mail, ticketId: row.ticketId };
  },
  sign_up_name_taken({ data }) {
    const { connectionId, clientId } = data;
    return isText(connectionId)
      ? toAddress({ connectionId, clientId: isText(clientId) ? clientId : null })
      : null;
  },
  identity_linked(row) {
    const { provider, clientId } = row.data;
    return isText(provider)
      ? toUser(row, { provider, clientId: isText(clientId) ? clientId : null })
      : null;
  },
  passkey_added(row) {
    const { clientId } = row.data;
    return toUser(row, { clientId: isText(clientId) ? clientId : null });
  },
  import_ended(row) {
    const job = readImportResult(row.data.job);
    return job && toUser(row, { job });
  },
  welcome_email(row) {
    const { invitationId, campaignId } = row;
    const mail = toUser(row, null);
    return mail && { ...mail, invitationId, campaignId };
  },
};

function toAddress<Data>(data: Data): ToAddress<Data> {
  return { userId: null, data };
}

function toUser<Data>({ userId }: Row, data: Data): ToUser<Data> | null {
  return isText(userId) ? { userId, data } : null;
}

function withLink<Data>(row: Row, data: Data): WithLink<Data> | null {
  const { userId, ticketId } = row;
  return isText(userId) && isText(ticketId) ? { userId, ticketId, data } : null;
}

function loginRequest({ language, isNobody, isInvited }: Record<string, unknown>): LoginRequest {
  return {
    ...(isText(language) && { language }),
    ...(isNobody === true && { isNobody }),
    ...(isInvited === true && { isInvited }),
  };
}

function readImportResult(job: unknown): ImportResult | null {
  if (!isObject(job)) return null;
  const { id, connection, status, inserted, updated, failed, total } = job;
  if (!isText(id) || !isText(status)) return null;
  const [externalId, statusDetails] = [job.external_id, job.status_details];
  return {
    id,
    externalId: isText(externalId) ? externalId : '',
    connection: isText(connection) ? connection : '',
    status,
    statusDetails: isText(statusDetails) ? statusDetails : '',
    inserted: Number(inserted ?? 0),
    updated: Number(updated ?? 0),
    failed: Number(failed ?? 0),
    total: Number(total ?? 0),
  };
}

function isKnown(template: string): template is MailTemplate {
  return Object.hasOwn(READERS, template);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isDate(value: unknown): value is string {
  return isText(value) && !Number.isNaN(Date.parse(value));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
