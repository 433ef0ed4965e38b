import { type Static, Type } from 'typebox';
import { methodsOf } from '../../../flows/second-factor/second-factor.ts';
import { type Db, transaction } from '../../../platform/db/db.ts';
import {
  type AuthenticationMethod,
  deleteMethod,
  deleteMethods,
  findMethod,
  insertMethod,
  type NewMethod,
  updateMethod,
} from '../../../records/authentication-methods/authentication-methods.ts';
import { readFactorSettings } from '../../../records/factor-settings/factor-settings.ts';
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
} from './authentication-method-wire.ts';
import { METHOD_EFFECTS } from './effects-of-authentication-methods.ts';

const tags = ['users'];
const url = '/users/:id/authentication-methods';
const params = idParams('ID of the user');
const oneParams = Type.Object({
  ...params.properties,
  authentication_method_id: Type.String({
    minLength: 1,
    maxLength: 600,
    description: 'ID of the authentication method, such as `totp|dev_…`',
  }),
});
const MOST_OF_A_KIND = 20;

/** `/users/{id}/authentication-methods`: the second factors of a user. Phone numbers and addresses are masked. */
export function authenticationMethodRoutes(api: Api, deps: BaseDeps): void {
  const { db, audit } = deps;
  const show = async (methods: AuthenticationMethod[]) => {
    const { messageTypes } = (await readFactorSettings(db)).phone;
    return methods.map((method) => toMethodWire(method, messageTypes));
  };

  route(api, {
    method: 'GET',
    url,
    scopes: ['read:authentication_methods'],
    summary: 'List the authentication methods of a user',
    tags,
    params,
    query: closed(pageQuery),
    response: { 200: pageOf('authenticators', methodSchema) },
    async handler({ params, query }) {
      const user = await userOf(db, params.id);
      const paging = offsetPaging(query);
      const all = await methodsOf(deps, user.id);
      const { offset, limit } = paging;
      const shown = await show(all.slice(offset, offset + limit));
      const page = offsetPage(paging, 'authenticators', shown, all.length);
      if (all.length > 0 || Array.isArray(page)) return page;
      // As recorded from Auth0: an empty list has no total.
      return { authenticators: [], start: offset, limit };
    },
  });
  route(api, {
    method: 'POST',
    url,
    scopes: ['create:authentication_methods'],
    summary: 'Add an authentication method',
    description: 'The method works at once.',
    tags,
    params,
    body: createMethodBody,
    effects: METHOD_EFFECTS,
    response: { 201: methodSchema },
    async handler({ params, body }) {
      const user = await userOf(db, params.id);
      const wanted = toNewMethod(user.id, body);
      const present = await methodsOf(deps, user.id);
      if (present.filter(({ kind }) => kind === wanted.kind).length >= MOST_OF_A_KIND) {
        throw new ApiError(403, 'You reached the limit of entities of this type for this user.');
      }
      const [shown] = await show([await insert(deps, db, wanted)]);
      return { ...shown, confirmed: undefined, enrolled_at: undefined };
    },
  });
  route(api, {
    method: 'PUT',
    url,
    scopes: ['update:authentication_methods'],
    summary: 'Replace the authentication methods of a user',
    description: 'Deletes all methods that are not in the body. Users with a passkey are refused.',
    tags,
    params,
    body: replaceMethodsBody,
    response: { 200: Type.Array(methodSchema) },
    async handler({ params, body }) {
      const user = await userOf(db, params.id);
      const present = await methodsOf(deps, user.id);
      if (present.some(({ kind }) => kind === 'passkey')) {
        throw new ApiError(
          403,
          'Operation not permitted when the user has registered at least 1 passkey',
        );
      }
      const wanted = body.map((each) => toNewMethod(user.id, each));
      const methods = await transaction(db, (tx) => replaceAll(deps, tx, user.id, wanted));
      const shown = await show(methods);
      return shown.map((each) => ({ ...each, confirmed: undefined, enrolled_at: undefined }));
    },
  });
  route(api, {
    method: 'DELETE',
    url,
    scopes: ['delete:authentication_methods'],
    summary: 'Delete all authentication methods of a user',
    tags,
    params,
    response: { 204: null },
    async handler({ params }) {
      const user = await userOf(db, params.id);
      await methodsOf(deps, user.id);
      const gone = await deleteMethods(db, { userId: user.id });
      if (gone > 0) audit.record({ type: 'gd_unenroll', userId: user.id, userName: user.email });
    },
  });
  oneMethodRoutes(api, deps, show);
}

type Show = (methods: AuthenticationMethod[]) => Promise<Static<typeof methodSchema>[]>;

function oneMethodRoutes(api: Api, deps: BaseDeps, show: Show): void {
  const { db, clock, audit } = deps;
  const keyOf = async (given: Static<typeof oneParams>) => {
    const user = await userOf(db, given.id);
    await methodsOf(deps, user.id);
    const id = given.authentication_method_id.split('|').at(-1) ?? '';
    if (id.includes('\0')) throw noMethod();
    return { userId: user.id, id };
  };
  route(api, {
    method: 'GET',
    url: `${url}/:authentication_method_id`,
    scopes: ['read:authentication_methods'],
    summary: 'Get an authentication method of a user',
    tags,
    params: oneParams,
    response: { 200: methodSchema },
    async handler({ params }) {
      const method = await findMethod(db, await keyOf(params));
      if (!method) throw noMethod();
      return (await show([method]))[0];
    },
  });
  route(api, {
    method: 'PATCH',
    url: `${url}/:authentication_method_id`,
    scopes: ['update:authentication_methods'],
    summary: 'Update the name or the preferred delivery of an authentication method',
    tags,
    params: oneParams,
    body: patchMethodBody,
    response: { 200: methodSchema },
    async handler({ params, body }) {
      const id = params.authentication_method_id;
      if (body.preferred_authentication_method !== undefined && !id.startsWith('phone|')) {
        throw noSuchField(id.split('|')[0] ?? '', 'preferred_authentication_method');
      }
      const changes = { name: body.name, preferred: body.preferred_authentication_method };
      const changed = await updateMethod(db, await keyOf(params), { ...changes, now: clock.now() });
      if (!changed) throw noMethod();
      const [shown] = await show([changed]);
      return { ...shown, enrolled_at: undefined, last_auth_at: undefined };
    },
  });
  route(api, {
    method: 'DELETE',
    url: `${url}/:authentication_method_id`,
    scopes: ['delete:authentication_methods'],
    summary: 'Delete an authentication method of a user',
    tags,
    params: oneParams,
    response: { 204: null },
    async handler({ params }) {
      const key = await keyOf(params);
      if (!(await deleteMethod(db, key))) throw noMethod();
      audit.record({ type: 'gd_unenroll', userId: key.userId });
    },
  });
}

async function replaceAll(
  deps: BaseDeps,
  tx: Db,
  userId: string,
  wanted: NewMethod[],
): Promise<AuthenticationMethod[]> {
  await deleteMethods(tx, { userId });
  const methods: AuthenticationMethod[] = [];
  for (const newMethod of wanted) methods.push(await insert(deps, tx, newMethod));
  return methods;
}

async function insert(
  { clock, keys }: BaseDeps,
  db: Db,
  wanted: NewMethod,
): Promise<AuthenticationMethod> {
  const outcome = await insertMethod(db, wanted, { key: keys.encryption, now: clock.now() });
  if (outcome.kind === 'inserted') return outcome.method;
  throw outcome.kind === 'duplicate' ? conflict('Authentication method already exists.') : noUser();
}

function noMethod() {
  return notFound('The authentication method could not be found.');
}
