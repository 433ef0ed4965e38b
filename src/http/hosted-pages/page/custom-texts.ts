import type { PromptTexts } from '../../../records/branding/branding.ts';
import type { BrandSource } from '../brand/brand.ts';
import type { Template } from '../page-values/page-values.ts';
import { type Counterparts, OF_ONE_SCREEN, PART_OF, THEN_ADDRESS } from './factor-texts.ts';
import { fill, type TextPath, type Texts } from './languages.ts';

/** How a person accepts an invitation to an organization. */
const WAYS = ['accept', 'login', 'signup'] as const;

/**
 * Maps an operator's custom texts to ours: `prompt/screen` → Auth0's name → our paths. Other custom texts have no counterpart on our
 * pages.
 */
const COUNTERPARTS: Record<string, Counterparts> = {
  'common/common': {
    alertListTitle: ['common.problem'],
    showPasswordText: ['common.show'],
    hidePasswordText: ['common.hide'],
    continueText: ['common.continue'],
  },
  'login/login': {
    title: ['login.title'],
    description: ['login.lead', 'login.leadPlain', 'login.leadOrganization'],
    buttonText: ['login.submit'],
    forgotPasswordText: ['login.forgot'],
    footerText: ['login.noAccount'],
    footerLinkText: ['login.signUp'],
    signupActionText: ['login.noAccount'],
    passkeyButtonText: ['passkey.logIn'],
    signupActionLinkText: ['login.signUp'],
    emailPlaceholder: ['common.email'],
    usernamePlaceholder: ['common.username'],
    usernameOrEmailPlaceholder: ['common.identifier'],
    passwordPlaceholder: ['common.password'],
    alertListTitle: ['common.problem'],
    showPasswordText: ['common.show'],
    hidePasswordText: ['common.hide'],
    'wrong-credentials': ['problem.wrong'],
    'wrong-email-credentials': ['problem.wrong'],
    'user-blocked': ['problem.blocked'],
  },
  'signup/signup': {
    title: ['signUp.title'],
    description: ['signUp.lead', 'signUp.leadPlain', 'signUp.leadOrganization'],
    buttonText: ['signUp.submit'],
    loginActionText: ['signUp.haveAccount'],
    loginActionLinkText: ['signUp.logIn'],
    emailPlaceholder: ['common.email'],
    usernamePlaceholder: ['common.username'],
    passwordPlaceholder: ['common.password'],
    passwordSecurityText: ['policy.title'],
  },
  'reset-password/reset-password-request': {
    title: ['forgot.title'],
    description: ['forgot.lead'],
    descriptionEmail: ['forgot.lead'],
    buttonText: ['forgot.submit'],
    backToLoginLinkText: ['common.backToLogin'],
    emailPlaceholder: ['common.email'],
    placeholderEmail: ['common.email'],
  },
  'reset-password/reset-password-email': {
    title: ['mailSent.title'],
    emailDescription: ['mailSent.lead'],
  },
  'reset-password/reset-password': {
    title: ['reset.title', 'reset.titleApp'],
    description: ['reset.lead'],
    buttonText: ['reset.submit'],
    passwordPlaceholder: ['common.newPassword'],
    reEnterpasswordPlaceholder: ['common.repeatPassword'],
    passwordSecurityText: ['policy.title'],
  },
  'reset-password/reset-password-success': {
    eventTitle: ['done.password.title'],
    description: ['done.password.lead'],
  },
  'reset-password/reset-password-error': {
    eventTitleExpired: ['dead.expired.title'],
    descriptionExpired: ['dead.expired.lead'],
    eventTitleUsed: ['dead.used.title'],
    descriptionUsed: ['dead.used.lead'],
    eventTitleGeneric: ['dead.unknown.title'],
    descriptionGeneric: ['dead.unknown.lead'],
  },
  'email-verification/email-verification-result': {
    verifiedTitle: ['done.verified.title'],
    verifiedDescription: ['done.verified.lead'],
  },
  'invitation/accept-invitation': {
    title: [
      'invitation.title',
      'invitation.titleApp',
      'invitation.titleOrganization',
      'organizationInvitation.title',
    ],
    description: [
      'invitation.lead',
      'invitation.leadFrom',
      'invitation.waysLead',
      'invitation.waysLeadFrom',
      'invitation.otherLead',
      'invitation.otherLeadFrom',
      'invitation.loginLead',
      'invitation.loginLeadFrom',
      'invitation.knownLead',
      'invitation.knownLeadFrom',
      'organizationInvitation.signupWaysLead',
      'organizationInvitation.waysLead',
      ...WAYS.map((way) => `organizationInvitation.${way}Lead` as const),
    ],
    buttonText: [
      'invitation.submit',
      'invitation.loginSubmit',
      ...WAYS.map((way) => `organizationInvitation.${way}Submit` as const),
    ],
  },
  'logout/logout': {
    title: ['confirmLogout.title'],
    description: ['confirmLogout.lead'],
    acceptButtonText: ['confirmLogout.submit'],
  },
  'logout/logout-complete': {
    title: ['loggedOut.title'],
    description: ['loggedOut.lead'],
  },
};

/** Maps our templates to Auth0's screens. A page with another screen names it. */
const SCREENS: Partial<Record<Template, string>> = {
  login: 'login',
  'sign-up': 'signup',
  forgot: 'reset-password-request',
  reset: 'reset-password',
  invitation: 'accept-invitation',
  'organization-invitation': 'accept-invitation',
  verification: 'email-verification-result',
};

/** The prompt of each screen. */
const PROMPTS = new Map(
  Object.keys({ ...COUNTERPARTS, ...OF_ONE_SCREEN }).map((where) => {
    const [prompt = '', screen = ''] = where.split('/');
    return [screen, prompt];
  }),
);

/** Returns Auth0's prompt and screen of a template. */
export function screenOf(template: Template, said?: string): { prompt: string; screen: string } {
  const screen = said ?? SCREENS[template] ?? template;
  return { prompt: PROMPTS.get(screen) ?? screen, screen };
}

/** An operator's custom texts in one language: those of every page, and those of single screens. */
type Written = { everywhere: Map<string, string>; of: Map<string, Map<string, string>> };

/**
 * Reads the custom texts of one language. Paths such as `common.email` are on several pages: there they follow the page's screen,
 * elsewhere the login.
 */
function customTexts(prompts: PromptTexts[], language: string): Written {
  const found: Written = { everywhere: new Map(), of: new Map() };
  const written = prompts.filter((prompt) => prompt.language === language);
  for (const [where, counterparts] of Object.entries({ ...COUNTERPARTS, ...OF_ONE_SCREEN })) {
    const [prompt, screen = ''] = where.split('/');
    const texts = written.find((promptTexts) => promptTexts.prompt === prompt)?.texts[screen];
    if (typeof texts !== 'object' || texts === null) continue;
    const page = PART_OF[screen] ?? screen;
    const here = found.of.get(page) ?? new Map<string, string>();
    const isPart = page !== screen;
    for (const [name, paths] of Object.entries(counterparts)) {
      const text = fillable(Object.entries(texts).find(([key]) => key === name)?.[1]);
      if (text === null) continue;
      for (const path of paths) {
        if (!isPart || !here.has(path)) here.set(path, withAddress(path, text));
        if (where in COUNTERPARTS && !found.everywhere.has(path)) found.everywhere.set(path, text);
      }
    }
    found.of.set(page, here);
  }
  return found;
}

function withAddress(path: TextPath, text: string): string {
  return THEN_ADDRESS.has(path) ? `${text} {to}` : text;
}

/** Returns a text with our placeholders, or `null` if it uses a variable that the page does not know. */
function fillable(text: unknown): string | null {
  if (typeof text !== 'string' || text === '') return null;
  const filled = text
    // A brace in the operator's text is not our placeholder.
    .replace(/\{(?=\w+\})/g, (brace, at: number) => (text[at - 1] === '$' ? brace : '{\u2060'))
    .replaceAll(/\$\{companyName\}/g, '{company}')
    .replaceAll(/\$\{(?:clientName|applicationName)\}/g, '{app}')
    .replaceAll(/\$\{inviterName\}/g, '{name}');
  return filled.includes('${') ? null : filled;
}

/** Returns the custom texts of a screen by our paths. Without a screen, those of texts that have no screen. */
export type CustomTexts = {
  /** @param tags languages, the first takes precedence */
  on(screen: string | undefined, tags: readonly string[]): ReadonlyMap<string, string>;
  /** Returns the languages that have custom texts. */
  written(): ReadonlySet<string>;
};

/** Creates the operator's custom texts. Reads them again after a change. */
export function createCustomTexts(brand: BrandSource): CustomTexts {
  let known = { from: [] as PromptTexts[], by: new Map<string, Written>(), all: new Set<string>() };
  const current = () => {
    const { texts: from } = brand.now();
    if (known.from !== from) {
      known = {
        from,
        by: new Map(),
        all: new Set(from.map((promptTexts) => promptTexts.language)),
      };
    }
    return known;
  };
  const of = (tag: string): Written => {
    const { from, by } = current();
    const found = by.get(tag) ?? customTexts(from, tag);
    by.set(tag, found);
    return found;
  };
  return {
    on(screen, tags) {
      const found = tags.toReversed().map(of);
      return new Map(
        found.flatMap((written) => [
          ...written.everywhere,
          ...((screen === undefined ? undefined : written.of.get(screen)) ?? []),
        ]),
      );
    },
    written: () => current().all,
  };
}

/** Returns our texts with the operator's in their places. */
export function withCustomTexts(
  texts: Texts,
  chosen: ReadonlyMap<string, string>,
  { app, company }: { app: string; company: string },
): Texts {
  if (chosen.size === 0) return texts;
  const copy = structuredClone(texts);
  for (const [path, text] of chosen) {
    const names = path.split('.');
    const last = names.pop() ?? '';
    let group: Texts | string | undefined = copy;
    for (const name of names) group = typeof group === 'object' ? group[name] : undefined;
    if (typeof group === 'object') group[last] = fill(text, { app, company });
  }
  return copy;
}
