import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Client } from '../../records/clients/clients.ts';
import type { AuthenticationErrorCode } from './authentication-errors.ts';

/** A login that an application has asked for and that waits for a person. */
export type Interaction = {
  uid: string;
  /** What names it in addresses. */
  state: string;
  clientId: string;
  /** As it was within the last second. */
  client: Client | null;
  /** Why the browser was sent: login, consent or select_account, which are settled by logging in; organization; second_factor. */
  prompt: string;
  /** The authorization request: login_hint, screen_hint, connection, ui_locales and so on. */
  params: Record<string, string | undefined>;
  /** The user who was logged in when the application asked, or null. */
  userId: string | null;
  /** Whether the tokens will let people remove their second factors: a user who has one must show it. */
  overFactors: boolean;
  /** The second factor that a script of this login asks for. */
  askedFactor: { enrolls: boolean; types: string[]; mayBeSpared: boolean } | null;
};

/** How the pages talk to the authorization server. `authentication/` provides it, `hosted-pages/` uses it. */
export type Interactions = {
  /** The login this request takes part in (`state` in its query or body, else the newest); null: it is over or not this browser's. */
  details(request: FastifyRequest, reply: FastifyReply): Promise<Interaction | null>;
  /** Makes this request part of the login with this state, which its address does not name. */
  continueWith(request: FastifyRequest, state: string): void;
  /** Where to ask for the same again, when the login that an address names is over or not this browser's; null: it doesn't say. */
  againUrl(request: FastifyRequest, reply: FastifyReply): string | null;
  /**
   * Logs the user in and sends the browser on to the application.
   * @param result.amr how the user proved who they are (RFC 8176)
   * @param result.connectionId the connection that was used, for the tenant log. Default: the user's.
   */
  finish(
    request: FastifyRequest,
    reply: FastifyReply,
    result: { userId: string; amr: string[]; remember: boolean; connectionId?: string },
  ): Promise<void>;
  /**
   * Ends the session of any other user in this browser, at once. Called when a person has just proved who they are, so that no later
   * request is answered as that other user.
   */
  welcome(request: FastifyRequest, reply: FastifyReply, userId: string): Promise<void>;
  /** The user whose session this browser holds, or null. */
  whoIsHere(request: FastifyRequest, reply: FastifyReply): Promise<string | null>;
  /** Notes which organization this login is for, before anybody has logged in. False: it is over, or for one already. */
  chooseOrganization(
    request: FastifyRequest,
    reply: FastifyReply,
    organizationId: string,
  ): Promise<boolean>;
  /**
   * Resumes with the user who is logged in: for this organization, null for none, undefined for the one that was asked for. What it
   * means is checked when the request is taken up again.
   * @param fields what the person has entered for an invitation
   */
  resume(
    request: FastifyRequest,
    reply: FastifyReply,
    organizationId: string | null | undefined,
    fields?: Record<string, unknown>,
  ): Promise<void>;
  /**
   * Goes on with a login whose browser a script has sent to a page of the operator.
   * @param brought what the page has sent
   * @returns false if no login of this browser waits for that
   */
  comeBack(
    request: FastifyRequest,
    reply: FastifyReply,
    brought: { method: string; body: Record<string, string>; query: Record<string, string> },
  ): Promise<boolean>;
  /** Sends the browser back to the application with an error. */
  abort(
    request: FastifyRequest,
    reply: FastifyReply,
    error: { error: AuthenticationErrorCode; description: string },
  ): Promise<void>;
};
