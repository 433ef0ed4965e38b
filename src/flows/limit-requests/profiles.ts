export type RequestLimitProfile =
  | 'unlimited'
  | 'auth0-free'
  | 'auth0-enterprise'
  | 'seed-free'
  | 'seed-paid';
export type LimitedApi = 'management' | 'authentication';

/** A token bucket: `burst` requests at once, and `tokens` more in each `perSeconds`, evenly spread. */
export type Rate = { burst: number; tokens: number; perSeconds: number };

/** A limit for some endpoints, in addition to that of the whole API. */
export type EndpointLimit = {
  name: string;
  api: LimitedApi;
  methods: readonly string[];
  /** Matches the route as it is registered, such as `/organizations/:id`. */
  url: RegExp;
  rate: Rate;
};

export type Limits = {
  /** `null` if the API as a whole has no limit. */
  management: Rate | null;
  authentication: Rate | null;
  endpoints: readonly EndpointLimit[];
};

const READ = ['GET'];
const WRITE = ['POST', 'PUT', 'PATCH', 'DELETE'];
const perSecond = (burst: number, tokens: number): Rate => ({ burst, tokens, perSeconds: 1 });
const perMinute = (burst: number, tokens: number): Rate => ({ burst, tokens, perSeconds: 60 });

const keyRotation: EndpointLimit = {
  name: 'keys-rotate',
  api: 'management',
  methods: ['POST'],
  url: /^\/keys\/signing\/rotate$/,
  rate: { burst: 5, tokens: 5, perSeconds: 24 * 3600 },
};
const domainVerification: EndpointLimit = {
  name: 'custom-domains-verify',
  api: 'management',
  methods: ['POST'],
  url: /^\/custom-domains\/:[^/]+\/verify$/,
  rate: perMinute(5, 5),
};
const templates = (methods: string[], rate: Rate): EndpointLimit => ({
  name: methods === READ ? 'email-templates-read' : 'email-templates-write',
  api: 'management',
  methods,
  url: /^\/email-templates(\/|$)/,
  rate,
});

/** Auth0's published limits, and the limits that its documentation named before. */
export const PROFILES: Record<Exclude<RequestLimitProfile, 'unlimited'>, Limits> = {
  'auth0-free': {
    management: perSecond(2, 2),
    authentication: perMinute(300, 300),
    endpoints: [
      templates(READ, perMinute(10, 50)),
      templates(WRITE, perMinute(5, 25)),
      {
        name: 'email-provider',
        api: 'management',
        methods: [...READ, ...WRITE],
        url: /^\/emails\/provider$/,
        rate: perMinute(5, 25),
      },
      {
        name: 'token',
        api: 'authentication',
        methods: ['POST'],
        url: /^\/oauth\/token$/,
        rate: perSecond(30, 30),
      },
      {
        name: 'change-password',
        api: 'authentication',
        methods: ['POST'],
        url: /^\/dbconnections\/change_password$/,
        rate: perMinute(10, 1),
      },
      keyRotation,
      domainVerification,
    ],
  },
  'auth0-enterprise': {
    management: perSecond(50, 16),
    authentication: perSecond(100, 100),
    endpoints: [
      {
        name: 'organization-invitations',
        api: 'management',
        methods: [...READ, ...WRITE],
        url: /^\/organizations\/:[^/]+\/invitations(\/|$)/,
        rate: perMinute(20, 200),
      },
      {
        name: 'organizations-read',
        api: 'management',
        methods: READ,
        url: /^\/organizations(\/|$)/,
        rate: perMinute(10, 100),
      },
      templates(WRITE, perMinute(10, 100)),
      keyRotation,
      domainVerification,
    ],
  },
  'seed-free': { management: perSecond(10, 2), authentication: null, endpoints: [] },
  'seed-paid': { management: perSecond(50, 15), authentication: null, endpoints: [] },
};
