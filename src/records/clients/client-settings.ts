/** What an application is; those after the first four are kept for clients that were made elsewhere. */
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

/** What an application may do and where people are sent back to. */
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
  /** Ids of the public keys by which it shows who it is, instead of a secret; absent: it has a secret, or nothing. */
  privateKeyJwt?: string[];
  /** Where the application starts its own login; somebody who has accepted an invitation is sent there. */
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
  /** Fields of the wire that have no name here; those that act on them read them by their name there. */
  extra: Record<string, unknown>;
};

/** What a client has when nothing is said. An application in a browser gets refresh tokens that rotate and end. */
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
