import type { Clock } from '../../platform/clock/clock.ts';
import type { Keys } from '../../platform/crypto/crypto.ts';
import type { Db } from '../../platform/db/db.ts';
import {
  type EmailTemplate,
  insertTemplate,
  putTemplate,
  type TemplateSettings,
  updateTemplate,
} from '../../records/email-templates/email-templates.ts';
import {
  addEmailProvider,
  changeEmailProvider,
  deleteEmailProvider,
  type EmailProvider,
} from '../../records/settings/settings.ts';

export type ManageMailDeps = { db: Db; clock: Clock; keys: Pick<Keys, 'encryption'> };

/** Sets the mail server. `duplicate`: there is one. */
export async function createMailServer(
  { db, clock, keys }: ManageMailDeps,
  provider: EmailProvider,
): Promise<{ kind: 'created' | 'duplicate' }> {
  const isAdded = await addEmailProvider(db, keys.encryption, provider, clock.now());
  return { kind: isAdded ? 'created' : 'duplicate' };
}

/**
 * Changes the mail server. Concurrent changes wait for each other.
 * @param change makes the new settings of the present ones
 * @returns null: there is none
 */
export function changeMailServer(
  { db, clock, keys }: ManageMailDeps,
  change: (before: EmailProvider) => EmailProvider,
): Promise<EmailProvider | null> {
  return changeEmailProvider(db, keys.encryption, change, clock.now());
}

/** A repeat changes nothing. */
export async function removeMailServer({ db }: { db: Db }): Promise<void> {
  await deleteEmailProvider(db);
}

/** Writes a mail template that does not exist yet. */
export function createMailTemplate(
  { db, clock }: Pick<ManageMailDeps, 'db' | 'clock'>,
  name: string,
  settings: Partial<TemplateSettings>,
): ReturnType<typeof insertTemplate> {
  return insertTemplate(db, name, settings, clock.now());
}

/** Writes a mail template, whether or not it exists. */
export function replaceMailTemplate(
  { db, clock }: Pick<ManageMailDeps, 'db' | 'clock'>,
  name: string,
  settings: Partial<TemplateSettings>,
): Promise<EmailTemplate> {
  return putTemplate(db, name, settings, clock.now());
}

/** Changes only what `changes` names. @returns null: there is no such template */
export function changeMailTemplate(
  { db, clock }: Pick<ManageMailDeps, 'db' | 'clock'>,
  name: string,
  changes: Partial<TemplateSettings>,
): Promise<EmailTemplate | null> {
  return updateTemplate(db, name, changes, clock.now());
}
