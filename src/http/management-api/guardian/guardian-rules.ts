import { type Static, Type } from 'typebox';
import { chooseFactorRules } from '../../../flows/change-settings/change-settings.ts';
import {
  readFactorSettings,
  readRuleSubjects,
} from '../../../records/factor-settings/factor-settings.ts';
import {
  type Api,
  type BaseDeps,
  closed,
  type Effect,
  nothingThere,
  refuseWithoutEffect,
} from '../route/route.ts';
import { settingRoutes } from './setting-routes.ts';

const MOST = 100;

const ids = (description: string) =>
  Type.Array(Type.String({ minLength: 1, maxLength: 100 }), {
    maxItems: MOST,
    uniqueItems: true,
    description,
  });

const risk = {
  new_device: Type.Boolean({
    description:
      'Whether a login at a device that is new for the user needs a second factor. A device is a browser; for a login without a browser it is the network of the address.',
  }),
  new_country: Type.Boolean({
    description:
      'Whether a login from a country that is new for the user needs a second factor. It requires the setting `COUNTRY_HEADER` of the server.',
  }),
};

const rules = {
  roles: ids('IDs of roles. Users need a second factor if they have one of them.'),
  organizations: ids('IDs of organizations. Logins to one of them need a second factor.'),
  clients: ids('IDs of applications. Logins to one of them need a second factor.'),
  enrolled: Type.Boolean({ description: 'Whether users who have a factor must show it' }),
};

const body = closed({
  roles: Type.Optional(rules.roles),
  organizations: Type.Optional(rules.organizations),
  clients: Type.Optional(rules.clients),
  enrolled: Type.Optional(rules.enrolled),
  risk: Type.Optional(
    closed({
      new_device: Type.Optional(risk.new_device),
      new_country: Type.Optional(risk.new_country),
    }),
  ),
});

const NO_COUNTRY: Effect = {
  only: [false],
  because: 'the server does not know countries. Set COUNTRY_HEADER first',
};

/** `/guardian/policies/rules`: who needs a second factor, beside the policies. */
export function guardianRuleRoutes(api: Api, deps: BaseDeps): void {
  const { db } = deps;
  settingRoutes(api, {
    url: '/guardian/policies/rules',
    title: 'the rules for second factors',
    descriptions: {
      get: 'A login needs a second factor if a policy or one of these rules says so.',
      set:
        'Replaces all rules. Absent properties are empty or `false`. A rule ends when its role, organization or application is deleted. ' +
        'A connection with `"mfa": {"active": false}` is exempt.',
    },
    scopes: { read: 'read:mfa_policies', update: 'update:mfa_policies' },
    shown: Type.Object({ ...rules, risk: Type.Object(risk) }),
    body,
    async read() {
      const { enrolled, risk: signs } = (await readFactorSettings(db)).rules;
      const { newDevice: new_device, newCountry: new_country } = signs;
      return { ...(await readRuleSubjects(db)), enrolled, risk: { new_device, new_country } };
    },
    write: (input) => replaceRules(deps, input),
  });
}

async function replaceRules(deps: BaseDeps, input: Static<typeof body>) {
  const { roles = [], organizations = [], clients = [], enrolled = false } = input;
  const { new_device = false, new_country = false } = input.risk ?? {};
  if (deps.countryHeader === undefined) {
    refuseWithoutEffect('risk.new_country', NO_COUNTRY, new_country);
  }
  const subjects = { roles, organizations, clients };
  const outcome = await chooseFactorRules(deps, {
    subjects,
    rules: { enrolled, risk: { newDevice: new_device, newCountry: new_country } },
  });
  if (outcome.kind === 'missing') {
    throw nothingThere(outcome.what, `${NOUNS[outcome.what]} with the id ${outcome.id}`);
  }
  return { ...subjects, enrolled, risk: { new_device, new_country } };
}

const NOUNS = { roles: 'role', organizations: 'organization', clients: 'application' };
