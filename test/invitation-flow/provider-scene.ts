import { expect } from 'vitest';
import type { CampaignPlan } from '../../src/records/invitations/invitations.ts';
import { aProvider, openBrowser } from '../harness/providers/person.ts';
import { startSmallProvider } from '../harness/providers/small-provider.ts';
import { CALLBACK, type World } from '../harness/world.ts';
import { aFlowScene, type FlowPage } from './flow-page.ts';

/** The page of the application to which browsers come back. */
export const BACK = `${CALLBACK}#ticket=of-the-page`;

export type ProviderScene = Awaited<ReturnType<typeof aProviderScene>>;

/** An application with a page, which also takes logins at an OpenID provider, `acme-id`. */
export async function aProviderScene(world: World) {
  const provider = await startSmallProvider();
  const scene = await aFlowScene(world);
  const connection = await aProvider(world, {
    name: 'acme-id',
    options: { ...provider.options, domain_aliases: ['acme.example'] },
    clientIds: [scene.client.id],
  });
  let serial = 0;
  return {
    ...scene,
    provider,
    connection,
    /** Invites a person who has an account at the provider, and starts the flow. */
    async begun(plan: Partial<CampaignPlan> = {}, account: Record<string, unknown> = {}) {
      const invited = await scene.invite(plan);
      const { email } = invited.user;
      const person = { sub: `ada-${++serial}`, email, email_verified: true, ...account };
      provider.logsIn(person);
      const page = scene.page();
      const started = await page.start(invited.link);
      expect(started.status, JSON.stringify(started.body)).toBe(200);
      return { ...invited, person, page, started };
    },
  };
}

/** Asks for the provider. Returns the address to which the page sends the browser. */
export async function leaveFor(page: FlowPage): Promise<string> {
  const answer = await page.send('connection', { connection: 'acme-id', return_url: BACK });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body.redirect_to;
}

/** Returns what the browser has brought back to the page. */
export function broughtBack(back: URL | null): string {
  expect(back?.href.startsWith(`${BACK}&flow_login=`), String(back)).toBe(true);
  return back?.href.split('flow_login=')[1] ?? '';
}

/** Logs in at the provider in a browser. Returns what it brings back. */
export async function logsInAtProvider(page: FlowPage, tab = openBrowser()): Promise<string> {
  return broughtBack((await tab.go(await leaveFor(page))).back);
}

/** Logs in at the provider, and ends the login on the page. */
export async function proves(page: FlowPage) {
  return page.send('connection/finish', { flow_login: await logsInAtProvider(page) });
}
