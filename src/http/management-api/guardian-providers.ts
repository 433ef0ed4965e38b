import { type TProperties, Type } from 'typebox';
import {
  changeProvider,
  type ProviderSettings,
  readProvider,
} from '../../records/factor-settings/factor-settings.ts';
import type { BaseDeps } from './base-deps.ts';
import { type Api, route } from './route.ts';
import { closed, nullable, oneOf } from './wire.ts';

const tags = ['guardian'];
const description = 'Kept, without effect in this version. Secrets are encrypted and never shown.';

const text = (maxLength: number, more: object = {}) =>
  Type.Optional(nullable(Type.String({ minLength: 1, maxLength, ...more })));
const plain = (maxLength: number) => Type.Optional(Type.String({ maxLength }));

type Provider = {
  /** Under which it is kept. */
  name: string;
  url: string;
  summary: string;
  shown: TProperties;
  secret: TProperties;
  /** Whether its settings can be read at all. */
  readable: boolean;
};

const AWS_REGION =
  '^(?:us-east-[0-9]{1,2}|us-west-[0-9]{1,2}|ap-southeast-[0-9]{1,2}|ap-northeast-[0-9]{1,2}|ap-central-[0-9]{1,2}|eu-west-[0-9]{1,2}|eu-central-[0-9]{1,2})$';

const PROVIDERS: Provider[] = [
  {
    name: 'duo',
    url: '/guardian/factors/duo/settings',
    summary: 'the settings of Duo',
    shown: { ikey: plain(10_000), host: plain(10_000) },
    secret: { skey: Type.Optional(Type.String({ minLength: 1, maxLength: 10_000 })) },
    readable: true,
  },
  {
    name: 'apns',
    url: '/guardian/factors/push-notification/providers/apns',
    summary: 'the settings of APNs',
    shown: { sandbox: Type.Optional(Type.Boolean()), bundle_id: text(1000) },
    secret: { p12: text(10_000) },
    readable: true,
  },
  {
    name: 'fcm',
    url: '/guardian/factors/push-notification/providers/fcm',
    summary: 'the settings of FCM',
    shown: {},
    secret: { server_key: text(152) },
    readable: false,
  },
  {
    name: 'fcmv1',
    url: '/guardian/factors/push-notification/providers/fcmv1',
    summary: 'the settings of FCM v1',
    shown: {},
    secret: { server_credentials: text(10_000) },
    readable: false,
  },
  {
    name: 'sns',
    url: '/guardian/factors/push-notification/providers/sns',
    summary: 'the settings of Amazon SNS',
    shown: {
      aws_access_key_id: text(1000),
      aws_region: text(1000, { pattern: AWS_REGION }),
      sns_apns_platform_application_arn: text(1000),
      sns_gcm_platform_application_arn: text(1000),
    },
    secret: { aws_secret_access_key: text(1000) },
    readable: true,
  },
];

const PUSH = 'push-notification';
const pushProvider = { provider: oneOf(['guardian', 'sns', 'direct'], { description }) };

/** Providers of factors that this server only keeps: Duo and push notifications. */
export function guardianProviderRoutes(api: Api, deps: BaseDeps): void {
  for (const provider of PROVIDERS) providerRoutes(api, deps, provider);
  const { db, clock, keys } = deps;
  const url = '/guardian/factors/push-notification/selected-provider';
  const key = keys.encryption;
  route(api, {
    method: 'GET',
    url,
    scopes: ['read:guardian_factors'],
    summary: 'Get the provider of push notifications',
    description,
    tags,
    response: { 200: Type.Object(pushProvider) },
    async handler() {
      return { provider: (await readProvider(db, { key, name: PUSH }))?.provider ?? 'guardian' };
    },
  });
  route(api, {
    method: 'PUT',
    url,
    scopes: ['update:guardian_factors'],
    summary: 'Choose the provider of push notifications',
    description,
    tags,
    body: closed(pushProvider),
    response: { 200: Type.Object(pushProvider) },
    async handler({ body }) {
      await changeProvider(db, { key, name: PUSH, now: clock.now(), change: () => body });
      return body;
    },
  });
}

function providerRoutes(api: Api, { db, clock, keys }: BaseDeps, provider: Provider): void {
  const { name, url, summary, shown, secret, readable } = provider;
  const key = keys.encryption;
  const response = { 200: Type.Object(shown) };
  if (readable) {
    route(api, {
      method: 'GET',
      url,
      scopes: ['read:guardian_factors'],
      summary: `Get ${summary}`,
      description,
      tags,
      response,
      handler: async () => withoutNulls((await readProvider(db, { key, name })) ?? {}),
    });
  }
  for (const method of ['PUT', 'PATCH'] as const) {
    route(api, {
      method,
      url,
      scopes: ['update:guardian_factors'],
      summary: `${method === 'PUT' ? 'Set' : 'Change'} ${summary}`,
      description,
      tags,
      body: closed({ ...shown, ...secret }),
      response,
      async handler({ body }) {
        const change = (before: ProviderSettings) =>
          withoutNulls(method === 'PUT' ? body : { ...before, ...body });
        return changeProvider(db, { key, name, now: clock.now(), change });
      },
    });
  }
}

function withoutNulls(settings: ProviderSettings): ProviderSettings {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== null));
}
