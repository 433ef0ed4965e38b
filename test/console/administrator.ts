import {
  appointAdministrator,
  CONSOLE_CLIENT_ID,
} from '../../src/flows/appoint-administrators/appoint-administrators.ts';
import type { TestServer } from '../harness/harness.ts';
import { type PlainBrowser, plainBrowser } from '../harness/plain-browser.ts';

export const ADMINISTRATORS = { id: 'con_administrators00', name: 'usher:administrators' } as const;
export const CONSOLE = CONSOLE_CLIENT_ID;

/** Appoints an administrator like the command line on the server's own machine, and returns the link. */
export async function appoint(server: TestServer, email: string): Promise<string> {
  const appointed = await appointAdministrator(server.app.deps, { email });
  if (appointed === null) throw new Error(`${email} was not appointed.`);
  return appointed.link;
}

/** Uses the link in a browser and arrives in the console. */
export async function arrive(link: string, password: string): Promise<PlainBrowser> {
  const browser = plainBrowser();
  const done = await browser.submit(link.replace(/#$/, ''), { password, confirm: password });
  if (done.status !== 303) throw new Error(`The link answered ${done.status}: ${done.page}`);
  await follow(browser, done, link);
  return browser;
}

/** Follows an answer's redirects to the end. */
export async function follow(
  browser: PlainBrowser,
  answer: Response,
  from: string,
): Promise<Response & { page: string; at: string }> {
  let at = from;
  let current: Response & { page?: string } = answer;
  for (let turn = 0; turn < 10; turn++) {
    const location = current.headers.get('location');
    if (location === null) break;
    at = new URL(location, at).href;
    current = await browser.open(at);
  }
  return Object.assign(current, { page: current.page ?? '', at });
}

/** Types an administrator's (or anybody's) name and password at the console. */
export async function signIn(
  server: TestServer,
  identifier: string,
  password: string,
  browser: PlainBrowser = plainBrowser(),
): Promise<{ browser: PlainBrowser; status: number; page: string; at: string }> {
  const start = `${server.url}/console`;
  const form = await follow(browser, await browser.open(start), start);
  const answer = await browser.submit(form.at, { username: identifier, password });
  const { page, at, status } = await follow(browser, answer, form.at);
  return { browser, status, page: page || answer.page, at };
}
