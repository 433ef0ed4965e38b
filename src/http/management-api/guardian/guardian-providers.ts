import { type TProperties, Type } from 'typebox';
import { type Api, closed, nullable, oneOf, route } from '../route/route.ts';
import { FACTOR_PROVIDER_EFFECT, PUSH_EFFECTS } from './effects-of-guardian.ts';
import { settingRoutes } from './setting-routes.ts';

const tags = ['guardian'];

const text = (maxLength: number, more: object = {}) =>
  Type.Optional(nullable(Type.String({ minLength: 1, maxLength, ...more })));
const plain = (maxLength: number) => Type.Optional(Type.String({ maxLength }));

type Provider = {
  url: string;
  summary: string;
  shown: TProperties;
  secret: TProperties;
  /** Whether GET returns the settings. */
  readable: boolean;
};

const AWS_REGION =
  '^(?:us-east-[0-9]{1,2}|us-west-[0-9]{1,2}|ap-southeast-[0-9]{1,2}|ap-northeast-[0-9]{1,2}|ap-central-[0-9]{1,2}|eu-west-[0-9]{1,2}|eu-central-[0-9]{1,2})$';

const PROVIDERS: Provider[] = [
  {
    url: '/guardian/factors/duo/settings',
    summary: 'the Duo settings',
    shown: { ikey: plain(10_000), host: plain(10_000) },
    secret: { skey: Type.Optional(Type.String({ minLength: 1, maxLength: 10_000 })) },
    readable: true,
  },
  {
    url: '/guardian/factors/push-notification/providers/apns',
    summary: 'the APNs settings',
    shown: { sandbox: Type.Optional(Type.Boolean()), bundle_id: text(1000) },
    secret: { p12: text(10_000) },
    readable: true,
  },
  {
    url: '/guardian/factors/push-notification/providers/fcm',
    summary: 'the FCM settings',
    shown: {},
    secret: { server_key: text(152) },
    readable: false,
  },
  {
    url: '/guardian/factors/push-notification/providers/fcmv1',
    summary: 'the FCM v1 settings',
    shown: {},
    secret: { server_credentials: text(10_000) },
    readable: false,
  },
  {
    url: '/guardian/factors/push-notification/providers/sns',
    summary: 'the Amazon SNS settings',
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

const pushProvider = { provider: oneOf(['guardian', 'sns', 'direct']) };

/**
 * Providers of factors that cannot be enabled: Duo and push notifications. They have no settings, and no request can write a
 * setting that would enable one.
 */
export function guardianProviderRoutes(api: Api): void {
  for (const provider of PROVIDERS) providerRoutes(api, provider);
  settingRoutes(api, {
    url: '/guardian/factors/push-notification/selected-provider',
    title: 'the provider of push notifications',
    shown: Type.Object(pushProvider),
    body: closed(pushProvider),
    effects: PUSH_EFFECTS,
    read: async () => ({ provider: 'guardian' }),
    write: async (body) => body,
  });
}

function providerRoutes(api: Api, { url, summary, shown, secret, readable }: Provider): void {
  const response = { 200: Type.Object(shown) };
  const effects = Object.fromEntries(
    Object.keys({ ...shown, ...secret }).map((name) => [name, FACTOR_PROVIDER_EFFECT]),
  );
  if (readable) {
    route(api, {
      method: 'GET',
      url,
      scopes: ['read:guardian_factors'],
      summary: `Get ${summary}`,
      tags,
      response,
      handler: () => ({}),
    });
  }
  for (const method of ['PUT', 'PATCH'] as const) {
    route(api, {
      method,
      url,
      scopes: ['update:guardian_factors'],
      summary: `${method === 'PUT' ? 'Set' : 'Update'} ${summary}`,
      tags,
      body: closed({ ...shown, ...secret }),
      effects,
      response,
      handler: () => ({}),
    });
  }
}
