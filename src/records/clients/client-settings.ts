/** Type of an application. The types after the first four exist for clients that were created elsewhere. */
export type AppType =
  | 'native'
  | 'spa'
  | 'regular_web'
  | 'non_interactive'
  | 'resource_server'
  | 'express_configuration'
  | 'rms'
  | 'box'
  | 'cloudbees'
  | 'concur'
  | 'dropbox'
  | 'mscrm'
  | 'echosign'
  | 'egnyte'
  | 'newrelic'
  | 'office365'
  | 'salesforce'
  | 'sentry'
  | 'sharepoint'
  | 'slack'
  | 'springcm'
  | 'zendesk'
  | 'zoom'
  | 'sso_integration'
  | 'oag';

/** Permissions and URLs of an application. */
export type ClientSettings = {
  description?: string;
  logoUri?: string;
  appType?: AppType;
  callbacks: string[];
  allowedLogoutUrls: string[];
  allowedOrigins: string[];
  webOrigins: string[];
  grantTypes: string[];
  tokenEndpointAuthMethod: 'none' | 'client_secret_post' | 'client_secret_basic';
  /** Ids of the public keys with which the application authenticates instead of a secret. Without them it has a secret, or is public. */
  privateKeyJwt?: string[];
  /** URL at which the application starts its own login. A person who has accepted an invitation is redirected there. */
  initiateLoginUri?: string;
  clientMetadata?: Record<string, string>;
  isFirstParty: boolean;
  jwtConfiguration: {
    lifetimeInSeconds: number;
    alg?: string;
  };
  /** Lifetimes in seconds. */
  refreshToken: {
    rotationType: 'rotating' | 'non-rotating';
    expirationType: 'expiring' | 'non-expiring';
    leeway: number;
    tokenLifetime: number;
    idleTokenLifetime: number;
    infiniteTokenLifetime: boolean;
    infiniteIdleTokenLifetime: boolean;
  };
  /** API fields without a property of their own. Their readers use the API name. */
  extra: Record<string, unknown>;
};

/** Returns a client's default settings. An application in a browser gets refresh tokens that rotate and expire. */
export function settingsFor(appType: AppType | undefined): ClientSettings {
  const inBrowser = appType === 'spa';
  const isPublic = inBrowser || appType === 'native';
  return {
    ...(appType !== undefined && { appType }),
    callbacks: [],
    allowedLogoutUrls: [],
    allowedOrigins: [],
    webOrigins: [],
    grantTypes: defaultGrantTypes(appType),
    tokenEndpointAuthMethod: isPublic ? 'none' : 'client_secret_post',
    isFirstParty: true,
    jwtConfiguration: { lifetimeInSeconds: 36_000 },
    refreshToken: {
      rotationType: inBrowser ? 'rotating' : 'non-rotating',
      expirationType: inBrowser ? 'expiring' : 'non-expiring',
      leeway: 0,
      tokenLifetime: 2_592_000,
      idleTokenLifetime: 1_296_000,
      infiniteTokenLifetime: !inBrowser,
      infiniteIdleTokenLifetime: !inBrowser,
    },
    extra: {},
  };
}

function defaultGrantTypes(appType: AppType | undefined): string[] {
  if (appType === 'non_interactive') return ['client_credentials'];
  const interactive = ['authorization_code', 'implicit', 'refresh_token'];
  return appType === 'spa' || appType === 'native'
    ? interactive
    : [...interactive, 'client_credentials'];
}
