import {
  checkFragmentBounded,
  checkPageBounded,
} from '../../platform/bounded-rendering/bounded-rendering.ts';
import type { Clock } from '../../platform/clock/clock.ts';
import type { Db } from '../../platform/db/db.ts';
import { randomAlnum } from '../../platform/ids/ids.ts';
import type { PageProblem } from '../../platform/page-template/page-template.ts';
import {
  type BrandSettings,
  changeBrandSettings,
  deletePageTemplate,
  deleteTheme,
  insertTheme,
  replaceTheme,
  type Theme,
  writePageTemplate,
  writePromptPartials,
  writePromptTexts,
} from '../../records/branding/branding.ts';

export type ManageBrandingDeps = { db: Db; clock: Clock };

/** Changes colors and images. Null removes a setting; what is not named stays. */
export function changeBranding(
  { db, clock }: ManageBrandingDeps,
  changes: { [name in keyof BrandSettings]?: BrandSettings[name] | null },
): Promise<BrandSettings> {
  return changeBrandSettings(db, changes, clock.now());
}

/** Sets the page around the login form, after it has been rendered once. */
export async function setPageTemplate(
  { db, clock }: ManageBrandingDeps,
  source: string,
): Promise<{ kind: 'inserted' | 'replaced' } | { kind: 'refused'; problem: PageProblem }> {
  const problem = await checkPageBounded(source);
  return problem !== null
    ? { kind: 'refused', problem }
    : writePageTemplate(db, source, clock.now());
}

/** A repeat changes nothing. */
export async function removePageTemplate({ db }: { db: Db }): Promise<void> {
  await deletePageTemplate(db);
}

/** Creates the theme. `duplicate`: there is one; there cannot be two. */
export async function createTheme(
  { db, clock }: ManageBrandingDeps,
  value: Record<string, unknown>,
): Promise<{ kind: 'created'; theme: Theme } | { kind: 'duplicate' }> {
  const id = randomAlnum(32);
  const outcome = await insertTheme(db, id, value, clock.now());
  return outcome.kind === 'duplicate'
    ? { kind: 'duplicate' }
    : { kind: 'created', theme: { id, ...value } };
}

/** Replaces a theme as a whole. */
export async function changeTheme(
  { db, clock }: ManageBrandingDeps,
  { id, ...value }: Theme,
): Promise<{ kind: 'changed' | 'missing' }> {
  return { kind: (await replaceTheme(db, id, value, clock.now())) ? 'changed' : 'missing' };
}

export async function removeTheme(
  { db }: { db: Db },
  id: string,
): Promise<{ kind: 'removed' | 'missing' }> {
  return { kind: (await deleteTheme(db, id)) ? 'removed' : 'missing' };
}

/** Replaces the texts of a prompt in a language. An empty object removes them. */
export function setPromptTexts(
  { db, clock }: ManageBrandingDeps,
  input: Parameters<typeof writePromptTexts>[1],
): Promise<void> {
  return writePromptTexts(db, input, clock.now());
}

/** Replaces the HTML in the pages of a prompt, after each piece has been rendered once. */
export async function setPromptPartials(
  { db, clock }: ManageBrandingDeps,
  input: { prompt: string; partials: Record<string, Record<string, string>> },
): Promise<{ kind: 'set' } | { kind: 'refused'; at: string; problem: string }> {
  for (const [screen, places] of Object.entries(input.partials)) {
    for (const [place, source] of Object.entries(places)) {
      const problem = await checkFragmentBounded(source);
      if (problem !== null) return { kind: 'refused', at: `${screen}.${place}`, problem };
    }
  }
  await writePromptPartials(db, input, clock.now());
  return { kind: 'set' };
}
