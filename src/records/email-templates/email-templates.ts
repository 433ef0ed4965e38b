import { type ColumnType, type Selectable, sql } from 'kysely';
import { renderTemplateBounded } from '../../platform/bounded-rendering/bounded-rendering.ts';
import type { Db } from '../../platform/db/db.ts';

type Tables = {
  email_templates: {
    name: string;
    settings: ColumnType<Partial<TemplateSettings>, string, string>;
    updated_at: Date;
  };
};

/** An operator's replacement of a built-in mail. Texts are Liquid. */
export type TemplateSettings = {
  body: string | null;
  from: string | null;
  subject: string | null;
  syntax: string | null;
  /** URL to which the person is redirected after the link's action. */
  resultUrl: string | null;
  urlLifetimeInSeconds: number | null;
  includeEmailInRedirect: boolean | null;
  enabled: boolean | null;
};
export type EmailTemplate = TemplateSettings & { name: string; updatedAt: Date };

const on = (db: Db) => db.withTables<Tables>();

const NOTHING_SAID: TemplateSettings = {
  body: null,
  from: null,
  subject: null,
  syntax: 'liquid',
  resultUrl: null,
  urlLifetimeInSeconds: null,
  includeEmailInRedirect: null,
  enabled: false,
};

/** Returns the template of that name, enabled or not, or `null` if there is none. */
export async function findTemplate(db: Db, name: string): Promise<EmailTemplate | null> {
  const row = await on(db)
    .selectFrom('email_templates')
    .selectAll()
    .where('name', '=', name)
    .executeTakeFirst();
  return row ? toTemplate(row) : null;
}

/** Inserts a template. Returns `duplicate` if there is one of that name. */
export async function insertTemplate(
  db: Db,
  name: string,
  settings: Partial<TemplateSettings>,
  now: Date,
): Promise<{ kind: 'inserted'; template: EmailTemplate } | { kind: 'duplicate' }> {
  const row = await on(db)
    .insertInto('email_templates')
    .values({ name, settings: JSON.stringify(settings), updated_at: now })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .returningAll()
    .executeTakeFirst();
  return row ? { kind: 'inserted', template: toTemplate(row) } : { kind: 'duplicate' };
}

/** Writes or replaces a template. */
export async function putTemplate(
  db: Db,
  name: string,
  settings: Partial<TemplateSettings>,
  now: Date,
): Promise<EmailTemplate> {
  const values = { settings: JSON.stringify(settings), updated_at: now };
  const row = await on(db)
    .insertInto('email_templates')
    .values({ name, ...values })
    .onConflict((conflict) => conflict.column('name').doUpdateSet(values))
    .returningAll()
    .executeTakeFirstOrThrow();
  return toTemplate(row);
}

/** Changes the named fields of a template. Returns `null` if there is none. */
export async function updateTemplate(
  db: Db,
  name: string,
  changes: Partial<TemplateSettings>,
  now: Date,
): Promise<EmailTemplate | null> {
  const row = await on(db)
    .updateTable('email_templates')
    .set({
      settings: sql<string>`settings || ${JSON.stringify(changes)}::jsonb`,
      updated_at: now,
    })
    .where('name', '=', name)
    .returningAll()
    .executeTakeFirst();
  return row ? toTemplate(row) : null;
}

/**
 * Returns an enabled template's settings for its link.
 * @returns `ttlSeconds` in seconds, or `undefined` for the default; `resultUrl` with the application's name and URL inserted
 */
export async function linkSettings(
  db: Db,
  name: 'reset_email' | 'verify_email',
  application: { id: string; name: string; settings: { callbacks: string[] } } | null,
): Promise<{
  ttlSeconds: number | undefined;
  resultUrl: string | null;
  includeEmailInRedirect: boolean;
}> {
  const template = await findTemplate(db, name);
  if (!template?.enabled) {
    return { ttlSeconds: undefined, resultUrl: null, includeEmailInRedirect: true };
  }
  const callback = application?.settings.callbacks[0] ?? '';
  const variables = {
    name: encodeURIComponent(application?.name ?? ''),
    clientID: application?.id ?? '',
    callback_domain: URL.canParse(callback) ? new URL(callback).origin : '',
  };
  const rendered = await renderTemplateBounded(
    'person',
    template.resultUrl ?? '',
    { application: variables, client: variables },
    'text',
  );
  const resultUrl = rendered.kind === 'ok' ? rendered.text.trim() : '';
  return {
    ttlSeconds: template.urlLifetimeInSeconds ?? undefined,
    resultUrl: URL.canParse(resultUrl) ? resultUrl : null,
    includeEmailInRedirect: template.includeEmailInRedirect ?? true,
  };
}

function toTemplate(row: Selectable<Tables['email_templates']>): EmailTemplate {
  return { ...NOTHING_SAID, ...row.settings, name: row.name, updatedAt: row.updated_at };
}
