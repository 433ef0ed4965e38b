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
import { type Api, type BaseDeps, badRequest, closed, nullable, oneOf } from '../route/route.ts';
import { settingRoutes } from './setting-routes.ts';

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
  const shape = closed({ message_types: messageTypes });
  settingRoutes(api, {
    url: '/guardian/factors/phone/message-types',
    title: 'the message types of the phone factor',
    shown: Type.Object(shape.properties),
    body: shape,
    async read() {
      return { message_types: (await readFactorSettings(deps.db)).phone.messageTypes };
    },
    async write(body) {
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
  settingRoutes(api, {
    url: `/guardian/factors/${name}/selected-provider`,
    title: 'the provider of phone messages',
    shown: Type.Object({ provider }),
    body: closed({ provider }),
    async read() {
      return { provider: (await readFactorSettings(deps.db)).phone.provider };
    },
    async write(body) {
      await changePhoneDelivery(deps, { provider: body.provider });
      return body;
    },
  });
}

function messageTemplates(api: Api, deps: BaseDeps, name: Name): void {
  settingRoutes(api, {
    url: `/guardian/factors/${name}/templates`,
    title: 'the texts of phone messages',
    shown: Type.Object(templates),
    body: closed(templates),
    async read() {
      const { enrollment, verification } = await phoneTexts(deps);
      return { enrollment_message: enrollment, verification_message: verification };
    },
    async write(body) {
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
  const key = deps.keys.encryption;
  settingRoutes(api, {
    url: `/guardian/factors/${name}/providers/twilio`,
    title: 'the Twilio settings',
    descriptions: {
      get: 'Omits the authentication token.',
      set: 'If `auth_token` is absent, the stored token stays. `null` deletes it. Usher stores the token encrypted.',
    },
    shown: Type.Object(twilioShown),
    body: twilioBody,
    read: async () => (await readProvider(deps.db, { key, name: 'twilio' })) ?? {},
    write: (body) =>
      changePhoneProvider(deps, 'twilio', (before) => {
        const token = body.auth_token === undefined ? before.auth_token : body.auth_token;
        return { ...body, ...(typeof token === 'string' && { auth_token: token }) };
      }),
  });
}
