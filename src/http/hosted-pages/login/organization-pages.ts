import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  findTypedOrganization,
  organizationRules,
} from '../../../flows/enter-organization/enter-organization.ts';
import { PAGE_PATHS } from '../../../platform/page-paths/page-paths.ts';
import {
  type Organization,
  organizationsOfUser,
  titleOf,
} from '../../../records/organizations/organizations.ts';
import type { PageDeps } from '../deps.ts';
import { type UnconnectedContext, unconnectedContext } from '../finish-login/finish-login.ts';
import { formText } from '../page/page.ts';

/** Maximum on the page. A member of more organizations types the name. */
const LISTED = 100;
/** Not a valid name of an organization. */
const NONE = '-';

/** Registers `/u/organization`, which asks for the organization: by name before the login, or from the user's own after it. */
export function registerOrganizationPages(app: FastifyInstance, deps: PageDeps): void {
  app.get(PAGE_PATHS.organization, async (request, reply) => {
    const context = await unconnectedContext(deps, request, reply);
    if (!context) return reply;
    if (!mayChoose(context)) return reply.redirect(context.urls.login, 302);
    return show(deps, request, reply, context);
  });

  app.post(PAGE_PATHS.organization, async (request, reply) => {
    const context = await unconnectedContext(deps, request, reply);
    if (!context) return reply;
    if (!mayChoose(context)) return reply.redirect(context.urls.login, 303);
    const { userId } = context.interaction;
    const wanted = formText(request, 'organization').trim().toLowerCase();
    if (formText(request, 'cancel') !== '') return cancel(deps, request, reply);
    if (wanted === NONE && mayGoWithout(context)) {
      await deps.interactions.resume(request, reply, null);
      return reply;
    }
    const found = await findTypedOrganization(deps, { name: wanted, ip: request.ip });
    if (found.kind !== 'found') {
      const status = found.kind === 'throttled' ? 429 : 400;
      return show(deps, request, reply, context, wanted, status);
    }
    const { id } = found.organization;
    if (userId !== null) {
      await deps.interactions.resume(request, reply, id);
      return reply;
    }
    await deps.interactions.chooseOrganization(request, reply, id);
    return reply.redirect(context.urls.login, 303);
  });
}

function mayChoose({ client, interaction }: UnconnectedContext): boolean {
  const { usage, prompt } = organizationRules(client);
  return !interaction.params.organization && usage !== 'deny' && prompt !== 'no_prompt';
}

function mayGoWithout({ client, interaction }: UnconnectedContext): boolean {
  return interaction.userId !== null && organizationRules(client).usage === 'allow';
}

async function cancel(deps: PageDeps, request: FastifyRequest, reply: FastifyReply) {
  await deps.interactions.abort(request, reply, {
    error: 'access_denied',
    description: 'no organization was chosen',
  });
  return reply;
}

async function show(
  { db, pages, csrf }: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  context: UnconnectedContext,
  typed = '',
  status = 200,
): Promise<FastifyReply> {
  const { look, interaction, client } = context;
  const { userId } = interaction;
  const asksByName = userId === null || organizationRules(client).prompt === 'pre_login_prompt';
  const screen = asksByName ? 'organization-selection' : 'organization-picker';
  const translator = context.translator.of(screen);
  const { say } = translator;
  const mine = asksByName
    ? { organizations: [], total: 0 }
    : await organizationsOfUser(db, { userId, offset: 0, limit: LISTED });
  const withName = asksByName || mine.total > LISTED;
  const isNowhere = !withName && mine.total === 0 && !mayGoWithout(context);
  const text = isNowhere ? 'none' : asksByName ? 'name' : 'choose';
  return pages.send(reply, {
    template: 'organization',
    translator,
    status,
    values: {
      ...look,
      title: say(`organization.${text}Title`),
      lead: say(`organization.${text}Lead`, { app: client.name }),
      csrf: csrf.token(request, reply),
      action: context.urls.organization,
      choices: [
        ...mine.organizations.map(choiceOf),
        ...(mayGoWithout(context)
          ? [{ value: NONE, text: say('organization.personal'), note: null }]
          : []),
      ],
      withName,
      isNowhere,
      typed: typed || null,
      problem:
        status === 200
          ? undefined
          : say(status === 429 ? 'organization.tooMany' : 'organization.unknown'),
    },
  });
}

function choiceOf(organization: Organization) {
  const text = titleOf(organization);
  return {
    value: organization.name,
    text,
    note: text === organization.name ? null : organization.name,
  };
}
