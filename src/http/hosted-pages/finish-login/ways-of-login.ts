import type { FastifyRequest } from 'fastify';
import { PAGE_PATHS } from '../../../platform/page-paths/page-paths.ts';
import { hasDomains } from '../../../records/connections/connections.ts';
import type { PageDeps } from '../deps.ts';
import type { PasskeyWay, WaysIn } from '../page-values/page-values.ts';
import { isProvider, waysIn } from '../ways-in/ways-in.ts';
import { formUrl, type LoginContext, stateQuery } from './login-context.ts';

/** Returns the ways in besides the form of a page of this login. */
export function waysOfLogin(
  deps: PageDeps,
  request: FastifyRequest,
  context: LoginContext,
  { hasLinks, passkey }: { hasLinks: boolean; passkey?: PasskeyWay | null },
): WaysIn | null {
  const { connection, connections, interaction, organizationConnections, translator } = context;
  const isNamed = interaction.params.connection !== undefined;
  const inOrganization = new Map(
    organizationConnections.map((each) => [each.connection.id, each.settings.showAsButton]),
  );
  return waysIn(deps, request, {
    translator,
    connections,
    form: isProvider(connection) ? null : connection,
    besideForm: !isProvider(connection) || connections.some(hasDomains),
    action: `${PAGE_PATHS.providerLogin}${stateQuery(interaction)}`,
    ...(isNamed && { isShown: () => true }),
    ...(inOrganization.size > 0 && {
      isShown: ({ id }) => inOrganization.get(id) !== false,
    }),
    ...(hasLinks && { urlOf: (way) => formUrl(context, way) }),
    passkey: passkey ?? null,
  });
}
