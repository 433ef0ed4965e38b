import { type Static, Type } from 'typebox';
import {
  addMethod,
  addPasskey,
  changeMethod,
  removeMethod,
  removeMethods,
  replaceMethods,
} from '../../../flows/manage-factors/manage-factors.ts';
import { methodsOf } from '../../../flows/second-factor/second-factor.ts';
import {
  type AuthenticationMethod,
  findMethod,
} from '../../../records/authentication-methods/authentication-methods.ts';
import { readFactorSettings } from '../../../records/factor-settings/factor-settings.ts';
import { credentialDomains } from '../../../steps/verify-passkey/verify-passkey.ts';
import {
  type Api,
  ApiError,
  type BaseDeps,
  closed,
  conflict,
  idParams,
  notFound,
  noUser,
  offsetPage,
  offsetPaging,
  pageOf,
  pageQuery,
  route,
  userOf,
} from '../route/route.ts';
import {
  createMethodBody,
  methodSchema,
  noSuchField,
  patchMethodBody,
  replaceMethodsBody,
  toMethodWire,
  toNewMethod,
  toPasskey,
} from './authentication-method-wire.ts';
import { METHOD_EFFECTS } from './effects-of-authentication-methods.ts';

const params = idParams('ID of the user');
const all = { url: '/users/:id/authentication-methods', tags: ['users'], params };
const one = {
  url: `${all.url}/:authentication_method_id`,
  tags: all.tags,
  params: Type.Object({
    ...params.properties,
    authentication_method_id: Type.String({
      minLength: 1,
      maxLength: 600,
      description: 'ID of the authentication method, such as `totp|dev_…`',
    }),
  }),
};

/** `/users/{id}/authentication-methods`: the second factors of a user. Phone numbers and addresses are masked. */
export function authenticationMethodRoutes(api: Api, deps: BaseDeps): void {
  const { db } = deps;
  const show = async (methods: AuthenticationMethod[]) => {
    const { messageTypes } = (await readFactorSettings(db)).phone;
    return methods.map((method) => toMethodWire(method, messageTypes));
  };

  route(api, {
    ...all,
    method: 'GET',
    scopes: ['read:authentication_methods'],
    summary: 'List the authentication methods of a user',
    query: closed(pageQuery),
    response: { 200: pageOf('authenticators', methodSchema) },
    async handler({ params, query }) {
      const user = await userOf(db, params.id);
      const paging = offsetPaging(query);
      const methods = await methodsOf(deps, user.id);
      const { offset, limit } = paging;
      const shown = await show(methods.slice(offset, offset + limit));
      const page = offsetPage(paging, 'authenticators', shown, methods.length);
      if (methods.length > 0 || Array.isArray(page)) return page;
      // As recorded from Auth0: an empty list has no total.
      return { authenticators: [], start: offset, limit };
    },
  });
  route(api, {
    ...all,
    method: 'POST',
    scopes: ['create:authentication_methods'],
    summary: 'Add an authentication method',
    description: 'The method works at once.',
    body: createMethodBody,
    effects: METHOD_EFFECTS,
    response: { 201: methodSchema },
    async handler({ params, body }) {
      const user = await userOf(db, params.id);
      const { type, ...fields } = body;
      const outcome =
        type === 'passkey' || type === 'webauthn-roaming'
          ? await addPasskey(deps, {
              user,
              passkey: toPasskey({ ...fields, type }, await credentialDomains(deps)),
              name: body.name ?? null,
            })
          : await addMethod(deps, toNewMethod(user.id, { ...fields, type }));
      if (outcome.kind !== 'added') throw notAdded(outcome.kind);
      const [shown] = await show([outcome.method]);
      return { ...shown, confirmed: undefined, enrolled_at: undefined };
    },
  });
  route(api, {
    ...all,
    method: 'PUT',
    scopes: ['update:authentication_methods'],
    summary: 'Replace the authentication methods of a user',
    description: 'Deletes all methods that are not in the body. Users with a passkey are refused.',
    body: replaceMethodsBody,
    response: { 200: Type.Array(methodSchema) },
    async handler({ params, body }) {
      const user = await userOf(db, params.id);
      const wanted = body.map((each) => toNewMethod(user.id, each));
      const outcome = await replaceMethods(deps, { userId: user.id, wanted });
      if (outcome.kind !== 'replaced') throw notAdded(outcome.kind);
      const shown = await show(outcome.methods);
      return shown.map((each) => ({ ...each, confirmed: undefined, enrolled_at: undefined }));
    },
  });
  route(api, {
    ...all,
    method: 'DELETE',
    scopes: ['delete:authentication_methods'],
    summary: 'Delete all authentication methods of a user',
    response: { 204: null },
    async handler({ params }) {
      await removeMethods(deps, { user: await userOf(db, params.id) });
    },
  });
  oneMethodRoutes(api, deps, show);
}

type Show = (methods: AuthenticationMethod[]) => Promise<Static<typeof methodSchema>[]>;

function oneMethodRoutes(api: Api, deps: BaseDeps, show: Show): void {
  const { db } = deps;
  const named = async (given: Static<typeof one.params>) => {
    const user = await userOf(db, given.id);
    const id = given.authentication_method_id.split('|').at(-1) ?? '';
    if (id.includes('\0')) throw noMethod();
    return { user, key: { userId: user.id, id } };
  };
  route(api, {
    ...one,
    method: 'GET',
    scopes: ['read:authentication_methods'],
    summary: 'Get an authentication method of a user',
    response: { 200: methodSchema },
    async handler({ params }) {
      const { key } = await named(params);
      const method = await findMethod(db, key);
      if (!method) throw noMethod();
      return (await show([method]))[0];
    },
  });
  route(api, {
    ...one,
    method: 'PATCH',
    scopes: ['update:authentication_methods'],
    summary: 'Update the name or the preferred delivery of an authentication method',
    body: patchMethodBody,
    response: { 200: methodSchema },
    async handler({ params, body }) {
      const id = params.authentication_method_id;
      if (body.preferred_authentication_method !== undefined && !id.startsWith('phone|')) {
        throw noSuchField(id.split('|')[0] ?? '', 'preferred_authentication_method');
      }
      const changes = { name: body.name, preferred: body.preferred_authentication_method };
      const { key } = await named(params);
      const changed = await changeMethod(deps, key, changes);
      if (!changed) throw noMethod();
      const [shown] = await show([changed]);
      return { ...shown, enrolled_at: undefined, last_auth_at: undefined };
    },
  });
  route(api, {
    ...one,
    method: 'DELETE',
    scopes: ['delete:authentication_methods'],
    summary: 'Delete an authentication method of a user',
    response: { 204: null },
    async handler({ params }) {
      const { user, key } = await named(params);
      const outcome = await removeMethod(deps, { user, id: key.id });
      if (outcome.kind === 'missing') throw noMethod();
    },
  });
}

function notAdded(why: 'duplicate' | 'no_user' | 'too_many' | 'has_passkey'): ApiError {
  switch (why) {
    case 'duplicate':
      return conflict('Authentication method already exists.');
    case 'no_user':
      return noUser();
    case 'too_many':
      return new ApiError(403, 'You reached the limit of entities of this type for this user.');
    case 'has_passkey':
      return new ApiError(
        403,
        'Operation not permitted when the user has registered at least 1 passkey',
      );
  }
}

function noMethod() {
  return notFound('The authentication method could not be found.');
}
