import { isIP } from 'node:net';
import { Type } from 'typebox';
import {
  unblockAddress,
  unblockName,
  unblockUser,
} from '../../../flows/unblock-account/unblock-account.ts';
import { attackProtection } from '../../../records/attack-protection/attack-protection.ts';
import { findConnection } from '../../../records/connections/connections.ts';
import {
  addressKey,
  FROM_ADDRESS,
  isFull,
  type LoginBlock,
  loginBlocks,
  loginBlocksOf,
  loginNamesOf,
} from '../../../records/throttles/throttles.ts';
import {
  type Api,
  type BaseDeps,
  badRequest,
  idParams,
  notFound,
  route,
  userOf,
} from '../route/route.ts';

const tags = ['user-blocks'];

const blocksSchema = Type.Object({
  blocked_for: Type.Array(
    Type.Object({
      identifier: Type.String({ description: 'Identifier that was used to sign in' }),
      ip: Type.Optional(
        Type.String({ description: 'IP address that is blocked. If absent, all addresses are.' }),
      ),
      connection: Type.Optional(Type.String({ description: 'Name of the connection' })),
    }),
  ),
});

const identifierQuery = Type.String({
  minLength: 1,
  maxLength: 320,
  description: 'Email address, username or phone number',
});
const consider = Type.Optional(
  Type.Boolean({
    description: 'With `true`, the list is empty while brute-force protection is disabled',
  }),
);

/** /user-blocks: users who cannot sign in because of too many wrong passwords; and /anomaly/blocks/ips. */
export function userBlockRoutes(api: Api, deps: BaseDeps): void {
  const { db, clock } = deps;

  const shown = async (blocks: LoginBlock[], onlyIfGuarded: boolean | undefined) => {
    const { bruteForce } = await attackProtection(db);
    const isGuarded = bruteForce.enabled && bruteForce.shields.includes('block');
    if (onlyIfGuarded === true && !isGuarded) return { blocked_for: [] };
    const names = new Map<string, string>();
    for (const { connectionId } of blocks) {
      if (!names.has(connectionId)) {
        names.set(connectionId, (await findConnection(db, connectionId))?.name ?? '');
      }
    }
    return {
      blocked_for: blocks.map(({ identifier, ip, connectionId }) => {
        const connection = names.get(connectionId);
        return { identifier, ...(ip && { ip }), ...(connection && { connection }) };
      }),
    };
  };

  route(api, {
    method: 'GET',
    url: '/user-blocks',
    scopes: ['read:users'],
    summary: 'List the blocks of an identifier',
    tags,
    query: Type.Object({
      identifier: identifierQuery,
      consider_brute_force_enablement: consider,
    }),
    response: { 200: blocksSchema },
    async handler({ query }) {
      const blocks = await loginBlocksOf(db, query.identifier, clock.now());
      return shown(blocks, query.consider_brute_force_enablement);
    },
  });

  route(api, {
    method: 'DELETE',
    url: '/user-blocks',
    scopes: ['update:users'],
    summary: 'Unblock by identifier',
    description: 'Returns 204 even if there is no block.',
    tags,
    query: Type.Object({ identifier: identifierQuery }),
    response: { 204: null },
    handler: ({ query }) => unblockName(deps, query.identifier),
  });

  route(api, {
    method: 'GET',
    url: '/user-blocks/:id',
    scopes: ['read:users'],
    summary: 'List the blocks of a user',
    tags,
    params: idParams('ID of the user'),
    query: Type.Object({ consider_brute_force_enablement: consider }),
    response: { 200: blocksSchema },
    async handler({ params, query }) {
      const user = await userOf(db, params.id);
      const blocks = await loginBlocks(db, loginNamesOf(user), clock.now());
      return shown(blocks, query.consider_brute_force_enablement);
    },
  });

  route(api, {
    method: 'DELETE',
    url: '/user-blocks/:id',
    scopes: ['update:users'],
    summary: 'Unblock a user',
    tags,
    params: idParams('ID of the user'),
    response: { 204: null },
    handler: async ({ params }) => unblockUser(deps, await userOf(db, params.id)),
  });
}

const ipParams = Type.Object({
  id: Type.String({ maxLength: 60, description: 'IP address to check' }),
});

/** /anomaly/blocks/ips: IP addresses that are blocked because of too many attempts. */
export function anomalyRoutes(api: Api, deps: BaseDeps): void {
  const { db, clock } = deps;
  const url = '/anomaly/blocks/ips/:id';
  route(api, {
    method: 'GET',
    url,
    scopes: ['read:anomaly_blocks'],
    summary: 'Check if an IP address is blocked',
    description: 'Returns 200 without a body if the address is blocked, and 404 if it is not.',
    tags: ['anomaly'],
    params: ipParams,
    response: { 200: null },
    async handler({ params }) {
      const key = addressKey(FROM_ADDRESS.login, addressOf(params.id));
      const { preLogin, enabled } = (await attackProtection(db)).suspiciousIp;
      const bucket = { key, most: preLogin.maxAttempts, everyMs: preLogin.rate };
      if (enabled && (await isFull(db, bucket, clock.now()))) return;
      throw notFound('IP address specified is not currently blocked.');
    },
  });
  route(api, {
    method: 'DELETE',
    url,
    scopes: ['delete:anomaly_blocks'],
    summary: 'Remove the blocked IP address',
    tags: ['anomaly'],
    params: ipParams,
    response: { 204: null },
    handler: ({ params }) => unblockAddress(deps, addressOf(params.id)),
  });
}

function addressOf(text: string): string {
  if (isIP(text) !== 0) return text;
  throw badRequest(
    `Path validation error: 'Object didn't pass validation for format anomaly-ip-format: ${text}' on property id (IP address to check.).`,
    'invalid_uri',
  );
}
