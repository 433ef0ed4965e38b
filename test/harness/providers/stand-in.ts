import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { closedAtEnd } from '../close-at-end.ts';
import { freePort } from '../free-port.ts';

/** What a provider knows about a person: the claims, or the fields of its own interface. */
export type Person = Record<string, unknown>;

export type Asked = {
  method: string;
  /** Path without the query. */
  path: string;
  headers: IncomingHttpHeaders;
  /** The fields of the query and of the form. */
  params: Record<string, string>;
};

export type Answer = { status?: number; headers?: Record<string, string>; body?: unknown };

/** Answers a request, or returns undefined for one that it does not know. */
export type Route = (asked: Asked) => Promise<Answer | undefined> | Answer | undefined;

export type StandIn = {
  /** The base address, without a slash at its end. */
  url: string;
  /** For the setting `providerEndpoints`. */
  endpoints: Record<string, string>;
  /** The people who have an account there. Its page has a button for each, with the name. */
  people: Person[];
  /** All requests, oldest first. */
  requests: Asked[];
  /** Answers before anything else, for tests of a broken or hostile provider. */
  override: Route | null;
  /**
   * Does what a browser does at the provider: opens the address, chooses a person, and returns the fields that would arrive at the callback.
   * @param person `null` cancels. Default: the first.
   */
  logIn(url: string, person?: Person | null): Promise<Record<string, string>>;
  close(): Promise<void>;
};

export type Login = { params: Record<string, string>; person: Person };

export type StandInRules = {
  /** The path of the page where people log in. */
  authorizePath: string;
  /** The origins for which it stands. */
  origins: string[];
  people: Person[];
  /** The fields of the answer to the callback, beside `state`. */
  answer(login: Login): Promise<Record<string, string>> | Record<string, string>;
  /** Fields of the answer if the person cancels. */
  denial: Record<string, string>;
  route: Route;
};

/** Starts a server that stands for an identity provider, at HTTP level. */
export async function startStandIn(rules: StandInRules): Promise<StandIn> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const requests: Asked[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { pathname, searchParams } = new URL(request.url ?? '/', url);
    const params = Object.fromEntries([...searchParams, ...new URLSearchParams(body)]);
    const { method = 'GET', headers } = request;
    const asked = { method, path: pathname, headers, params };
    requests.push(asked);
    const answer = (await standIn.override?.(asked)) ?? (await pageOr(asked)) ?? { status: 404 };
    send(response, answer);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');

  async function pageOr(asked: Asked): Promise<Answer | undefined> {
    if (asked.path !== rules.authorizePath) return rules.route(asked);
    if (asked.method === 'GET') return { body: choicePage(standIn.people, asked.params) };
    const { chosen, ...params } = asked.params;
    const person = standIn.people[Number(chosen)];
    const fields = person ? await rules.answer({ params, person }) : rules.denial;
    const state: Record<string, string> = params.state === undefined ? {} : { state: params.state };
    return handBack(params, { ...state, ...fields });
  }

  const standIn: StandIn = {
    url,
    endpoints: Object.fromEntries(rules.origins.map((origin) => [origin, url])),
    people: rules.people,
    requests,
    override: null,
    async logIn(address, person = standIn.people[0]) {
      const chosen = person === null ? -1 : standIn.people.indexOf(person ?? {});
      const { searchParams } = new URL(address);
      searchParams.set('chosen', String(chosen));
      const answer = await fetch(address.slice(0, address.indexOf('?')), {
        method: 'POST',
        body: searchParams,
        redirect: 'manual',
      });
      const location = answer.headers.get('location');
      const text = await answer.text();
      return location === null
        ? formFields(text)
        : Object.fromEntries(new URL(location).searchParams);
    },
    close: closedAtEnd(async () => {
      server.closeAllConnections();
      server.close();
    }),
  };
  return standIn;
}

/** The hidden fields of the page that carries an answer by form_post. */
export function formFields(page: string): Record<string, string> {
  const fields = page.matchAll(FIELD);
  return Object.fromEntries(
    Array.from(fields, ([, name, value]) => [name, unescaped(value ?? '')]),
  );
}

const FIELD = /<input type="hidden" name="([^"]*)" value="([^"]*)">/g;

function send(response: ServerResponse, { status = 200, headers = {}, body = '' }: Answer): void {
  const isText = typeof body === 'string' || Buffer.isBuffer(body);
  response.writeHead(status, {
    'content-type': isText ? 'text/html; charset=utf-8' : 'application/json',
    ...headers,
  });
  response.end(isText ? body : JSON.stringify(body));
}

function choicePage(people: Person[], params: Record<string, string>): string {
  const buttons = people.map(
    (person, index) =>
      `<button name="chosen" value="${index}">${escaped(String(person.name ?? person.email ?? person.login ?? person.sub ?? index))}</button>`,
  );
  return `<!doctype html><title>Log in at the provider</title><form method="post">${hidden(params)}${buttons.join('')}<button name="chosen" value="-1">Cancel</button></form>`;
}

function handBack(params: Record<string, string>, fields: Record<string, string>): Answer {
  const { redirect_uri: redirectUri = '', response_mode: mode } = params;
  if (mode === 'form_post') {
    const action = escaped(redirectUri);
    return {
      body: `<!doctype html><title>Continue</title><form method="post" action="${action}">${hidden(fields)}<button>Continue</button></form><script>document.forms[0].submit()</script>`,
    };
  }
  const to = new URL(redirectUri);
  for (const [name, value] of Object.entries(fields)) to.searchParams.set(name, value);
  return { status: 302, headers: { location: to.href } };
}

function hidden(fields: Record<string, string>): string {
  return Object.entries(fields)
    .map(
      ([name, value]) => `<input type="hidden" name="${escaped(name)}" value="${escaped(value)}">`,
    )
    .join('');
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

function unescaped(text: string): string {
  return text.replace(/&#(\d+);/g, (_entity, code: string) => String.fromCharCode(Number(code)));
}
