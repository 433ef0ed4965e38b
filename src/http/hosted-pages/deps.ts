import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ChooseTexter } from '../../flows/choose-texter/choose-texter.ts';
import type { Clock } from '../../platform/clock/clock.ts';
import type { Keys } from '../../platform/crypto/crypto.ts';
import type { Db } from '../../platform/db/db.ts';
import type { Log } from '../../platform/log/log.ts';
import type { Enqueue } from '../../platform/tasks/tasks.ts';
import type { Client } from '../../records/clients/clients.ts';
import type { Audit } from '../../records/logs/logs.ts';
import type { BrandSource } from './brand/brand.ts';
import type { Proofs } from './browser/browser.ts';
import type { Csrf, Pages } from './page/page.ts';

/** A login that an application has asked for and that waits for a person. */
export type Interaction = {
  uid: string;
  /** What names it in addresses; its uid where absent. */
  state?: string;
  clientId: string;
  /** The application, where it is known already. */
  client?: Client | null;
  prompt: string;
  /** The authorization request: login_hint, screen_hint, connection, ui_locales and so on. */
  params: Record<string, string | undefined>;
  /** Who was logged in when the application asked; null: nobody. */
  userId: string | null;
  /** Whether the tokens will let people take their second factors away: who has one must show it, whatever else counts. */
  overFactors?: boolean;
};

/** How these pages talk to the authorization server. */
export type Interactions = {
  /** null: there is none, or it is over. */
  details(request: FastifyRequest, reply: FastifyReply): Promise<Interaction | null>;
  /** Where to ask for the same again, when the login that an address names is over or not this browser's; null: it doesn't say. */
  againUrl(request: FastifyRequest, reply: FastifyReply): string | null;
  /** The person is known: sends the browser on its way. */
  finish(
    request: FastifyRequest,
    reply: FastifyReply,
    result: { userId: string; amr: string[]; remember: boolean },
  ): Promise<void>;
  /**
   * Somebody has just proved in this browser who they are: the session of anybody else ends here and now, so that no request that
   * follows is answered as that other.
   */
  welcome(request: FastifyRequest, reply: FastifyReply, userId: string): Promise<void>;
  /** Whose session this browser holds; null: nobody's. */
  whoIsHere(request: FastifyRequest, reply: FastifyReply): Promise<string | null>;
  /** Notes which organization this login is for, before anybody has logged in. False: it is over, or for one already. */
  chooseOrganization(
    request: FastifyRequest,
    reply: FastifyReply,
    organizationId: string,
  ): Promise<boolean>;
  /** Goes on with who is logged in: for this organization, null for none, undefined for the one that was asked for. */
  goOn(
    request: FastifyRequest,
    reply: FastifyReply,
    organizationId: string | null | undefined,
  ): Promise<void>;
  abort(
    request: FastifyRequest,
    reply: FastifyReply,
    error: { error: string; description: string },
  ): Promise<void>;
};

export type HostedPagesDeps = {
  db: Db;
  clock: Clock;
  enqueue: Enqueue;
  audit: Audit;
  keys: Keys;
  log: Log;
  /** How texts reach phones. */
  texter: ChooseTexter;
  /** An origin without a slash at its end. */
  publicUrl: string;
  /** True under https. */
  secureCookies: boolean;
  interactions: Interactions;
  /** How pages look; its own when none is given. */
  brand?: BrandSource;
};

/** What the routes of this folder share. */
export type PageDeps = HostedPagesDeps & { pages: Pages; csrf: Csrf; proofs: Proofs };
