import { Type } from 'typebox';
import {
  changeAttackProtection,
  textsOfThisHour,
} from '../../../flows/change-settings/change-settings.ts';
import { PHONE_COUNTRIES } from '../../../platform/phone-number/phone-number.ts';
import {
  readAttackProtection,
  type TextLimits,
} from '../../../records/attack-protection/attack-protection.ts';
import {
  type Api,
  type BaseDeps,
  badRequest,
  closed,
  nothingThere,
  nullable,
  oneOf,
  route,
} from '../route/route.ts';

const URL = '/attack-protection/text-messages';
const MOST = 1_000_000;

const most = (description: string) => Type.Integer({ minimum: 1, maximum: MOST, description });

const settings = {
  countries: nullable(
    closed({
      mode: oneOf(['allow', 'deny'], {
        description: 'Whether only these countries get texts, or all others',
      }),
      list: Type.Array(Type.String({ pattern: '^[A-Z]{2}$' }), {
        minItems: 1,
        maxItems: 300,
        uniqueItems: true,
        description: 'Countries (ISO 3166-1 alpha-2)',
      }),
    }),
  ),
  refuse_unassigned: Type.Boolean({
    description:
      'Whether Usher refuses numbers outside of all ranges that it knows to be in use. Ranges that are newer than the server are unknown to it. Default: `true`.',
  }),
  per_number: most('Maximum for one number from unknown places together, per hour. Default: 10.'),
  per_address: most(
    'Maximum from one IP address, or one /64 network of IPv6, to numbers that are no confirmed factors, per hour. Default: 50.',
  ),
  per_country: most('Maximum for the numbers of one country, per hour. Default: 500.'),
  total: most('Maximum for all numbers, per hour. Default: 1000.'),
};

const shown = Type.Object({
  ...settings,
  this_hour: Type.Object(
    {
      total: Type.Integer({ description: 'Texts of the running hour, refused ones included' }),
      countries: Type.Array(Type.Object({ country: Type.String(), count: Type.Integer() })),
    },
    { description: 'Use of `total` and `per_country`, the largest first' },
  ),
});

/** `/attack-protection/text-messages`: limits on texts and calls with codes. */
export function textLimitRoutes(api: Api, deps: BaseDeps): void {
  const tags = ['attack-protection'];
  const show = async (limits: TextLimits) => ({
    ...toWire(limits),
    this_hour: await textsOfThisHour(deps),
  });
  route(api, {
    method: 'GET',
    url: URL,
    scopes: ['read:attack_protection'],
    tags,
    summary: 'Get the limits on text messages',
    response: { 200: shown },
    handler: async () => show((await readAttackProtection(deps.db)).textLimits),
  });
  route(api, {
    method: 'PATCH',
    url: URL,
    scopes: ['update:attack_protection'],
    tags,
    summary: 'Update the limits on text messages',
    description:
      'They apply to texts and calls with codes, for second factors and for logins. Confirmed factors have `per_country` and `total` of their ' +
      'own, so that strangers cannot use up theirs.',
    body: Type.Partial(closed(settings), { additionalProperties: false }),
    response: { 200: shown },
    async handler({ body }) {
      const { per_number, per_address, per_country, total, refuse_unassigned, countries } = body;
      const unknown = countries?.list.find((country) => !PHONE_COUNTRIES.has(country));
      if (unknown !== undefined) {
        throw nothingThere('countries.list', `country ${unknown} with phone numbers`);
      }
      const changes: Partial<TextLimits> = {
        ...(countries !== undefined && { countries }),
        ...(refuse_unassigned !== undefined && { refuseUnassigned: refuse_unassigned }),
        ...(per_number !== undefined && { perNumber: per_number }),
        ...(per_address !== undefined && { perAddress: per_address }),
        ...(per_country !== undefined && { perCountry: per_country }),
        ...(total !== undefined && { total }),
      };
      const now = (await readAttackProtection(deps.db)).textLimits;
      const { perNumber, perAddress, perCountry, total: all } = { ...now, ...changes };
      if (perCountry > all) throw pointless('per_country', 'total');
      if (perAddress > all) throw pointless('per_address', 'total');
      if (perNumber > perCountry) throw pointless('per_number', 'per_country');
      return show(await changeAttackProtection(deps, 'textLimits', changes));
    },
  });
}

function pointless(name: string, than: string) {
  return badRequest(
    `Payload validation error: 'it has no effect above ${than}' on property ${name}.`,
  );
}

function toWire({
  countries,
  refuseUnassigned,
  perNumber,
  perAddress,
  perCountry,
  total,
}: TextLimits) {
  return {
    countries,
    refuse_unassigned: refuseUnassigned,
    per_number: perNumber,
    per_address: perAddress,
    per_country: perCountry,
    total,
  };
}
