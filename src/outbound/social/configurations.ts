import {
  allowInsecureRequests,
  type ClientAuth,
  type ClientMetadata,
  Configuration,
  type CustomFetch,
  clockTolerance,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
  type ServerMetadata,
} from 'openid-client';
import type { Clock } from '../../platform/clock/clock.ts';
import { sha256 } from '../../platform/crypto/crypto.ts';
import type { Egress } from '../../platform/egress/egress.ts';
import type { Provider } from './provider.ts';

/** Works as the global fetch. */
export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

/** What all logins at providers share: outgoing calls, and what providers publish about themselves. */
export type Social = {
  clock: Clock;
  /** Makes every call to a provider. */
  fetch: Fetch;
  /** Returns the address to use instead of a provider's own. */
  addressOf: (url: string) => string;
  /** Returns whether a browser may be sent to an address. */
  mayVisit: (url: string) => boolean;
  known: Map<string, Known>;
};

/** `until`: when it is read again. `end`: when it no longer counts, if reading it fails. In milliseconds. */
type Known = { until: number; end: number; configuration: Promise<Configuration> };

/** Where a provider describes itself, or its description. */
export type Server =
  /** `issuer` must be in the document, byte for byte. `null`: the library compares it with the address. */
  | { kind: 'discovered'; url: string; issuers: string[] | null }
  | { kind: 'fixed'; metadata: ServerMetadata };

export type Client = { id: string; metadata: Partial<ClientMetadata>; auth: ClientAuth };

const KNOWN_SECONDS = 600;
const RETRY_SECONDS = 60;
const LAST_WORD_SECONDS = 86_400;
const MOST_KNOWN = 200;
/** More than any provider's description, keys or profile has. */
const MOST_BYTES = 256 * 1024;
const CALL_SECONDS = 10;
/** Tolerated difference between a provider's clock and ours. */
const TOLERANCE_SECONDS = 30;

/**
 * Creates what logins at providers share.
 * @param options.endpoints other addresses by the beginning of those they replace, such as `https://github.com`
 */
export function createSocial(options: {
  clock: Clock;
  egress: Egress;
  endpoints?: Readonly<Record<string, string>>;
}): Social {
  const { clock, egress, endpoints = {} } = options;
  const addressOf = (url: string) => {
    const from = Object.keys(endpoints).find((each) => url === each || url.startsWith(`${each}/`));
    return from === undefined ? url : `${endpoints[from]}${url.slice(from.length)}`;
  };
  return {
    clock,
    fetch: (url, init) => egress.fetch(addressOf(url), { ...init, maxBytes: MOST_BYTES }),
    addressOf,
    mayVisit: egress.mayVisit,
    known: new Map(),
  };
}

type Parts = {
  server: Server;
  client: Client;
  fetch?: ((calls: Fetch) => Fetch) | undefined;
  execute: ((configuration: Configuration) => void)[];
};

/**
 * Returns the library's view of a provider. Its description is kept for ten minutes, its signing keys for five, and unknown keys are looked up
 * at most once a minute. While the provider does not describe itself, the last description counts for another day.
 */
export async function configurationOf(
  social: Social,
  provider: Provider,
  make: () => Parts,
): Promise<Configuration> {
  const { known, clock } = social;
  const key = sha256(
    JSON.stringify([provider.connectionId, provider.strategy, provider.options]),
  ).toString('base64');
  const now = clock.now().getTime();
  const kept = known.get(key);
  if (kept !== undefined && now < kept.until) return kept.configuration;
  const entry: Known = {
    until: now + KNOWN_SECONDS * 1000,
    end: now + LAST_WORD_SECONDS * 1000,
    configuration: load(social, make()).catch((error) => {
      if (kept === undefined || now >= kept.end) throw error;
      Object.assign(entry, { until: now + RETRY_SECONDS * 1000, end: kept.end });
      return kept.configuration;
    }),
  };
  known.delete(key);
  known.set(key, entry);
  const [oldest] = known.keys();
  if (known.size > MOST_KNOWN && oldest !== undefined) known.delete(oldest);
  try {
    return await entry.configuration;
  } catch (error) {
    if (known.get(key) === entry) known.delete(key);
    throw error;
  }
}

async function load(social: Social, parts: Parts): Promise<Configuration> {
  const { server, client, execute } = parts;
  const calls = asLibraryFetch(parts.fetch ? parts.fetch(social.fetch) : social.fetch);
  const metadata = { ...client.metadata, [clockTolerance]: TOLERANCE_SECONDS };
  // The module for outgoing calls decides where http is allowed. A signature counts even if TLS has protected the way of the ID token.
  const prepare = [allowInsecureRequests, enableNonRepudiationChecks, ...execute];
  if (server.kind === 'fixed') {
    const made = new Configuration(server.metadata, client.id, metadata, client.auth);
    made[customFetch] = calls;
    made.timeout = CALL_SECONDS;
    for (const each of prepare) each(made);
    return made;
  }
  const found = await discovery(new URL(server.url), client.id, metadata, client.auth, {
    [customFetch]: calls,
    timeout: CALL_SECONDS,
    execute: prepare,
  });
  const { issuer } = found.serverMetadata();
  if (server.issuers !== null && !server.issuers.includes(issuer)) {
    throw new Error(`The document at ${server.url} names another issuer, ${issuer.slice(0, 200)}.`);
  }
  return found;
}

function asLibraryFetch(calls: Fetch): CustomFetch {
  return (url, { body, ...init }) => calls(url, { ...init, body: body ?? null });
}
