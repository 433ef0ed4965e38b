import type { PolicyRule } from './rules.ts';

/** Returns the rules as a bulleted English text. Parts of a rule are indented by one space. */
export function policyText(rules: PolicyRule[], indent = ''): string {
  return rules
    .map((rule) => {
      const line = `${indent}* ${filled(rule)}`;
      return rule.items ? `${line}\n${policyText(rule.items, `${indent} `)}` : line;
    })
    .join('\n');
}

function filled(rule: PolicyRule): string {
  const values = [...(rule.format ?? [])];
  return rule.message.replace(/%[ds]/g, (mark) => String(values.shift() ?? mark));
}
