import { type Static, type TSchema, Type } from 'typebox';
import type { TenantSettings } from '../../../records/settings/settings.ts';
import { badRequest, closed, LONGEST_SECONDS, nullable, oneOf, shownBy } from '../route/route.ts';
import { TENANT_EFFECTS } from './effects-of-tenant.ts';
import { kept } from './tenant-kept.ts';

const maybe = <T extends TSchema>(schema: T) => Type.Optional(schema);

const TAGS =
  'am,ar,ar-EG,ar-SA,az,bg,bn,bs,ca-ES,cnr,cs,cy,da,de,el,en,en-CA,es,es-419,es-AR,es-MX,et,eu-ES,fa,fi,fr,fr-CA,' +
  'fr-FR,gl-ES,gu,he,hi,hr,hu,hy,id,is,it,ja,ka,kk,kn,ko,lt,lv,mk,ml,mn,mr,ms,my,nb,nl,nn,no,pa,pl,pt,pt-BR,pt-PT,' +
  'ro,ru,sk,sl,so,sq,sr,sv,sw,ta,te,th,tl,tr,uk,ur,vi,zgh,zh-CN,zh-HK,zh-MO,zh-TW';
export const LOCALES = TAGS.split(',');
/** Languages that a tenant can name. Usher has built-in pages in some of them. Custom texts can be in all of them. */
export const locales = oneOf(LOCALES, { description: 'Language' });

const FLAGS =
  'change_pwd_flow_v1,enable_apis_section,disable_impersonation,enable_client_connections,enable_pipeline2,' +
  'allow_legacy_delegation_grant_types,allow_legacy_ro_grant_types,allow_legacy_tokeninfo_endpoint,' +
  'enable_legacy_profile,enable_idtoken_api2,enable_public_signup_user_exists_error,enable_sso,' +
  'allow_changing_enable_sso,disable_clickjack_protection_headers,no_disclose_enterprise_connections,' +
  'enforce_client_authentication_on_passwordless_start,enable_adfs_waad_email_verification,' +
  'revoke_refresh_token_grant,dashboard_log_streams_next,dashboard_insights_view,disable_fields_map_fix,' +
  'mfa_show_factor_list_on_enrollment,remove_alg_from_jwks,improved_signup_bot_detection_in_classic,genai_trial,' +
  'enable_dynamic_client_registration,disable_management_api_sms_obfuscation,' +
  'trust_azure_adfs_email_verified_connection_property,custom_domains_provisioning';

const text = (description: string, format?: string) =>
  Type.String({ maxLength: 2000, description, ...(format !== undefined && { format }) });
const named = {
  friendly_name: text('Name of the tenant on pages and in emails'),
  picture_url: text(
    'URL of the logo, if the branding has none. Must use HTTPS',
    'absolute-https-uri-or-empty',
  ),
  support_email: text('Email address for support', 'email-or-empty'),
  support_url: text('URL of the support page', 'absolute-uri-or-empty'),
  allowed_logout_urls: Type.Array(Type.String({ format: 'url-with-placeholders' }), {
    description: 'URLs to which a browser can be redirected after logout',
  }),
  default_audience: text('Identifier of the API for requests that name none'),
  default_directory: text('Name of the database connection for the password grant'),
  default_redirection_uri: text(
    'URL for users who come without an application. Must use HTTPS',
    'absolute-https-uri-or-empty',
  ),
  enabled_locales: Type.Array(locales, {
    minItems: 1,
    description: 'Languages of the pages. The first one is the default',
  }),
  flags: closed(Object.fromEntries(FLAGS.split(',').map((name) => [name, maybe(Type.Boolean())])), {
    description: 'Flags used to change the behavior of this tenant',
  }),
};

const lifetime = (description: string, perHour = 1) =>
  Type.Integer({ minimum: 1, maximum: (LONGEST_SECONDS / 3600) * perHour, description });
const inMinutes = () =>
  lifetime('The same lifetime in minutes. Cannot be combined with the lifetime in hours.', 60);
const LIFETIMES = {
  session_lifetime: 'sessionLifetimeMinutes',
  idle_session_lifetime: 'idleSessionLifetimeMinutes',
  ephemeral_session_lifetime: 'ephemeralSessionLifetimeMinutes',
  idle_ephemeral_session_lifetime: 'idleEphemeralSessionLifetimeMinutes',
} as const;
const hours = {
  session_lifetime: lifetime('Maximum lifetime of a session, in hours'),
  idle_session_lifetime: lifetime('Time without use after which a session ends, in hours'),
  ephemeral_session_lifetime: lifetime(
    'Maximum lifetime of a session that ends with the browser, in hours',
  ),
  idle_ephemeral_session_lifetime: lifetime(
    'Time without use after which such a session ends, in hours',
  ),
};
const minutes = {
  session_lifetime_in_minutes: inMinutes(),
  idle_session_lifetime_in_minutes: inMinutes(),
  ephemeral_session_lifetime_in_minutes: inMinutes(),
  idle_ephemeral_session_lifetime_in_minutes: inMinutes(),
};

/** Body of PATCH /tenants/settings. */
export const tenantBody = closed(
  Type.Partial(
    Type.Object({
      ...named,
      picture_url: nullable(named.picture_url),
      ...hours,
      ...minutes,
      ...kept,
    }),
  ).properties,
  { minProperties: 1 },
);

const asHours = Type.Number({ description: 'Lifetime in hours' });
/** Response of /tenants/settings. */
export const tenantSchema = Type.Partial(
  Type.Object({
    ...named,
    ...kept,
    session_lifetime: asHours,
    idle_session_lifetime: asHours,
    ephemeral_session_lifetime: asHours,
    idle_ephemeral_session_lifetime: asHours,
  }),
);

/**
 * Turns the body of a PATCH into changes.
 * @throws ApiError 400 if a lifetime is given in hours and in minutes
 */
export function tenantChanges(body: Static<typeof tenantBody>): Partial<TenantSettings> {
  const given = body as Record<string, unknown>;
  const extra = some(given, KEPT);
  const texts = {
    friendlyName: body.friendly_name,
    pictureUrl: body.picture_url,
    supportEmail: body.support_email,
    supportUrl: body.support_url,
    defaultAudience: body.default_audience,
    defaultDirectory: body.default_directory,
    defaultRedirectionUri: body.default_redirection_uri,
    ...(body.error_page !== undefined && { errorPageUrl: body.error_page?.url ?? '' }),
  };
  return {
    // An empty string deletes the setting.
    ...Object.fromEntries(
      Object.entries(texts).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, value === '' ? null : value]],
      ),
    ),
    ...(body.allowed_logout_urls !== undefined && { allowedLogoutUrls: body.allowed_logout_urls }),
    ...(body.enabled_locales !== undefined && { enabledLocales: body.enabled_locales }),
    ...lifetimesOf(given),
    ...(body.flags !== undefined && {
      flags: some(body.flags as Record<string, boolean>, FLAGS_WITH_EFFECT),
    }),
    ...(Object.keys(extra).length > 0 && { extra }),
  };
}

function lifetimesOf(given: Record<string, unknown>): Partial<TenantSettings> {
  const found: Record<string, number> = {};
  for (const [name, field] of Object.entries(LIFETIMES)) {
    const inHours = given[name];
    const inMinutes = given[`${name}_in_minutes`];
    if (inHours !== undefined && inMinutes !== undefined) {
      throw badRequest(`${name} cannot be specified together with ${name}_in_minutes.`);
    }
    if (typeof inHours === 'number') found[field] = inHours * 60;
    if (typeof inMinutes === 'number') found[field] = inMinutes;
  }
  return found;
}

// Settings with more than one possible value that have no column in the records.
const KEPT = ['allow_organization_name_in_authentication_api'];
const FLAGS_WITH_EFFECT = [
  'enable_public_signup_user_exists_error',
  'enforce_client_authentication_on_passwordless_start',
];

const some = <T>(values: Record<string, T>, names: string[]): Record<string, T> =>
  Object.fromEntries(Object.entries(values).filter(([name]) => names.includes(name)));

/** The settings in wire format. Settings that were never set and have no default are omitted. */
export function toWireTenant(settings: TenantSettings): Record<string, unknown> {
  const lifetimes = Object.entries(LIFETIMES).map(([name, field]) => [name, settings[field] / 60]);
  return shownBy(TENANT_EFFECTS, {
    allowed_logout_urls: settings.allowedLogoutUrls,
    default_audience: settings.defaultAudience ?? undefined,
    default_directory: settings.defaultDirectory ?? undefined,
    default_redirection_uri: settings.defaultRedirectionUri ?? undefined,
    enabled_locales: settings.enabledLocales,
    flags: some(settings.flags, FLAGS_WITH_EFFECT),
    friendly_name: settings.friendlyName ?? undefined,
    picture_url: settings.pictureUrl ?? undefined,
    support_email: settings.supportEmail ?? undefined,
    support_url: settings.supportUrl ?? undefined,
    ...Object.fromEntries(lifetimes),
    ...(settings.errorPageUrl !== null && { error_page: { url: settings.errorPageUrl } }),
    ...some(settings.extra, KEPT),
  });
}
