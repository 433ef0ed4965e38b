import {
  type Client,
  type Entry,
  InappropriateAuthError,
  InvalidCredentialsError,
  InvalidDNSyntaxError,
  NoSuchObjectError,
  SizeLimitExceededError,
} from 'ldapts';
import { type Egress, EgressError } from '../../../platform/egress/egress.ts';
import { failureOf, found, unavailable } from '../answers.ts';
import type { Directory, DirectoryFailure } from '../directory.ts';
import { escapeDnValue, escapeFilterValue, filled } from './escape.ts';
import { BINARY_ATTRIBUTES, profileOfEntry } from './profile-of-entry.ts';
import { type LdapSession, openLdap } from './session.ts';
import type { LdapSettings } from './settings.ts';

export type { LdapSettings } from './settings.ts';

type Deps = { egress: Egress };

const COUNT_MS = 60_000;
const COUNT_BYTES = 512 * 1024 * 1024;
const COUNT_PAGE = 1000;

/** A legacy user database in an LDAP directory: it finds the entry of a name, and proves the password by a bind. Referrals are not followed. */
export function ldapDirectory(deps: Deps, settings: LdapSettings, notStored: string[]): Directory {
  let running = 0;

  async function ask<T>(
    question: (client: Client) => Promise<T>,
    limits: { timeoutMs: number; maxBytes?: number } = { timeoutMs: settings.timeoutMs },
  ): Promise<T | DirectoryFailure> {
    if (running >= settings.maxConnections * 20) {
      return unavailable('busy', 'Too many questions to the directory are under way.');
    }
    running++;
    let session: LdapSession | null = null;
    try {
      session = await openLdap(deps.egress, settings, limits);
      return await question(session.client);
    } catch (error) {
      return failed(error, session);
    } finally {
      session?.close();
      running--;
    }
  }

  return {
    async login({ identifier, password }) {
      // A bind without a password succeeds without proving anything (RFC 4513, 5.1.2).
      if (password === '') return { kind: 'wrong', identifier, problem: null };
      return ask(async (client) => {
        const { dnTemplate } = settings;
        await bindAsService(client, settings);
        const entry =
          dnTemplate === null
            ? await findEntry(client, settings, identifier)
            : dnOf(dnTemplate, identifier);
        if (isFailure(entry)) return entry;
        const dn = typeof entry === 'string' ? entry : (entry?.dn ?? settings.baseDn);
        const refusal = await refusalOf(client, dn, password);
        if (entry === null) {
          return { kind: 'wrong', identifier: null, problem: null, isUnknown: true };
        }
        if (refusal !== null) return { kind: 'wrong', identifier, problem: refusal };
        const own = typeof entry === 'string' ? await readEntry(client, settings, entry) : entry;
        return own === null
          ? unavailable('invalid-profile', 'The entry of the user cannot be read.')
          : found(profileOfEntry(own, settings), notStored);
      });
    },

    async getUser({ identifier }) {
      return ask(async (client) => {
        const { dnTemplate } = settings;
        await bindAsService(client, settings);
        const entry =
          dnTemplate === null
            ? await findEntry(client, settings, identifier)
            : await readEntry(client, settings, dnOf(dnTemplate, identifier));
        if (isFailure(entry)) return entry;
        return entry === null
          ? { kind: 'none' }
          : found(profileOfEntry(entry, settings), notStored);
      });
    },

    ...(settings.countFilter !== null && {
      async count() {
        const { countFilter, baseDn } = settings;
        const counted = await ask(
          async (client) => {
            await bindAsService(client, settings);
            let count = 0;
            const pages = client.searchPaginated(baseDn, {
              scope: 'sub',
              filter: countFilter ?? '',
              attributes: ['1.1'],
              paged: { pageSize: COUNT_PAGE },
            });
            for await (const page of pages) count += page.searchEntries.length;
            return { kind: 'counted' as const, count };
          },
          { timeoutMs: COUNT_MS, maxBytes: COUNT_BYTES },
        );
        return counted.kind === 'counted' ? counted.count : null;
      },
    }),
  };
}

const dnOf = (template: string, identifier: string) => filled(template, identifier, escapeDnValue);

async function bindAsService(
  client: Client,
  { bindDn, bindPassword }: LdapSettings,
): Promise<void> {
  if (bindDn === null) return;
  try {
    await client.bind(bindDn, bindPassword);
  } catch (error) {
    if (error instanceof InvalidCredentialsError) throw new ServiceRefused();
    throw error;
  }
}

class ServiceRefused extends Error {
  constructor() {
    super('The directory refuses the account that searches.');
  }
}

/** Binds as the user. @returns why the directory refuses it, or `null` */
async function refusalOf(client: Client, dn: string, password: string): Promise<string | null> {
  try {
    await client.bind(dn, password);
    return null;
  } catch (error) {
    const isRefusal =
      error instanceof InvalidCredentialsError ||
      error instanceof InappropriateAuthError ||
      error instanceof NoSuchObjectError ||
      error instanceof InvalidDNSyntaxError;
    if (!isRefusal) throw error;
    // Active Directory says more, such as 533 for an account that is disabled.
    const [, code] = /\bdata ([0-9a-f]{3,4})\b/i.exec(error.message) ?? [];
    return code === undefined
      ? 'The directory refuses the password.'
      : `Active Directory: ${code}.`;
  }
}

async function findEntry(
  client: Client,
  settings: LdapSettings,
  identifier: string,
): Promise<Entry | null | DirectoryFailure> {
  const filter = filled(settings.filter ?? '', identifier, escapeFilterValue);
  try {
    const { searchEntries: entries } = await client.search(settings.baseDn, {
      scope: 'sub',
      filter,
      sizeLimit: 2,
      timeLimit: Math.ceil(settings.timeoutMs / 1000),
      ...wanted(settings),
    });
    return entries.length > 1 ? shared() : (entries[0] ?? null);
  } catch (error) {
    if (error instanceof SizeLimitExceededError) return shared();
    throw error;
  }
}

/** To take one of several entries would let one person in as another. */
function shared(): DirectoryFailure {
  return unavailable('invalid-profile', 'The filter found more than one entry for one name.');
}

async function readEntry(
  client: Client,
  settings: LdapSettings,
  dn: string,
): Promise<Entry | null> {
  try {
    const { searchEntries } = await client.search(dn, {
      scope: 'base',
      filter: '(objectClass=*)',
      ...wanted(settings),
    });
    return searchEntries[0] ?? null;
  } catch (error) {
    if (error instanceof NoSuchObjectError || error instanceof InvalidDNSyntaxError) return null;
    throw error;
  }
}

function wanted({ attributes }: LdapSettings) {
  return { attributes: Object.values(attributes), explicitBufferAttributes: BINARY_ATTRIBUTES };
}

function failed(error: unknown, session: LdapSession | null): DirectoryFailure {
  if (error instanceof EgressError) return failureOf(error);
  if (error instanceof ServiceRefused) return unavailable('failed', error.message);
  switch (session?.ended()) {
    case 'too-large':
      return unavailable('too-large', 'The directory sent too much.');
    case 'timed-out':
      return unavailable('timed-out', 'The directory did not answer in time.');
    default: {
      const name = error instanceof Error ? error.name : 'unknown';
      const code = error instanceof Error && 'code' in error ? ` ${String(error.code)}` : '';
      return unavailable('failed', `The directory failed (${name}${code}).`);
    }
  }
}

function isFailure(value: string | Entry | null | DirectoryFailure): value is DirectoryFailure {
  return typeof value === 'object' && value !== null && value.kind === 'unavailable';
}
