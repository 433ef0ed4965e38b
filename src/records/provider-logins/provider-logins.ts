import { sql } from 'kysely';
import { momentAfter } from '../../platform/clock/clock.ts';
import { decrypt, encrypt, sha256 } from '../../platform/crypto/crypto.ts';
import { type Db, deletionOf } from '../../platform/db/db.ts';
import { newId, randomAlnum } from '../../platform/ids/ids.ts';

/** Maximum time in seconds from the button to the provider's answer, and once more for the proof of an account. */
export const PROVIDER_LOGIN_SECONDS = 600;

/** What a login at a provider is for. */
export type ProviderLoginPurpose =
  /** A login that an application has asked for. `state`: its name in the addresses of its pages. */
  | { kind: 'login'; state: string }
  /** The acceptance of an invitation. `profile`: what the person has entered before. */
  | { kind: 'invitation'; secret: string; profile?: Record<string, unknown> }
  /**
   * A step of a flow on a page of the application, to which the browser goes back. `holder`: the hash of the secret of the flow's browser,
   * in hex. Only who has it can use the answer.
   */
  | { kind: 'flow'; holder: string; returnUrl: string };

/** What this server must remember until the provider's answer. */
type Begun = {
  purpose: ProviderLoginPurpose;
  state: string;
  /** The address to which the provider sends the browser back. */
  redirectUri: string;
  nonce: string | null;
  verifier: string | null;
  /** The provider's page, for a browser that goes there later. */
  url: string;
};

/** A login at a provider, in the browser in which it began. */
export type ProviderLogin = {
  id: string;
  connectionId: string;
  purpose: ProviderLoginPurpose;
  /** The provider's page. */
  url: string;
  /**
   * `begun`: at the provider. `answered`: the answer is here. `used`: it was used, with or without success. `offered`: an account with the
   * address waits for its proof. `settled`: that has ended.
   */
  stage: 'begun' | 'answered' | 'used' | 'offered' | 'settled';
  /** Whether its time is over. */
  isOver: boolean;
};

type Row = {
  id: string;
  connection_id: string;
  browser_hash: Buffer;
  begun: Buffer;
  answer: Buffer | null;
  answered_at: Date | null;
  used_at: Date | null;
  offer: Buffer | null;
  account_id: string | null;
  settled_at: Date | null;
  code_id: string | null;
  expires_at: Date;
};

const COLUMNS = sql`id, connection_id, browser_hash, begun, answer, answered_at, used_at, offer, account_id, settled_at, code_id, expires_at`;

/** Returns the names of a new login: for the provider, and for the browser. */
export function newProviderLogin(): { id: string; state: string; browser: string } {
  return { id: newId('plg'), state: randomAlnum(43), browser: randomAlnum(43) };
}

/**
 * Stores a login before the browser goes to the provider.
 * @param key 32 bytes for AES-256-GCM
 */
export async function insertProviderLogin(
  db: Db,
  key: Buffer,
  login: Begun & { id: string; browser: string; connectionId: string; now: Date },
): Promise<void> {
  const { id, browser, connectionId, now, ...begun } = login;
  const sealed = encrypt(key, JSON.stringify({ id, ...begun }));
  await sql`
    insert into provider_logins (id, state_hash, browser_hash, connection_id, begun, created_at, expires_at)
    values (${id}, ${sha256(login.state)}, ${sha256(browser)}, ${connectionId}, ${sealed}, ${now},
      ${momentAfter(now, PROVIDER_LOGIN_SECONDS)})`.execute(db);
}

/** Returns the login that a provider's answer names, and the address at which the answer must arrive, or `null`. */
export async function providerLoginOf(
  db: Db,
  key: Buffer,
  state: string,
): Promise<{ id: string; redirectUri: string } | null> {
  const { rows } = await sql<Pick<Row, 'id' | 'begun'>>`
    select id, begun from provider_logins where state_hash = ${sha256(state)}`.execute(db);
  const [row] = rows;
  const begun = row && begunOf(key, row);
  return row && begun ? { id: row.id, redirectUri: begun.redirectUri } : null;
}

/** Returns the secret of a browser that has the login's secret and brought the answer, of which it has another secret. */
export function secretAfterArrival(browser: string, arrival: string): string {
  return `${sha256(browser).toString('hex')}.${arrival}`;
}

/**
 * Stores the provider's answer, once and in time. Returns false if there is one already, or the time is over.
 * @param input.arrival the secret of the browser that has brought the answer. From now on the login belongs to who has both secrets.
 */
export async function noteAnswer(
  db: Db,
  key: Buffer,
  input: { id: string; answer: Record<string, string>; arrival: string | null; now: Date },
): Promise<boolean> {
  const { arrival } = input;
  const browser =
    arrival === null
      ? sql`browser_hash`
      : sql`sha256(convert_to(encode(browser_hash, 'hex') || '.' || ${arrival}::text, 'UTF8'))`;
  const sealed = encrypt(key, JSON.stringify(input.answer));
  const { rows } = await sql`
    update provider_logins set answer = ${sealed}, answered_at = ${input.now}, browser_hash = ${browser}
    where id = ${input.id} and answered_at is null and expires_at > ${input.now} returning id`.execute(
    db,
  );
  return rows.length > 0;
}

type Key = { id: string; browser: string; now: Date };

/** Returns a login that began in this browser, in any stage, or `null`. Changes nothing. */
export async function findProviderLogin(
  db: Db,
  key: Buffer,
  { id, browser, now }: Key,
): Promise<ProviderLogin | null> {
  const { rows } = await sql<Row>`
    select ${COLUMNS} from provider_logins
    where id = ${id} and browser_hash = ${sha256(browser)}`.execute(db);
  const [row] = rows;
  const begun = row && begunOf(key, row);
  if (!row || !begun) return null;
  return {
    id,
    connectionId: row.connection_id,
    purpose: begun.purpose,
    url: begun.url,
    stage: stageOf(row),
    isOver: row.expires_at <= now,
  };
}

/**
 * Gives a login that is not at the provider yet to the browser that opens its address. Of many browsers one gets it.
 * @param input.from the secret in the address
 * @param input.to the secret that the browser keeps
 */
export async function giveToBrowser(
  db: Db,
  { id, from, to, now }: { id: string; from: string; to: string; now: Date },
): Promise<boolean> {
  const { rows } = await sql`
    update provider_logins set browser_hash = ${sha256(to)}
    where id = ${id} and browser_hash = ${sha256(from)} and answered_at is null and expires_at > ${now}
    returning id`.execute(db);
  return rows.length > 0;
}

/** Uses up the provider's answer. One caller gets it, the others get `null`. */
export async function takeAnswer(
  db: Db,
  key: Buffer,
  { id, browser, now }: Key,
): Promise<(Begun & { answer: Record<string, string> }) | null> {
  const { rows } = await sql<Row>`
    update provider_logins set used_at = ${now}
    where id = ${id} and browser_hash = ${sha256(browser)} and answered_at is not null and used_at is null
      and expires_at > ${now}
    returning ${COLUMNS}`.execute(db);
  const [row] = rows;
  const begun = row && begunOf(key, row);
  if (!row?.answer || !begun) return null;
  return { ...begun, answer: JSON.parse(decrypt(key, row.answer)) };
}

/** Lets a used login wait for the proof of an account. */
export async function offerAccount(
  db: Db,
  key: Buffer,
  input: { id: string; accountId: string; identity: unknown; now: Date },
): Promise<void> {
  const sealed = encrypt(key, JSON.stringify({ id: input.id, identity: input.identity }));
  await sql`
    update provider_logins set offer = ${sealed}, account_id = ${input.accountId},
      expires_at = ${momentAfter(input.now, PROVIDER_LOGIN_SECONDS)}
    where id = ${input.id} and used_at is not null and offer is null`.execute(db);
}

/** A proved identity that waits for the proof of an account. */
export type Offer = {
  id: string;
  connectionId: string;
  accountId: string;
  /** As it was given to {@link offerAccount}, in JSON. */
  identity: unknown;
  /** The code that was mailed, or `null`. */
  codeId: string | null;
};

/** Returns an open offer in this browser, or `null`. Changes nothing. */
export async function findOffer(db: Db, key: Buffer, login: Key): Promise<Offer | null> {
  const { rows } = await sql<Row>`
    select ${COLUMNS} from provider_logins where ${isOffered(login)}`.execute(db);
  return offerOf(key, rows[0]);
}

/** Ends an offer. One caller gets it, the others get `null`. */
export async function settleOffer(db: Db, key: Buffer, login: Key): Promise<Offer | null> {
  const { rows } = await sql<Row>`
    update provider_logins set settled_at = ${login.now} where ${isOffered(login)}
    returning ${COLUMNS}`.execute(db);
  return offerOf(key, rows[0]);
}

const MOST_ATTEMPTS = 5;

/** Notes the code that is mailed for an offer. It replaces an earlier one. Returns false if the offer has ended. */
export async function noteOfferCode(db: Db, login: Key & { codeId: string }): Promise<boolean> {
  const { rows } = await sql`
    update provider_logins set code_id = ${login.codeId}, code_attempts = 0 where ${isOffered(login)}
    returning id`.execute(db);
  return rows.length > 0;
}

/** Counts an attempt at the code of an offer before it is compared. Returns `null` if there is none, or it was tried too often. */
export async function tryOfferCode(db: Db, login: Key): Promise<{ codeId: string } | null> {
  const { rows } = await sql<{ code_id: string }>`
    update provider_logins set code_attempts = code_attempts + 1
    where ${isOffered(login)} and code_id is not null and code_attempts < ${sql.lit(MOST_ATTEMPTS)}
    returning code_id`.execute(db);
  return rows[0] ? { codeId: rows[0].code_id } : null;
}

/** Deletes up to `limit` logins that have ended. Returns how many it deleted. */
export const deleteEndedProviderLogins = deletionOf('provider_logins', {
  key: ['id'],
  ended: 'expires_at',
});

function isOffered({ id, browser, now }: Key) {
  return sql`id = ${id} and browser_hash = ${sha256(browser)} and offer is not null and settled_at is null
    and expires_at > ${now}`;
}

function offerOf(key: Buffer, row: Row | undefined): Offer | null {
  if (!row?.offer || row.account_id === null) return null;
  const { id, identity } = JSON.parse(decrypt(key, row.offer));
  if (id !== row.id) return null;
  return {
    id,
    connectionId: row.connection_id,
    accountId: row.account_id,
    identity,
    codeId: row.code_id,
  };
}

function stageOf(row: Row): ProviderLogin['stage'] {
  if (row.settled_at !== null) return 'settled';
  if (row.offer !== null) return 'offered';
  if (row.used_at !== null) return 'used';
  return row.answered_at === null ? 'begun' : 'answered';
}

/** Reads what was stored at the beginning. `null`: another key has encrypted it, or it is another login's. */
function begunOf(key: Buffer, row: Pick<Row, 'id' | 'begun'>): Begun | null {
  try {
    const { id, ...begun }: Begun & { id: string } = JSON.parse(decrypt(key, row.begun));
    return id === row.id ? begun : null;
  } catch {
    return null;
  }
}
