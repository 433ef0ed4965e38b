import type { FastifyReply, FastifyRequest } from 'fastify';
import { type LogInInput, logIn } from '../../../flows/log-in/log-in.ts';
import { askForFirstPassword } from '../../../flows/reset-password/reset-password.ts';
import type { User } from '../../../records/users/users.ts';
import { browserSecret, keepBrowserSecret } from '../browser/browser.ts';
import type { PageDeps } from '../deps.ts';
import { formText, type ProblemName, sayNotNow, type Translator } from '../page/page.ts';

/** The login of a page's form: the user, or what the page says and its status. `blocked` has the right password. */
export type ProvedPassword =
  | { kind: 'ok'; user: User }
  | { kind: 'blocked' | 'refused'; problem: string; status: number };

/**
 * Logs in with the password of a page's form. Makes the browser a known one of the user. Sets `retry-after` if there were too many attempts.
 * @param about.wrong how the page names a wrong password: some pages show whose it is
 */
export async function provePassword(
  deps: PageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  about: Pick<
    LogInInput,
    'connection' | 'identifier' | 'clientId' | 'organizationId' | 'entersLater'
  > & {
    translator: Translator;
    wrong: ProblemName;
  },
): Promise<ProvedPassword> {
  const { translator, wrong, organizationId = null, ...known } = about;
  const account = { ...known, organizationId };
  const browser = browserSecret(deps, request);
  const password = formText(request, 'password');
  const outcome = await logIn(deps, { ...account, password, ip: request.ip, browser });
  switch (outcome.kind) {
    case 'ok':
      keepBrowserSecret(deps, reply, browser);
      return { kind: 'ok', user: outcome.user };
    case 'throttled':
    case 'busy':
    case 'unavailable':
      return { kind: 'refused', ...sayNotNow(reply, outcome, translator) };
    case 'wrong': {
      const tried = { ...account, ip: request.ip };
      const hasMailed = await askForFirstPassword(deps, tried);
      const problem = translator.say(`problem.${hasMailed ? 'wrongOrFirst' : wrong}`);
      return { kind: 'refused', problem, status: 400 };
    }
    // The legacy directory has its own words for the person.
    case 'denied':
      return { kind: 'refused', problem: outcome.message, status: 400 };
    case 'not-moved':
      return { kind: 'refused', problem: translator.say('problem.notMoved'), status: 500 };
    default: {
      const problem = translator.say(`problem.${outcome.kind}`);
      const kind = outcome.kind === 'blocked' ? 'blocked' : 'refused';
      return { kind, problem, status: 400 };
    }
  }
}
