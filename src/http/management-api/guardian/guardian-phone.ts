import { Type } from 'typebox';
import {
  changePhoneDelivery,
  changePhoneProvider,
  phoneTexts,
  setPhoneTexts,
} from '../../../flows/change-settings/change-settings.ts';
import {
  readFactorSettings,
  readProvider,
} from '../../../records/factor-settings/factor-settings.ts';
import { textProblem } from '../connections/connections.ts';
import {
  type Api,
  type BaseDeps,
  badRequest,
  closed,
  nullable,
  oneOf,
  route,
} from '../route/route.ts';

const tags = ['guardian'];
const read = ['read:guardian_factors'];
const update = ['update:guardian_factors'];

const messageTypes = Type.Array(oneOf(['sms', 'voice']), {
  maxItems: 2,
  uniqueItems: true,
  description: 'Ways in which codes reach a phone',
});
const provider = oneOf(['auth0', 'twilio', 'phone-message-hook'], {
  description:
    'Provider of phone messages. `auth0`: the webhook in the settings of this server, or Twilio if there is none. ' +
    '`phone-message-hook`: only the webhook.',
});
const templates = {
  enrollment_message: Type.String({
    maxLength: 1000,
    description:
      'Liquid template of the message at enrollment. It must contain `code`. Other variables: `message_type`, `locale`, `tenant.friendly_name`, `tenant.support_email` and `tenant.support_url`. Default: a text in the language of the user.',
  }),
  verification_message: Type.String({
    maxLength: 1000,
    description: 'Liquid template of the message at login, with the same variables',
  }),
};
const secret = (description: string, minLength: number, maxLength: number) =>
  Type.Optional(nullable(Type.String({ minLength, maxLength, description })));
const twilioShown = {
  from: secret('From number', 0, 64),
  messaging_service_sid: secret('Copilot SID', 1, 1000),
  sid: secret('Twilio SID', 1, 1000),
};
const twilioBody = closed({
  ...twilioShown,
  auth_token: secret('Twilio authentication token. It is never returned.', 1, 1000),
});

/** `/guardian/factors/phone` and its older name, `/guardian/factors/sms`. */
export function guardianPhoneRoutes(api: Api, deps: BaseDeps): void {
  const { db } = deps;
  route(api, {
    method: 'GET',
    url: '/guardian/factors/phone/message-types',
    scopes: read,
    summary: 'Get the message types of the phone factor',
    tags,
    response: { 200: Type.Object({ message_types: messageTypes }) },
    async handler() {
      return { message_types: (await readFactorSettings(db)).phone.messageTypes };
    },
  });
  route(api, {
    method: 'PUT',
    url: '/guardian/factors/phone/message-types',
    scopes: update,
    summary: 'Set the message types of the phone factor',
    tags,
    body: closed({ message_types: messageTypes }),
    response: { 200: Type.Object({ message_types: messageTypes }) },
    async handler({ body }) {
      await changePhoneDelivery(deps, { messageTypes: body.message_types });
      return body;
    },
  });
  for (const name of ['phone', 'sms'] as const) {
    selectedProvider(api, deps, name);
    messageTemplates(api, deps, name);
    twilio(api, deps, name);
  }
}

type Name = 'phone' | 'sms';

function selectedProvider(api: Api, deps: BaseDeps, name: Name): void {
  const url = `/guardian/factors/${name}/selected-provider`;
  const shape = { provider };
  route(api, {
    method: 'GET',
    url,
    scopes: read,
    summary: 'Get the provider of phone messages',
    tags,
    response: { 200: Type.Object(shape) },
    handler: async () => ({ provider: (await readFactorSettings(deps.db)).phone.provider }),
  });
  route(api, {
    method: 'PUT',
    url,
    scopes: update,
    summary: 'Set the provider of phone messages',
    tags,
    body: closed(shape),
    response: { 200: Type.Object(shape) },
    async handler({ body }) {
      await changePhoneDelivery(deps, { provider: body.provider });
      return body;
    },
  });
}

function messageTemplates(api: Api, deps: BaseDeps, name: Name): void {
  const url = `/guardian/factors/${name}/templates`;
  route(api, {
    method: 'GET',
    url,
    scopes: read,
    summary: 'Get the texts of phone messages',
    tags,
    response: { 200: Type.Object(templates) },
    async handler() {
      const { enrollment, verification } = await phoneTexts(deps);
      return { enrollment_message: enrollment, verification_message: verification };
    },
  });
  route(api, {
    method: 'PUT',
    url,
    scopes: update,
    summary: 'Set the texts of phone messages',
    tags,
    body: closed(templates),
    response: { 200: Type.Object(templates) },
    async handler({ body }) {
      for (const [key, text] of Object.entries(body)) await checkTemplate(key, text);
      const { enrollment_message: enrollment, verification_message: verification } = body;
      await setPhoneTexts(deps, { enrollment, verification });
      return body;
    },
  });
}

async function checkTemplate(name: string, text: string): Promise<void> {
  const problem = await textProblem(text);
  if (problem !== null) throw badRequest(`Invalid ${name} template: ${problem}`);
}

function twilio(api: Api, deps: BaseDeps, name: Name): void {
  const url = `/guardian/factors/${name}/providers/twilio`;
  const key = deps.keys.encryption;
  route(api, {
    method: 'GET',
    url,
    scopes: read,
    summary: 'Get the Twilio settings',
    description: 'Omits the authentication token.',
    tags,
    response: { 200: Type.Object(twilioShown) },
    handler: async () => (await readProvider(deps.db, { key, name: 'twilio' })) ?? {},
  });
  route(api, {
    method: 'PUT',
    url,
    scopes: update,
    summary: 'Set the Twilio settings',
    description:
      'If `auth_token` is absent, the stored token stays. `null` deletes it. Usher stores the token encrypted.',
    tags,
    body: twilioBody,
    response: { 200: Type.Object(twilioShown) },
    async handler({ body }) {
      return changePhoneProvider(deps, 'twilio', (before) => {
        const token = body.auth_token === undefined ? before.auth_token : body.auth_token;
        return { ...body, ...(typeof token === 'string' && { auth_token: token }) };
      });
    },
  });
}
