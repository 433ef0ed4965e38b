import {
  describePolicy,
  type PasswordPolicy,
} from '../../../platform/password-policy/password-policy.ts';
import type { RuleView } from '../page-values/page-values.ts';
import type { Translator } from './render.ts';

export function ruleViews(policy: PasswordPolicy, translator: Translator): RuleView[] {
  return describePolicy(policy).rules.map((rule) => viewOf(rule, translator));
}

type Rule = ReturnType<typeof describePolicy>['rules'][number];

function viewOf(rule: Rule, translator: Translator): RuleView {
  const values = Object.fromEntries((rule.format ?? []).map((value, index) => [index, value]));
  return {
    code: rule.code,
    text: translator.say(`policy.${rule.code}`, values),
    value: rule.format?.[0] ?? null,
    items: rule.items?.map((item) => viewOf(item, translator)) ?? null,
  };
}

/** Returns the time to wait, such as "40 seconds" or "3 minutes". */
export function waitingTime(seconds: number, translator: Translator): string {
  if (seconds < 60) return translator.say('problem.seconds', { n: Math.max(1, seconds) });
  const minutes = Math.ceil(seconds / 60);
  return minutes === 1
    ? translator.say('problem.minute')
    : translator.say('problem.minutes', { n: minutes });
}
