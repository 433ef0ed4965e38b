import type { FastifyReply, FastifyRequest } from 'fastify';
import type { InteractionResults, Interaction as LibraryInteraction } from 'oidc-provider';
import { epochSeconds } from '../../../platform/clock/clock.ts';
import type { AuthenticationErrorCode, Interactions } from '../../seams/seams.ts';
import type { Catalog } from '../clients/clients.ts';
import type { AuthenticationDeps } from '../deps.ts';
import {
  type AuthorizationServer,
  acrOf,
  type LoginState,
  noteKept,
  openLogins,
  readLoginState,
  SCRIPT_PROMPT,
  type ScriptedState,
  SECOND_FACTOR_PROMPT,
  SHOWN,
  scriptedStateIn,
} from '../library/library.ts';
import { endSession } from '../logout/logout.ts';
import { libraryContext } from '../mount.ts';
import { sendPage } from '../send-page.ts';
import { isOverFactors } from '../tokens/tokens.ts';

export { registerContinue } from './continue-route.ts';

export function createInteractions(
  deps: Pick<AuthenticationDeps, 'db' | 'clock' | 'publicUrl' | 'pages' | 'audit'>,
  { provider, carried }: AuthorizationServer,
  catalog: Catalog,
): Interactions {
  /** The interaction of each request. Found once, then changed in place. */
  const found = new WeakMap<FastifyRequest, LibraryInteraction>();
  /** The states of requests whose address names none. */
  const continued = new WeakMap<FastifyRequest, string>();
  const stateIn = (request: FastifyRequest): (LoginState & { text: string }) | undefined => {
    const text = continued.get(request) ?? stateOf(request);
    return text === undefined ? undefined : { ...readLoginState(text), text };
  };
  const nowSeconds = () => epochSeconds(deps.clock.now());
  const contextOf = (request: FastifyRequest, reply: FastifyReply) =>
    libraryContext(provider, deps.publicUrl, request, reply);

  async function current(
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<LibraryInteraction | null> {
    const open = openLogins(contextOf(request, reply));
    const state = stateIn(request) ?? open[0];
    const noted = open.find((openLogin) => openLogin.uid === state?.uid);
    if (state === undefined || noted === undefined) return null;
    const known = found.get(request);
    if (known?.uid === state.uid) return known;
    const fromAddress = noted.isKept ? null : carried.read(provider, asState(state), nowSeconds());
    const interaction = fromAddress ?? (await provider.Interaction.find(state.uid));
    if (!interaction) return null;
    if (!(await isSessionThere(interaction))) {
      if (!isLogin(interaction)) return null;
      // A user who has logged out elsewhere must log in from the start.
      interaction.session = undefined;
      interaction.lastSubmission = undefined;
    }
    found.set(request, interaction);
    return interaction;
  }

  /** Returns whether the session in which the login began still exists. */
  async function isSessionThere({ session: begunWith }: LibraryInteraction): Promise<boolean> {
    if (begunWith?.uid === undefined) return true;
    const session = await provider.Session.findByUid(begunWith.uid);
    return session?.accountId === begunWith.accountId;
  }

  async function save(
    request: FastifyRequest,
    reply: FastifyReply,
    interaction: LibraryInteraction,
  ): Promise<void> {
    carried.keep(interaction.uid);
    await interaction.save(Math.max(1, interaction.exp - nowSeconds()));
    noteKept(contextOf(request, reply), interaction.uid);
    // Our headers would overwrite the library's headers of the same name.
    const cookies = reply.raw.getHeader('set-cookie');
    reply.raw.removeHeader('set-cookie');
    if (cookies !== undefined) reply.header('set-cookie', [cookies].flat().map(String));
  }

  async function submitResult(
    request: FastifyRequest,
    reply: FastifyReply,
    interaction: LibraryInteraction,
    result: InteractionResults,
  ): Promise<void> {
    interaction.result = result;
    await save(request, reply, interaction);
    await reply.redirect(interaction.returnTo, 303);
  }

  /**
   * Ends another user's session in this browser. The login continues without it.
   * @returns the time of the login if the user's own session continues, in seconds since 1970
   */
  async function leaveOtherUser(
    request: FastifyRequest,
    reply: FastifyReply,
    interaction: LibraryInteraction,
    userId: string,
  ): Promise<number | undefined> {
    const session = await leaveAnother(request, reply, userId);
    if (session !== undefined) return session.loginTs;
    interaction.session = undefined;
    return undefined;
  }

  /** Returns the browser's session if it is this user's, and ends any other. */
  async function leaveAnother(request: FastifyRequest, reply: FastifyReply, userId: string) {
    const session = await provider.Session.get(contextOf(request, reply));
    if (session.accountId === userId) return session;
    if (session.accountId !== undefined) await endSession(deps, session);
    return undefined;
  }

  /** Shows that the login has ended, by a second click or after an hour. */
  async function tellItIsOver(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const page = deps.pages.error({
      error: 'invalid_request' satisfies AuthenticationErrorCode,
      description: 'This login has ended. Go back to the application and start again.',
      cause: { kind: 'over' },
      requestId: request.id,
      request,
    });
    await sendPage(reply.code(400), page);
  }

  return {
    continueWith(request, state) {
      continued.set(request, state);
    },

    async details(request, reply) {
      const interaction = await current(request, reply);
      if (interaction === null) return null;
      const params: Record<string, string | undefined> = {};
      for (const [name, value] of Object.entries(interaction.params)) {
        if (typeof value === 'string') params[name] = value;
      }
      const asked = stateIn(request);
      return {
        uid: interaction.uid,
        state: asked?.uid === interaction.uid ? asked.text : interaction.uid,
        clientId: params.client_id ?? '',
        client: await catalog.client(params.client_id ?? ''),
        prompt: interaction.prompt.name,
        params,
        userId: interaction.session?.accountId ?? null,
        askedFactor: askedFactorIn(interaction),
        overFactors: isOverFactors(interaction.params.resource, `${deps.publicUrl}/`),
      };
    },

    againUrl(request, reply) {
      // A browser without cookies would redirect in a loop.
      if (openLogins(contextOf(request, reply)).length === 0) return null;
      const state = stateIn(request);
      const params = state && carried.paramsOf(asState(state));
      if (!params) return null;
      const query = new URLSearchParams();
      for (const [name, value] of Object.entries(params)) {
        if (typeof value === 'string') query.set(name, value);
      }
      return `/authorize?${query}`;
    },

    async finish(request, reply, { userId, amr, remember, connectionId }) {
      const interaction = await current(request, reply);
      if (interaction === null) return tellItIsOver(request, reply);
      const since = await leaveOtherUser(request, reply, interaction, userId);
      const before = isFactorOnly(interaction) ? since : undefined;
      await submitResult(request, reply, interaction, {
        ...(before !== undefined && {
          ...interaction.lastSubmission,
          [SECOND_FACTOR_PROMPT]: { shown: true },
        }),
        // Only a second factor is reported, because applications decide by it.
        login: {
          accountId: userId,
          ...(amr.includes('mfa') && { amr }),
          ...acrOf(amr),
          remember,
          // If only the second factor was passed, the login keeps its time.
          ts: before ?? nowSeconds(),
        },
        [SHOWN]: amr,
        consent: {},
        select_account: {},
      });
      const clientId = textOf(interaction.params.client_id);
      const description = 'Successful login';
      deps.audit.record({
        type: 's',
        userId,
        clientId,
        description,
        ...(connectionId !== undefined && { connectionId }),
      });
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
      await save(request, reply, interaction);
      return true;
    },

    async resume(request, reply, organizationId, fields) {
      const interaction = await current(request, reply);
      if (interaction === null) return tellItIsOver(request, reply);
      const isOpen = !interaction.params.organization;
      if (isOpen && typeof organizationId === 'string')
        interaction.params.organization = organizationId;
      // A login before this prompt still counts.
      const before = interaction.lastSubmission ?? {};
      await submitResult(request, reply, interaction, {
        ...before,
        organization: { chosen: true, ...(fields && { fields }) },
      });
    },

    async comeBack(request, reply, brought) {
      const interaction = await current(request, reply);
      const kept = scriptedStateIn(interaction?.prompt.details);
      if (interaction?.prompt.name !== SCRIPT_PROMPT || kept?.kind !== 'away') return false;
      const { suspended } = kept;
      const state = interaction.uid;
      await submitResult(request, reply, interaction, {
        ...interaction.lastSubmission,
        scripts: { kind: 'back', suspended, state, request: brought } satisfies ScriptedState,
      });
      return true;
    },

    async abort(request, reply, { error, description }) {
      const interaction = await current(request, reply);
      if (interaction === null) return tellItIsOver(request, reply);
      await submitResult(request, reply, interaction, { error, error_description: description });
    },
  };
}

function isFactorOnly({ prompt }: LibraryInteraction): boolean {
  return prompt.name === SECOND_FACTOR_PROMPT;
}

function askedFactorIn({ lastSubmission }: LibraryInteraction) {
  const state = scriptedStateIn(lastSubmission);
  return state?.kind === 'done' ? state.effects.factor : null;
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

/** Returns whether the prompt needs a new login. */
function isLogin({ prompt }: LibraryInteraction): boolean {
  return ['login', 'consent', 'select_account'].includes(prompt.name);
}

function asState({ uid, sealed = null }: { uid: string; sealed?: string | null }): LoginState {
  return { uid, sealed };
}

function stateOf(request: FastifyRequest): string | undefined {
  for (const part of [request.body, request.query]) {
    if (typeof part !== 'object' || part === null || !('state' in part)) continue;
    if (typeof part.state === 'string') return part.state;
  }
  return undefined;
}
