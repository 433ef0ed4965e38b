import { Type } from 'typebox';
import {
  chooseFactorPolicies,
  switchFactor,
} from '../../../flows/change-settings/change-settings.ts';
import {
  FACTOR_NAMES,
  readFactorSettings,
} from '../../../records/factor-settings/factor-settings.ts';
import { credentialDomains } from '../../../steps/verify-passkey/verify-passkey.ts';
import {
  type Api,
  type BaseDeps,
  closed,
  oneOf,
  refuseWithoutEffect,
  route,
} from '../route/route.ts';
import { FACTOR_EFFECTS, NO_KEYS } from './effects-of-guardian.ts';
import { settingRoutes } from './setting-routes.ts';

const tags = ['guardian'];
const enabled = Type.Boolean({ description: 'Whether this factor is enabled' });
const policies = Type.Array(
  oneOf(['all-applications', 'confidence-score'], {
    description:
      'When users need a second factor. `all-applications`: always. `confidence-score`: at a risk, which is a device or a country that ' +
      'is new for the user.',
  }),
  {
    maxItems: 2,
    uniqueItems: true,
    description:
      'When users need a second factor. An empty list means: only if an application, a rule or an invitation asks for it.',
  },
);

/** `/guardian/factors` and `/guardian/policies`: the second factors, and when users need one. */
export function guardianRoutes(api: Api, deps: BaseDeps): void {
  const { db } = deps;
  route(api, {
    method: 'GET',
    url: '/guardian/factors',
    scopes: ['read:guardian_factors'],
    summary: 'List the factors',
    description:
      'You can enable `otp`, `sms`, `email`, `webauthn-roaming`, `webauthn-platform` and `recovery-code`.',
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
    summary: 'Enable or disable a factor',
    tags,
    params: Type.Object({ name: oneOf(FACTOR_NAMES, { description: 'Factor name' }) }),
    body: closed({ enabled }),
    response: { 200: Type.Object({ enabled }) },
    async handler({ params, body }) {
      const effect = FACTOR_EFFECTS[params.name];
      if (effect) refuseWithoutEffect('enabled', effect, body.enabled);
      const isKey = params.name.startsWith('webauthn');
      if (isKey && (await credentialDomains(deps)).length === 0) {
        refuseWithoutEffect('enabled', NO_KEYS, body.enabled);
      }
      await switchFactor(deps, { name: params.name, enabled: body.enabled });
      return { enabled: body.enabled };
    },
  });
  settingRoutes(api, {
    url: '/guardian/policies',
    title: 'the policies for second factors',
    scopes: { read: 'read:mfa_policies', update: 'update:mfa_policies' },
    shown: policies,
    body: policies,
    read: async () => (await readFactorSettings(db)).policies,
    async write(body) {
      await chooseFactorPolicies(deps, body);
      return body;
    },
  });
}
