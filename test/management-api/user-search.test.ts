import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Connection,
  ensureDefaultConnection,
  insertConnection,
} from '../../src/records/connections/connections.ts';
import { insertUser, type NewUser, recordLogin } from '../../src/records/users/users.ts';
import { type ManagementFixture, startManagementApi } from './fixture.ts';

let api: ManagementFixture;

const day = (text: string) => new Date(`${text}Z`);

type Person = Omit<NewUser, 'connectionId' | 'now'> & { at: string; store?: string };

/** Each user is found under the local id, so that expectations read as lists of names. */
const PEOPLE: Person[] = [
  {
    localId: 'ann',
    at: '2024-01-10T08:00:00',
    email: 'Ann@Acme.test',
    emailVerified: true,
    username: 'ann.b',
    phoneNumber: '+4912345',
    phoneVerified: true,
    name: 'Ann Berg',
    givenName: 'Ann',
    familyName: 'Berg',
    nickname: 'Annie',
    appMetadata: { plan: 'gold', seats: 5, vip: true, tags: ['a', 'b'], since: '2024-03-01' },
    userMetadata: {
      city: 'Paris',
      age: 42,
      news: false,
      addresses: [{ city: 'Paris', zip: '75001' }, { city: 'Rome' }],
    },
  },
  {
    localId: 'bob',
    at: '2024-01-11T09:30:00',
    email: 'bob@acme.test',
    name: 'BOB Stone',
    givenName: 'Bob',
    familyName: 'Stone',
    nickname: 'bobby',
    blocked: true,
    appMetadata: { plan: 'free', seats: 12, vip: false, tags: [], deep: { a: [{ b: 'x' }] } },
    userMetadata: { city: 'paris', age: '42', empty: {}, none: null, list: [null] },
  },
  {
    localId: 'cleo',
    at: '2024-02-01T00:00:00',
    email: 'cleo@shop.acme.test',
    emailVerified: true,
    name: 'Cleo (van) "Dyk"',
    nickname: 'c_l%o',
    blocked: false,
    appMetadata: { plan: 'gold plus', seats: -3, note: 'a.b*c', 'odd key': 'yes' },
  },
  {
    localId: 'dan',
    at: '2024-02-29T23:59:59.999',
    email: 'dan@other.test',
    username: 'dan',
    phoneNumber: '+4999999',
    name: 'Dan\\Back_slash',
    givenName: "O'Dan; drop table users",
    appMetadata: {},
    userMetadata: { city: 'Rome', quote: 'say "hi" \\ there', nested: [[{ city: 'Oslo' }]] },
  },
  {
    localId: 'eve',
    at: '2025-06-01T12:00:00',
    store: 'Second',
    email: 'eve@other.test',
    name: 'eve',
    familyName: 'AND',
    userMetadata: { city: 'NOT', emoji: '🎉' },
  },
  { localId: 'fay:1', at: '2025-06-02T12:00:00', store: 'Second', username: 'fay' },
];
const EVERYBODY = ['ann', 'bob', 'cleo', 'dan', 'eve', 'fay:1'];
const except = (...names: string[]) => EVERYBODY.filter((name) => !names.includes(name));

beforeAll(async () => {
  api = await startManagementApi();
  const { db } = api.database;
  const first = await ensureDefaultConnection(db, new Date());
  const second: Connection = { ...first, id: 'con_0000000000000002', name: 'Second' };
  await insertConnection(db, second);
  for (const { at, store, ...person } of PEOPLE) {
    const connectionId = store === undefined ? first.id : second.id;
    await insertUser(db, { ...person, connectionId, now: day(at) });
  }
  const login = (name: string, at: string, ip: string) =>
    recordLogin(db, { userId: `auth0|${name}`, at: day(at), ip });
  await login('ann', '2025-01-01T10:00:00', '10.0.0.1');
  await login('ann', '2025-01-02T10:00:00', '10.0.0.2');
  await login('bob', '2025-03-01T10:00:00', '2001:db8::1');
});

type Listed = { user_id: string };
const search = (q: string, more = '') =>
  api.call('GET', `/users?search_engine=v3${more}&q=${encodeURIComponent(q)}`);

async function found(q: string): Promise<string[]> {
  const { status, body } = await search(q);
  expect(status, `${q}: ${JSON.stringify(body)}`).toBe(200);
  return body.map((user: Listed) => user.user_id.replace('auth0|', '')).sort();
}

const QUERIES: [q: string, names: string[]][] = [
  ['*', EVERYBODY],
  ['*:*', EVERYBODY],
  ['   ', EVERYBODY],
  // Ids and accounts
  ['user_id:"auth0|ann"', ['ann']],
  ['user_id:auth0|ann', ['ann']],
  ['user_id:auth0|a*', ['ann']],
  ['user_id:AUTH0|ann', []],
  ['identities.user_id:ann', ['ann']],
  ['identities.user_id:fay\\:1', ['fay:1']],
  ['identities.user_id:"auth0|ann"', []],
  ['identities.connection:"Second"', ['eve', 'fay:1']],
  ['identities.connection:Sec*', ['eve', 'fay:1']],
  ['NOT identities.connection:Second', ['ann', 'bob', 'cleo', 'dan']],
  ['identities.provider:auth0', EVERYBODY],
  ['identities.provider:google-oauth2', []],
  ['username:dan', ['dan']],
  ['username:DAN', []],
  ['username:ann.*', ['ann']],
  ['_exists_:username', ['ann', 'dan', 'fay:1']],
  ['phone_number:"+4912345"', ['ann']],
  ['phone_number:+49*', ['ann', 'dan']],
  ['phone_verified:true', ['ann']],
  ['last_ip:10.0.0.2', ['ann']],
  ['last_ip:"2001:db8::1"', ['bob']],
  // E-mail, in any case
  ['email:ANN@acme.TEST', ['ann']],
  ['email:"bob@acme.test"', ['bob']],
  ['email:B*', ['bob']],
  ['email:*@acme.test', ['ann', 'bob']],
  ['email:*ACME*', ['ann', 'bob', 'cleo']],
  ['email:b?b@acme.test', ['bob']],
  ['email:[a TO c]', ['ann', 'bob']],
  ['email.domain:acme.test', ['ann', 'bob']],
  ['email.domain:"ACME.test"', ['ann', 'bob']],
  ['email.domain:*.acme.test', ['cleo']],
  ['email_verified:true', ['ann', 'cleo']],
  ['email_verified:"false"', except('ann', 'cleo')],
  ['NOT _exists_:email', ['fay:1']],
  // Names, in any case and as a whole
  ['name:"ann berg"', ['ann']],
  ['name:ann', []],
  ['name:Ann\\ Berg', ['ann']],
  ['name:bob*', ['bob']],
  ['name:a*g', ['ann']],
  ['name:*stone', ['bob']],
  ['name:"cleo (van) \\"dyk\\""', ['cleo']],
  ['name:Cleo\\ \\(van\\)*', ['cleo']],
  ['name:"dan\\\\back_slash"', ['dan']],
  ['name:dan\\\\back*', ['dan']],
  ['given_name:(ann OR bob)', ['ann', 'bob']],
  ['given_name:"O\'Dan; drop table users"', ['dan']],
  ['family_name:[b TO c}', ['ann']],
  ['family_name:"and"', ['eve']],
  ['nickname:ANNIE', ['ann']],
  // Special characters of LIKE have no special meaning
  ['nickname:c_l%o', ['cleo']],
  ['nickname:c_*', ['cleo']],
  ['nickname:*_l%*', ['cleo']],
  ['nickname:b%*', []],
  // Terms without a field
  ['ann', ['ann']],
  ['berg', ['ann']],
  ['stone -bob*', []],
  ['"ann berg"', ['ann']],
  ['annie', ['ann']],
  ['bob*', ['bob']],
  ['paris', []],
  // States and counts
  ['blocked:true', ['bob']],
  ['blocked:false', ['cleo']],
  ['NOT blocked:true', except('bob')],
  ['-blocked:true', except('bob')],
  ['_exists_:blocked', ['bob', 'cleo']],
  ['logins_count:2', ['ann']],
  ['logins_count:[1 TO *]', ['ann', 'bob']],
  ['logins_count:{1 TO 2]', ['ann']],
  ['logins_count:[1 TO 2}', ['bob']],
  ['_exists_:logins_count', ['ann', 'bob']],
  ['NOT _exists_:logins_count OR logins_count:0', except('ann', 'bob')],
  // Moments: a day is the whole day
  ['created_at:2024-01-10', ['ann']],
  ['created_at:2024', ['ann', 'bob', 'cleo', 'dan']],
  ['created_at:2024-02', ['cleo', 'dan']],
  ['created_at:"2024-01-10T08:00:00.000Z"', ['ann']],
  ['created_at:"2024-01-10T10:00+02:00"', ['ann']],
  ['created_at:[2024-01-10 TO 2024-01-11]', ['ann', 'bob']],
  ['created_at:[2024-01-10 TO 2024-01-11}', ['ann']],
  ['created_at:{2024-01-10 TO 2024-02-29]', ['bob', 'cleo', 'dan']],
  ['created_at:[2024-01-10T08:00:00.001Z TO 2024-02-01T00:00:00Z]', ['bob', 'cleo']],
  ['created_at:{2024 TO *}', ['eve', 'fay:1']],
  ['updated_at:[* TO 2024-01-31]', ['ann', 'bob']],
  ['last_login:[2025-02-01 TO *]', ['bob']],
  ['NOT _exists_:last_login', except('ann', 'bob')],
  ['last_login:*', ['ann', 'bob']],
  // Metadata: any depth, arrays skipped, case matters
  ['app_metadata.plan:gold', ['ann']],
  ['app_metadata.plan:"gold plus"', ['cleo']],
  ['app_metadata.plan:Gold', []],
  ['app_metadata.plan:(gold OR free)', ['ann', 'bob']],
  ['app_metadata.plan:gold*', ['ann', 'cleo']],
  ['app_metadata.plan:*plus', ['cleo']],
  ['app_metadata.plan:g?l*', ['ann', 'cleo']],
  ['app_metadata.note:a.b\\*c', ['cleo']],
  ['app_metadata.note:a.b\\**', ['cleo']],
  ['app_metadata.note:*?.b\\*c', ['cleo']],
  ['app_metadata.note:*x.b\\*c', []],
  ['app_metadata.odd\\ key:yes', ['cleo']],
  ['app_metadata.seats:5', ['ann']],
  ['app_metadata.seats:"5"', ['ann']],
  ['app_metadata.seats:5.0', ['ann']],
  ['app_metadata.seats:"-3"', ['cleo']],
  ['app_metadata.seats:[5 TO 12}', ['ann']],
  ['app_metadata.seats:[* TO 0]', ['cleo']],
  ['app_metadata.since:[2024-01-01 TO 2024-12-31]', ['ann']],
  ['app_metadata.vip:true', ['ann']],
  ['app_metadata.vip:false', ['bob']],
  ['app_metadata.tags:b', ['ann']],
  ['app_metadata.deep.a.b:x', ['bob']],
  ['_exists_:app_metadata.tags', ['ann']],
  ['_exists_:app_metadata.deep', ['bob']],
  ['_exists_:app_metadata', ['ann', 'bob', 'cleo']],
  ['_exists_:user_metadata.empty', []],
  ['_exists_:user_metadata.none', []],
  ['_exists_:user_metadata.list', []],
  ['_exists_:user_metadata.news', ['ann']],
  ['NOT _exists_:user_metadata.city', ['cleo', 'fay:1']],
  ['user_metadata.city:Paris', ['ann']],
  ['user_metadata.city:"NOT"', ['eve']],
  ['user_metadata.age:42', ['ann', 'bob']],
  ['user_metadata.news:false', ['ann']],
  ['user_metadata.addresses.city:Rome', ['ann']],
  ['user_metadata.emoji:🎉', ['eve']],
  ['user_metadata.quote:"say \\"hi\\" \\\\ there"', ['dan']],
  ['NOT user_metadata.city:Paris', except('ann')],
  // Operators
  ['email_verified:true AND blocked:false', ['cleo']],
  ['email_verified:true && NOT blocked:false', ['ann']],
  ['name:eve || username:dan', ['dan', 'eve']],
  ['username:dan AND name:eve OR username:fay', ['fay:1']],
  ['username:dan OR name:eve AND username:fay', ['dan']],
  ['(username:dan OR name:eve) AND _exists_:email', ['dan', 'eve']],
  ['username:dan name:eve', ['dan', 'eve']],
  ['email:*acme* -blocked:true', ['ann', 'cleo']],
  ['email:*acme* NOT blocked:true', ['ann', 'cleo']],
  ['+email:*acme* +blocked:true', ['bob']],
  ['+email:*acme* name:eve', ['ann', 'bob', 'cleo']],
  ['email:*acme* !(blocked:true OR blocked:false)', ['ann']],
  ['NOT (NOT username:dan)', ['dan']],
  ['name:(+b* -bob*)', []],
  ['email:(*acme* AND -bob*)', ['ann', 'cleo']],
  ['((((username:dan))))', ['dan']],
];

describe('a search of users', () => {
  it.each(QUERIES)('finds the users for %s', async (q, names) => {
    expect(await found(q)).toEqual([...names].sort());
  });
});

const REFUSED: [q: string, message: RegExp, at: number][] = [
  ['name:', /A value is missing after name/, 6],
  ['AND name:a', /A term is missing before AND/, 1],
  ['name:a AND', /missing at the end/, 11],
  ['name:a OR OR name:b', /A term is missing before OR/, 11],
  ['name:a or name:b', /in capitals: OR/, 8],
  ['(name:a', /not closed/, 1],
  ['name:a)', /Unexpected \)/, 7],
  ['name:()', /missing between/, 7],
  ['name:"a', /quotes are not closed/, 6],
  ['name:a\\', /missing after the backslash/, 7],
  ['name:a:b', /colon/, 7],
  ['name:[a TO', /needs a value/, 11],
  ['name:[a TO b', /range is not closed/, 6],
  ['name:[a b]', /TO is missing/, 9],
  ['name:/joh?n/', /Regular expressions/, 6],
  ['name:jane~', /Fuzzy/, 10],
  ['name:"jane doe"~2', /Fuzzy/, 16],
  ['name:jane^4', /boosted/, 10],
  ['na*me:jane', /name of a field/, 1],
  ['picture:x', /picture is not a searchable field/, 9],
  ['_exists_:last_password_reset', /last_password_reset is not a searchable field/, 10],
  ['password:x', /password is not a searchable field/, 10],
  ['constructor:x', /constructor is not a searchable field/, 13],
  ['email_verified:maybe', /true or false/, 16],
  ['blocked:t*', /Wildcards/, 9],
  ['logins_count:many', /whole number/, 14],
  ['logins_count:99999999999', /whole number/, 14],
  ['created_at:yesterday', /must be a date/, 12],
  ['created_at:2024-02-30', /must be a date/, 12],
  ['created_at:0000-01-01', /must be a date/, 12],
  ['created_at:20*', /Wildcards/, 12],
  ['user_metadata.city:Par*', /Wildcards are not supported for user_metadata/, 20],
  ['user_metadata.age:[1 TO 50]', /Ranges are not supported for user_metadata/, 19],
  ['user_metadata:x', /needs a path/, 15],
  ['app_metadata.a..b:x', /not a path/, 19],
  ['identities.provider:[a TO b]', /Ranges/, 21],
  ['name:*ab', /at least 3/, 6],
  ['name:*a*b*c*', /at least 3/, 6],
  ['app_metadata.plan:*ld', /at least 3/, 19],
  ['?', /at least 3/, 1],
  ['name:a*b*c*d*e*f*g*h*i*j*k*l', /more than 10 wildcards/, 6],
  [`${'('.repeat(40)}a${')'.repeat(40)}`, /nested deeper/, 34],
  ['-'.repeat(2000), /Too many signs/, 34],
  [`${'NOT '.repeat(500)}a`, /Too many signs/, 132],
  ['a '.repeat(101), /more than 100 terms/, 202],
  ['a'.repeat(4097), /longer than 4096/, 4097],
];

describe('an invalid search', () => {
  const rows = REFUSED.map(([q, ...rest]) => [JSON.stringify(q).slice(0, 60), q, ...rest] as const);
  it.each(rows)('is refused: %s', async (_title, q, message, at) => {
    const { status, body } = await search(q);
    expect(body).toMatchObject({
      statusCode: 400,
      error: 'Bad Request',
      errorCode: 'invalid_query_string',
    });
    expect(status).toBe(400);
    expect(body.message).toMatch(message);
    expect(body.message).toMatch(
      /^Query validation error: '.*\(at character \d+\)' on property q\.$/s,
    );
    expect(body.message).toContain(`(at character ${at})`);
  });

  it('changes nothing if it contains SQL or a path', async () => {
    const tries = [
      'name:"x\'; drop table users; --"',
      "email:x'/**/or/**/1=1--",
      'name:$1',
      'name:%s',
      'user_metadata.city:"x\\" || true || \\""',
      'user_metadata.a\\"\\ ||\\ true:x',
      'app_metadata.a"b:x',
      'app_metadata.plan:".*"',
      'app_metadata.note:a.b\\(?\\)*',
      "user_id:x'\\:\\:text",
    ];
    for (const q of tries) {
      const { status, body } = await search(q);
      expect([200, 400], q).toContain(status);
      if (status === 200) expect(body, q).toEqual([]);
    }
    expect(await found('*')).toEqual([...EVERYBODY].sort());
  });

  it('finds nobody by very long values, deep paths and many alternatives', async () => {
    expect(await found(`name:"${'x'.repeat(4000)}"`)).toEqual([]);
    expect(await found(`name:abc*${'x'.repeat(4000)}*`)).toEqual([]);
    expect(await found(`app_metadata.${'a.'.repeat(9)}b:x`)).toEqual([]);
    expect(
      await found(`name:(${Array.from({ length: 99 }, (_, i) => `n${i}`).join(' OR ')})`),
    ).toEqual([]);
    expect(await found(`app_metadata.n:${'9'.repeat(500)}`)).toEqual([]);
    expect(await found('app_metadata.n:1e999999999')).toEqual([]);
  });
});

describe('the result of a search', () => {
  it('is paged, sorted and counted', async () => {
    const { body } = await search(
      '_exists_:email',
      '&per_page=2&page=1&sort=email:-1&include_totals=true',
    );
    expect(body).toMatchObject({ start: 2, limit: 2, length: 2, total: 5 });
    expect(body.users.map((user: { email: string }) => user.email)).toEqual([
      'cleo@shop.acme.test',
      'bob@acme.test',
    ]);
    const past = await search('_exists_:email', '&per_page=2&page=9&include_totals=true');
    expect(past.body).toEqual({ start: 18, limit: 2, length: 0, users: [], total: 5 });
  });

  it('has only the requested fields', async () => {
    const { body } = await search('name:"ann berg"', '&fields=email,user_id');
    expect(body).toEqual([{ email: 'ann@acme.test', user_id: 'auth0|ann' }]);
  });

  it('continues from a checkpoint', async () => {
    const first = await search('_exists_:email', '&take=3');
    expect(first.body.users).toHaveLength(3);
    const rest = await search('_exists_:email', `&take=3&from=${first.body.next}`);
    expect(rest.body.users.map((user: Listed) => user.user_id)).toEqual(['auth0|dan', 'auth0|eve']);
    expect(rest.body.next).toBeUndefined();
  });

  it('ends at a thousand', async () => {
    const { status, body } = await search('*', '&per_page=100&page=10');
    expect(status).toBe(400);
    expect(body).toMatchObject({
      errorCode: 'invalid_paging',
      message:
        'You can only page through the first 1000 records. See https://auth0.com/docs/users/search/v3/view-search-results-by-page#limitation',
    });
    expect((await search('*', '&per_page=100&page=9')).status).toBe(200);
  });

  it('is the same without the engine name, which defaults to v3', async () => {
    const { body } = await api.call('GET', '/users?q=username:dan');
    expect(body).toHaveLength(1);
  });

  it('refuses retired engines in words that clients know', async () => {
    const message = async (query: string) => {
      const { status, body } = await api.call('GET', `/users?${query}`);
      expect(status).toBe(400);
      return body.message;
    };
    expect(await message('search_engine=v1')).toBe('You are not allowed to use search_engine=v1.');
    expect(await message('search_engine=v1&q=a')).toBe(
      "The 'q' parameter is available only if you specify 'search_engine=v2|v3'.",
    );
    expect(await message('search_engine=v2&q=a')).toBe(
      'You are not allowed to use search_engine=v2. Use search_engine=v3 instead.',
    );
  });
});
