import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Interaction, InteractionResults } from 'oidc-provider';
import type { Client } from '../../records/clients/clients.ts';
import { isOverFactors } from './audiences.ts';
import type { Catalog } from './catalog.ts';
import type { AuthenticationDeps } from './deps.ts';
import { endSession } from './end-session.ts';
import { openLogins } from './interaction-cookie.ts';
import { libraryContext } from './mount.ts';
import { plainPages, sendPage } from './pages.ts';
import type { AuthorizationServer } from './provider.ts';
import { acrOf, SECOND_FACTOR_PROMPT } from './second-factor-prompt.ts';

export type InteractionDetails = {
  uid: string;
  clientId: string;
  /** As it was within the last second. */
  client: Client | null;
  /** Why the browser was sent: login, consent or select_account, which are settled by logging in; organization; second_factor. */
  prompt: string;
  params: Record<string, string | undefined>;
  /** Who was logged in when the application asked; null: nobody. */
  userId: string | null;
  /** Whether the tokens will let people take their second factors away. */
  overFactors: boolean;
};

/** The seam to the pages where people log in. */
export type Interactions = {
  /** The login this request takes part in (`state` in its query or body, else the newest); null: it is over or not this browser's. */
  details(request: FastifyRequest, reply: FastifyReply): Promise<InteractionDetails | null>;
  /** Logs the user in and sends the browser on to the application. */
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
  /**
   * Goes on with who is logged in: for this organization, null for none, undefined for the one that was asked for. What it
   * means is checked when the request is taken up again.
   */
  goOn(
    request: FastifyRequest,
    reply: FastifyReply,
    organizationId: string | null | undefined,
  ): Promise<void>;
  /** Sends the browser back to the application with an error. */
  abort(
    request: FastifyRequest,
    reply: FastifyReply,
    error: { error: string; description: string },
  ): Promise<void>;
};

export function createInteractions(
  deps: Pick<AuthenticationDeps, 'db' | 'clock' | 'publicUrl' | 'pages' | 'audit'>,
  { provider, carried }: AuthorizationServer,
  catalog: Catalog,
): Interactions {
  /** Found once for each request, and changed in it. */
  const found = new WeakMap<FastifyRequest, Interaction>();
  const nowSeconds = () => Math.floor(deps.clock.now().getTime() / 1000);
  const contextOf = (request: FastifyRequest, reply: FastifyReply) =>
    libraryContext(provider, deps.publicUrl, request, reply);

  async function current(
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<Interaction | null> {
    const { cookies } = contextOf(request, reply);
    const open = openLogins(cookies);
    const uid = stateOf(request) ?? open[0];
    if (uid === undefined || !open.includes(uid)) return null;
    const known = found.get(request);
    if (known?.uid === uid) return known;
    const interaction =
      carried.read(provider, cookies, uid, nowSeconds()) ?? (await provider.Interaction.find(uid));
    if (!interaction || !(await isSessionThere(interaction))) return null;
    found.set(request, interaction);
    return interaction;
  }

  /** A login that began in a session ends with it. */
  async function isSessionThere({ session: begunWith }: Interaction): Promise<boolean> {
    if (begunWith?.uid === undefined) return true;
    const session = await provider.Session.findByUid(begunWith.uid);
    return session?.accountId === begunWith.accountId;
  }

  async function save(reply: FastifyReply, interaction: Interaction): Promise<void> {
    carried.keep(interaction.uid);
    await interaction.save(Math.max(1, interaction.exp - nowSeconds()));
    carried.forget(reply, interaction.uid);
  }

  async function settle(
    reply: FastifyReply,
    interaction: Interaction,
    result: InteractionResults,
  ): Promise<void> {
    interaction.result = result;
    await save(reply, interaction);
    await reply.redirect(interaction.returnTo, 303);
  }

  /**
   * A browser that is somebody else's so far: that session ends, and the login goes on without it.
   * @returns when somebody logged in who goes on in their session, in seconds since 1970
   */
  async function leaveOtherUser(
    request: FastifyRequest,
    reply: FastifyReply,
    interaction: Interaction,
    userId: string,
  ): Promise<number | undefined> {
    const session = await leaveAnother(request, reply, userId);
    if (session !== undefined) return session.loginTs;
    interaction.session = undefined;
    return undefined;
  }

  /** @returns the browser's session if it is this user's; any other ends */
  async function leaveAnother(request: FastifyRequest, reply: FastifyReply, userId: string) {
    const session = await provider.Session.get(contextOf(request, reply));
    if (session.accountId === userId) return session;
    if (session.accountId !== undefined) await endSession(deps, session);
    return undefined;
  }

  /** It was there when the page was shown; a second click or an hour's wait ended it. */
  async function tellItIsOver(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const page = (deps.pages ?? plainPages).error({
      error: 'invalid_request',
      description: 'This login is over. Go back to the application and start again.',
      requestId: request.id,
      request,
    });
    await sendPage(reply.code(400), page);
  }

  return {
    async details(request, reply) {
      const interaction = await current(request, reply);
      if (interaction === null) return null;
      const params: Record<string, string | undefined> = {};
      for (const [name, value] of Object.entries(interaction.params)) {
        if (typeof value === 'string') params[name] = value;
      }
      return {
        uid: interaction.uid,
        clientId: params.client_id ?? '',
        client: await catalog.client(params.client_id ?? ''),
        prompt: interaction.prompt.name,
        params,
        userId: interaction.session?.accountId ?? null,
        overFactors: isOverFactors(interaction.params.resource, `${deps.publicUrl}/`),
      };
    },

    async finish(request, reply, { userId, amr, remember }) {
      const interaction = await current(request, reply);
      if (interaction === null) return tellItIsOver(request, reply);
      const since = await leaveOtherUser(request, reply, interaction, userId);
      const before = isFactorOnly(interaction) ? since : undefined;
      await settle(reply, interaction, {
        ...(before !== undefined && {
          ...interaction.lastSubmission,
          [SECOND_FACTOR_PROMPT]: { shown: true },
        }),
        // Only a second factor is told: applications decide by it.
        login: {
          accountId: userId,
          ...(amr.includes('mfa') && { amr }),
          ...acrOf(amr),
          remember,
          // Where only the second factor was shown, the password is as old as it was.
          ts: before ?? nowSeconds(),
        },
        consent: {},
        select_account: {},
      });
      const clientId = textOf(interaction.params.client_id);
      deps.audit.record({ type: 's', userId, clientId, description: 'Successful login' });
    },

    async welcome(request, reply, userId) {
      await leaveAnother(request, reply, userId);
    },

    async whoIsHere(request, reply) {
      const session = await provider.Session.get(contextOf(request, reply));
      return session.accountId ?? null;
    },

    async chooseOrganization(request, reply, organizationId) {
      const interaction = await current(request, reply);
      if (interaction === null || interaction.params.organization) return false;
      interaction.params.organization = organizationId;
      await save(reply, interaction);
      return true;
    },

    async goOn(request, reply, organizationId) {
      const interaction = await current(request, reply);
      if (interaction === null) return tellItIsOver(request, reply);
      const isOpen = !interaction.params.organization;
      if (isOpen && typeof organizationId === 'string')
        interaction.params.organization = organizationId;
      // A login that led here still counts.
      const before = interaction.lastSubmission ?? {};
      await settle(reply, interaction, { ...before, organization: { chosen: true } });
    },

    async abort(request, reply, { error, description }) {
      const interaction = await current(request, reply);
      if (interaction === null) return tellItIsOver(request, reply);
      await settle(reply, interaction, { error, error_description: description });
    },
  };
}

function isFactorOnly({ prompt }: Interaction): boolean {
  return prompt.name === SECOND_FACTOR_PROMPT;
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function stateOf(request: FastifyRequest): string | undefined {
  for (const part of [request.body, request.query]) {
    if (typeof part !== 'object' || part === null || !('state' in part)) continue;
    if (typeof part.state === 'string') return part.state;
  }
  return undefined;
}
