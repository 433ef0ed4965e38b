import { Type } from 'typebox';
import {
  FACTOR_NAMES,
  readFactorSettings,
  setFactorEnabled,
  setPolicies,
} from '../../../records/factor-settings/factor-settings.ts';
import {
  type Api,
  type BaseDeps,
  closed,
  oneOf,
  refuseWithoutEffect,
  route,
} from '../route/route.ts';
import { FACTOR_EFFECTS } from './effects-of-guardian.ts';

const tags = ['guardian'];
const enabled = Type.Boolean({ description: 'Whether this factor is enabled' });
const policies = Type.Array(
  oneOf(['all-applications', 'confidence-score'], {
    description:
      '`all-applications`: always. `confidence-score`: whenever somebody has a factor; this server does not judge how risky a login is',
  }),
  { maxItems: 2, uniqueItems: true, description: 'None: only when an application asks for it' },
);

/** `/guardian/factors` and `/guardian/policies`: which second factors there are, and when they are asked for. */
export function guardianRoutes(api: Api, { db, clock }: BaseDeps): void {
  route(api, {
    method: 'GET',
    url: '/guardian/factors',
    scopes: ['read:guardian_factors'],
    summary: 'List the factors',
    description: '`otp`, `sms`, `email` and `recovery-code` can be switched on.',
    tags,
    response: {
      200: Type.Array(
        Type.Object({ name: oneOf(FACTOR_NAMES), enabled, trial_expired: Type.Boolean() }),
      ),
    },
    async handler() {
      const { factors } = await readFactorSettings(db);
      return FACTOR_NAMES.map((name) => ({
        name,
        enabled: factors[name] && !(name in FACTOR_EFFECTS),
        trial_expired: false,
      }));
    },
  });
  route(api, {
    method: 'PUT',
    url: '/guardian/factors/:name',
    scopes: ['update:guardian_factors'],
    summary: 'Switch a factor on or off',
    tags,
    params: Type.Object({ name: oneOf(FACTOR_NAMES, { description: 'Factor name' }) }),
    body: closed({ enabled }),
    response: { 200: Type.Object({ enabled }) },
    async handler({ params, body }) {
      const effect = FACTOR_EFFECTS[params.name];
      if (effect) refuseWithoutEffect('enabled', effect, body.enabled);
      await setFactorEnabled(db, {
        name: params.name,
        enabled: body.enabled,
        now: clock.now(),
      });
      return { enabled: body.enabled };
    },
  });
  route(api, {
    method: 'GET',
    url: '/guardian/policies',
    scopes: ['read:mfa_policies'],
    summary: 'Get when a second factor is asked for',
    tags,
    response: { 200: policies },
    handler: async () => (await readFactorSettings(db)).policies,
  });
  route(api, {
    method: 'PUT',
    url: '/guardian/policies',
    scopes: ['update:mfa_policies'],
    summary: 'Set when a second factor is asked for',
    tags,
    body: policies,
    response: { 200: policies },
    async handler({ body }) {
      await setPolicies(db, body, clock.now());
      return body;
    },
  });
}
