import type { Language } from '../../../platform/locales/locales.ts';
import { ENGLISH } from './english.ts';
import { FRENCH } from './french.ts';
import { GERMAN } from './german.ts';
import type { ProblemTexts } from './problem-texts.ts';

/** What a page shows to the person, by language. */
export const PROBLEM_TEXTS: Record<Language, ProblemTexts> = {
  en: ENGLISH,
  de: GERMAN,
  fr: FRENCH,
};
