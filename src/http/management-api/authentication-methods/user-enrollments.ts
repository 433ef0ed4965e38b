import { Type } from 'typebox';
import { removeMethods, setNewRecoveryCode } from '../../../flows/manage-factors/manage-factors.ts';
import { forgetRememberedBrowsers } from '../../../flows/remember-browser/remember-browser.ts';
import { methodsOf } from '../../../flows/second-factor/second-factor.ts';
import type {
  AuthenticationMethod,
  MethodKind,
} from '../../../records/authentication-methods/authentication-methods.ts';
import {
  type Api,
  actsOnSelf,
  type BaseDeps,
  idParams,
  noUser,
  oneOf,
  route,
  targetOf,
  userOf,
} from '../route/route.ts';
import { enrollmentSchema, noEnrollment, toEnrollment } from './enrollment-wire.ts';

const tags = ['users'];
const params = idParams('ID of the user');
const schema = Type.Object({
  ...enrollmentSchema.properties,
  type: Type.String(),
  auth_method: Type.Optional(Type.String()),
});

const AUTH_METHODS: Partial<Record<MethodKind, string>> = {
  totp: 'authenticator',
  'push-notification': 'guardian',
  phone: 'sms',
  'webauthn-roaming': 'webauthn-roaming',
  'webauthn-platform': 'webauthn-platform',
};

const PROVIDERS: Record<'duo' | 'google-authenticator', MethodKind[]> = {
  duo: [],
  'google-authenticator': ['totp'],
};

/** Older paths for the second factors of a user: enrollments, authenticators, multifactor. */
export function userEnrollmentRoutes(api: Api, deps: BaseDeps): void {
  const { db } = deps;
  route(api, {
    method: 'GET',
    url: '/users/:id/enrollments',
    scopes: ['read:users', 'read:current_user'],
    summary: 'List the enrollments of a user',
    description: 'With `read:current_user`, a token can read only its own user.',
    tags,
    params,
    response: { 200: Type.Array(schema) },
    async handler({ params, caller }) {
      const isSelf = actsOnSelf(caller, params.id, { anyone: ['read:users'] });
      const user = await targetOf(db, params.id, isSelf);
      const methods = await methodsOf(deps, user.id);
      return methods.filter(({ kind }) => kind !== 'recovery-code').map(toTypedEnrollment);
    },
  });
  route(api, {
    method: 'DELETE',
    url: '/users/:id/authenticators',
    scopes: ['delete:guardian_enrollments'],
    summary: 'Delete all authenticators of a user',
    tags,
    params,
    response: { 204: null },
    handler: async ({ params }) => removeMethods(deps, { user: await userOf(db, params.id) }),
  });
  route(api, {
    method: 'DELETE',
    url: '/users/:id/multifactor/:provider',
    scopes: ['update:users'],
    summary: 'Delete a multi-factor provider of a user',
    tags,
    params: Type.Object({
      ...params.properties,
      provider: oneOf(['duo', 'google-authenticator'], { description: 'The provider' }),
    }),
    response: { 204: null },
    async handler({ params }) {
      const user = await userOf(db, params.id);
      await removeMethods(deps, { user, kinds: PROVIDERS[params.provider] });
    },
  });
  route(api, {
    method: 'POST',
    url: '/users/:id/multifactor/actions/invalidate-remember-browser',
    scopes: ['update:users'],
    summary: 'Forget the remembered browsers of a user',
    description: 'In these browsers, the user needs a second factor again.',
    tags,
    params,
    response: { 204: null },
    async handler({ params }) {
      const user = await userOf(db, params.id);
      await forgetRememberedBrowsers(deps, user.id);
    },
  });
  route(api, {
    method: 'POST',
    url: '/users/:id/recovery-code-regeneration',
    scopes: ['update:users'],
    summary: 'Create a new recovery code for a user',
    description: 'The old recovery code stops working.',
    tags,
    params,
    response: { 200: Type.Object({ recovery_code: Type.String() }) },
    async handler({ params }) {
      const user = await userOf(db, params.id);
      const outcome = await setNewRecoveryCode(deps, user.id);
      if (outcome.kind === 'no_factor') throw noEnrollment();
      if (outcome.kind === 'no_user') throw noUser();
      return { recovery_code: outcome.code };
    },
  });
}

function toTypedEnrollment(method: AuthenticationMethod) {
  const { kind } = method;
  return {
    ...toEnrollment(method),
    type: kind === 'phone' ? 'sms' : kind === 'totp' ? 'authenticator' : kind,
    auth_method: AUTH_METHODS[kind],
  };
}
