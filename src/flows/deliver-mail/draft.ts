import type { Keys } from '../../platform/crypto/crypto.ts';
import type { Language } from '../../platform/locales/locales.ts';
import { type BaseInput, type BaseValues, baseValues } from './base-values.ts';
import type { MailContext } from './mail-context.ts';
import type { MailValues } from './mail-values.ts';

/** What the drafts of a batch are made from. */
export type Batch = {
  context: MailContext;
  keys: Keys;
  /** Without a trailing slash. */
  publicUrl: string;
  /** The sender, unless a template names one. */
  from: string;
  now: Date;
};

/** A mail that is to be rendered. */
export type Draft = {
  kind: 'draft';
  /** Language of the built-in mail. */
  language: Language;
  mail: MailValues;
  /** What only operators' templates may read, such as an invitation's `template_data`. */
  others: Record<string, unknown>;
  /** A template that takes precedence over the saved one. */
  ownTemplate?: { subject: string | null; body: string | null; from: string | null };
};

/** A mail that must not be sent any more. */
export type Unwanted = { kind: 'unwanted'; reason: string };

/** Returns the values that every mail has. The server's own are those of the batch; the domain is the default one, unless another is given. */
export function baseValuesIn(
  { context, publicUrl, from }: Batch,
  own: Omit<BaseInput, 'contact' | 'look' | 'publicUrl' | 'from' | 'customDomain'> &
    Partial<Pick<BaseInput, 'customDomain'>>,
): BaseValues {
  const { contact, look, defaultDomain: customDomain } = context;
  return baseValues({ contact, look, publicUrl, from, customDomain, ...own });
}
