import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type SignUpOutcome, signUp } from '../../../flows/sign-up/sign-up.ts';
import { canonicalEmail, withoutBlanks } from '../../../platform/email-address/email-address.ts';
import { PAGE_PATHS } from '../../../platform/page-paths/page-paths.ts';
import { canonicalPhoneNumber } from '../../../platform/phone-number/phone-number.ts';
import { amrOfPasskey } from '../../../records/authentication-methods/authentication-methods.ts';
import {
  type Connection,
  identifiersOf,
  isUsername,
  passkeyRulesOf,
  passwordPolicyOf,
} from '../../../records/connections/connections.ts';
import { browserSecret, keepBrowserSecret } from '../browser/browser.ts';
import type { PageDeps } from '../deps.ts';
import {
  finishLogin,
  type LoginContext,
  loginContext,
  waysOfLogin,
} from '../finish-login/finish-login.ts';
import {
  chosenPassword,
  formText,
  type ProblemName,
  ruleViews,
  sayNotNow,
  type Translator,
} from '../page/page.ts';
import { sentByDomain } from '../provider-login/provider-login.ts';
import { newPasskeyWay } from '../ways-in/ways-in.ts';
import { sendNewPasskeyOptions, sentPasskey } from './new-passkey.ts';

/** Registers `/u/signup`, which creates an account and logs in. */
export function registerSignUpPages(app: FastifyInstance, deps: PageDeps): void {
  app.get(PAGE_PATHS.signUp, async (request, reply) => {
    const context = await loginContext(deps, request, reply);
    if (!context) return reply;
    if (!context.canSignUp) return reply.redirect(context.urls.login, 302);
    const email = context.interaction.params.login_hint ?? '';
    return showSignUp(deps, { request, reply, context, typed: { email, username: '', phone: '' } });
  });

  app.post(PAGE_PATHS.signUp, async (request, reply) => {
    const context = await loginContext(deps, request, reply);
    if (!context) return reply;
    const { connection, client, translator } = context;
    const typed = {
      email: withoutBlanks(formText(request, 'email')),
      username: formText(request, 'username').trim(),
      phone: formText(request, 'phone').trim(),
    };
    if (await sentByDomain(deps, request, reply, { context, typed: typed.email })) return reply;
    const shown = { request, reply, context, typed };
    const refuse = (problem: ProblemName) =>
      showSignUp(deps, { ...shown, problem: translator.say(`problem.${problem}`) });
    const wrong = problemOf(connection, typed);
    const isPasskey = formText(request, 'passkey') !== '' && passkeyRulesOf(connection).isEnabled;
    if (isPasskey && formText(request, 'passkey') === 'options') {
      return wrong === null
        ? sendNewPasskeyOptions(deps, { request, reply, context, name: nameOf(typed) })
        : reply.code(400).send({ problem: translator.say(`problem.${wrong}`) });
    }
    if (wrong !== null) return refuse(wrong);
    const chosen = isPasskey
      ? await sentPasskey(deps, { request, context })
      : chosenPassword(request);
    if ('problem' in chosen) return refuse(chosen.problem);

    const asked = identifiersOf(connection);
    const browser = browserSecret(deps, request);
    const outcome = await signUp(deps, {
      connection,
      email: asked.email.signup === 'inactive' ? null : canonicalEmail(typed.email),
      password: 'passkey' in chosen ? chosen.passkey : chosen.password,
      ip: request.ip,
      browser,
      clientId: client.id,
      organizationId: context.organization?.id ?? null,
      ...(asked.username.signup !== 'inactive' && { username: typed.username || null }),
      ...(asked.phoneNumber.signup !== 'inactive' && {
        phoneNumber: canonicalPhoneNumber(typed.phone),
      }),
    });
    if (outcome.kind === 'asked')
      return reply.redirect(
        `${context.urls.mailSent}&what=sign-up&ui_locales=${translator.lang}`,
        303,
      );
    if (outcome.kind !== 'created') {
      const said =
        outcome.kind === 'throttled'
          ? sayNotNow(reply, outcome, translator)
          : { problem: refusalText(outcome, translator), status: 400 };
      return showSignUp(deps, { ...shown, ...said });
    }
    keepBrowserSecret(deps, reply, browser);
    const amr = 'passkey' in chosen ? amrOfPasskey(chosen.passkey) : ['pwd'];
    return finishLogin(deps, request, reply, { context, user: outcome.user, amr });
  });
}

/** Returns what authenticators show of a new account. */
function nameOf({ email, username, phone }: Typed): string {
  return email || username || phone;
}

type Typed = { email: string; username: string; phone: string };

function problemOf(connection: Connection, typed: Typed): ProblemName | null {
  const asked = identifiersOf(connection);
  const isWrong = (rule: { signup: string }, value: string, fits: boolean) =>
    rule.signup !== 'inactive' && (value === '' ? rule.signup === 'required' : !fits);
  const { email, username, phone } = typed;
  if (isWrong(asked.email, email, canonicalEmail(email) !== null)) return 'email';
  if (isWrong(asked.username, username, isUsername(connection, username))) return 'username';
  if (isWrong(asked.phoneNumber, phone, canonicalPhoneNumber(phone) !== null)) return 'phone';
  const given = [
    [asked.email, email],
    [asked.username, username],
    [asked.phoneNumber, phone],
  ] as const;
  if (given.every(([rule, value]) => rule.signup === 'inactive' || value === '')) return 'email';
  return null;
}

function refusalText(
  outcome: Exclude<SignUpOutcome, { kind: 'created' | 'asked' | 'throttled' }>,
  translator: Translator,
): string {
  switch (outcome.kind) {
    case 'refused':
      return translator.say(`problem.${outcome.why.kind}`);
    case 'disabled':
      return translator.say('problem.signUpDisabled');
    case 'unavailable':
      return translator.say('problem.notChanged');
    case 'denied':
      return outcome.message;
    case 'exists':
      return translator.say('problem.exists');
  }
}

function showSignUp(
  deps: PageDeps,
  shown: {
    request: FastifyRequest;
    reply: FastifyReply;
    context: LoginContext;
    typed: Typed;
    status?: number;
    problem?: string;
  },
): Promise<FastifyReply> {
  const { request, reply, context, problem, typed } = shown;
  const { connection, translator, urls, look } = context;
  const asked = identifiersOf(connection);
  const passkey = newPasskeyWay(deps, translator, { connection, action: null });
  return deps.pages.send(reply, {
    template: 'sign-up',
    translator,
    status: shown.status ?? (problem === undefined ? 200 : 400),
    values: {
      ...look,
      title: translator.say('signUp.title'),
      csrf: deps.csrf.token(request, reply),
      usesPasskeys: passkey !== null,
      action: urls.signUp,
      loginUrl: urls.login,
      // Liquid treats '' as true.
      email: typed.email || null,
      username: typed.username,
      phone: typed.phone,
      ask: {
        email: asked.email.signup !== 'inactive',
        username: asked.username.signup !== 'inactive',
        phone: asked.phoneNumber.signup !== 'inactive',
      },
      needs: {
        email: asked.email.signup === 'required',
        username: asked.username.signup === 'required',
        phone: asked.phoneNumber.signup === 'required',
      },
      rules: ruleViews(passwordPolicyOf(connection), translator),
      problem,
      focusPassword: typed.email !== '',
      ways: waysOfLogin(deps, request, context, { hasLinks: false, passkey }),
    },
  });
}
