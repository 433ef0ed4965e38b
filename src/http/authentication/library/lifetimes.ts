import type { Client, KoaContextWithOIDC, RefreshToken, Session } from 'oidc-provider';
import type { Client as ClientRecord } from '../../../records/clients/clients.ts';
import type { SessionLife } from './session-life.ts';

const HOUR = 3600;
const DAY = 24 * HOUR;
/** The lifetime of tokens that do not expire, because the library needs a number. */
const FOREVER = 3650 * DAY;

const OPAQUE_TOKEN = DAY;

type SettingsOf = (client: Client) => ClientRecord['settings'];

const atLeastOne = (seconds: number) => Math.max(1, Math.floor(seconds));

/** Returns the lifetimes of the library's models, in seconds. */
export function lifetimes(settingsOf: SettingsOf, nowSeconds: () => number, life: SessionLife) {
  /** Returns the lifetime of a refresh token: its absolute or idle limit, whichever ends first. */
  function refreshTokenLife(settings: ClientRecord['settings'], begunAt: number): number {
    const { refreshToken } = settings;
    if (refreshToken.expirationType === 'non-expiring') return FOREVER;
    const absolute = refreshToken.infiniteTokenLifetime
      ? FOREVER
      : begunAt + refreshToken.tokenLifetime - nowSeconds();
    // The database stores the last use of a non-rotating token.
    const idle =
      refreshToken.infiniteIdleTokenLifetime || refreshToken.rotationType !== 'rotating'
        ? FOREVER
        : refreshToken.idleTokenLifetime;
    return Math.min(absolute, idle);
  }

  return {
    AccessToken: (
      _ctx: KoaContextWithOIDC,
      token: { resourceServer?: { accessTokenTTL?: number } },
    ) => token.resourceServer?.accessTokenTTL ?? OPAQUE_TOKEN,
    ClientCredentials: (
      _ctx: KoaContextWithOIDC,
      token: { resourceServer?: { accessTokenTTL?: number } },
    ) => token.resourceServer?.accessTokenTTL ?? OPAQUE_TOKEN,
    AuthorizationCode: 60,
    DeviceCode: 15 * 60,
    IdToken: (_ctx: KoaContextWithOIDC, _token: unknown, client: Client) =>
      settingsOf(client).jwtConfiguration.lifetimeInSeconds,
    Interaction: HOUR,
    RefreshToken: (_ctx: KoaContextWithOIDC, token: RefreshToken, client: Client) =>
      atLeastOne(refreshTokenLife(settingsOf(client), token.iiat ?? nowSeconds())),
    // A grant must outlive its refresh tokens, which are void without it.
    Grant: (ctx: KoaContextWithOIDC) => {
      const client = ctx.oidc.client;
      const offline = ctx.oidc.requestParamScopes.has('offline_access');
      const tokens = client && offline ? refreshTokenLife(settingsOf(client), nowSeconds()) : 0;
      return atLeastOne(Math.max(tokens + DAY, life.absoluteSeconds()));
    },
    Session: (_ctx: KoaContextWithOIDC, session: Session) =>
      session.loginTs === undefined
        ? HOUR
        : atLeastOne(
            Math.min(life.idleSeconds(), session.loginTs + life.absoluteSeconds() - nowSeconds()),
          ),
  };
}
