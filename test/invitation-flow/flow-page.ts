import { randomBytes } from 'node:crypto';
import { generateSync } from 'otplib';
import type { Client } from '../../src/records/clients/clients.ts';
import type { Connection } from '../../src/records/connections/connections.ts';
import type { CampaignPlan } from '../../src/records/invitations/invitations.ts';
import type { User } from '../../src/records/users/users.ts';
import type { World } from '../harness/world.ts';

export const ORIGIN = 'https://join.example.test';
export const GOOD = 'Tulip-Canal-77';
export const NAMES = {
  type: 'object',
  properties: {
    given_name: { type: 'string', minLength: 1, maxLength: 50, title: 'First name' },
    family_name: { type: 'string', minLength: 1, maxLength: 50, title: 'Last name' },
    department: { type: 'string', enum: ['sales', 'support'] },
  },
  required: ['given_name', 'family_name'],
  additionalProperties: false,
} as const;
export const FIELDS = { given_name: 'Ada', family_name: 'Byron', department: 'sales' };

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers whose shape is what they test
export type FlowAnswer = { status: number; headers: Headers; body: any };

export type FlowPage = ReturnType<typeof aFlowPage>;

/** A page on an origin of the application, which keeps the secret of its flow as the browser client does. */
export function aFlowPage(world: World, client: { id: string }, origin: string | null = ORIGIN) {
  let secret: string | null = null;

  async function send(
    path: string,
    body?: object | string,
    headers: Record<string, string> = {},
  ): Promise<FlowAnswer> {
    const response = await fetch(`${world.server.url}/invitation-flow/${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        ...(origin !== null && { origin }),
        ...(secret !== null && { authorization: `Bearer ${secret}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const answer = { status: response.status, headers: response.headers, body: parsed(text) };
    if (answer.body?.flow_secret) secret = answer.body.flow_secret;
    return answer;
  }

  return {
    send,
    start: (link: string, more: object = {}) =>
      send('start', { client_id: client.id, link, ...more }),
    state: () => send('state'),
    secret: () => secret,
    keep(other: string | null) {
      secret = other;
    },
  };
}

function parsed(text: string) {
  return text === '' ? null : JSON.parse(text);
}

/** An application with a page on {@link ORIGIN}, and what invites people to it. */
export async function aFlowScene(world: World) {
  const connection = await world.aConnection();
  const client = await world.aClient(connection, { settings: { webOrigins: [ORIGIN] } });
  return {
    connection,
    client,
    page: (origin?: string | null) => aFlowPage(world, client, origin),
    invite: (plan: Partial<CampaignPlan> = {}, user?: User) =>
      invite(world, { connection, client }, plan, user),
  };
}

async function invite(
  world: World,
  { connection, client }: { connection: Connection; client: Client },
  plan: Partial<CampaignPlan>,
  known?: User,
) {
  const user = known ?? (await world.aUser(connection));
  const invitation = await world.anInvitation(user, { clientId: client.id, plan });
  const link = `${world.publicUrl}/u/invitation?ticket=${invitation.secret}#`;
  return { user, ...invitation, link };
}

let numbers = 0;

/** A phone number that no other test of the file has. */
export function aNumber(): string {
  numbers += 1;
  return `+49151000${String(numbers).padStart(5, '0')}`;
}

/** Returns the code of the newest text message to a number. */
export function textedCode(world: World, number: string): string {
  const text = world.texts.filter(({ to }) => to === number).at(-1)?.text ?? '';
  return /\b\d{6}\b/.exec(text)?.[0] ?? '';
}

/** Invites a person who must prove a phone, and brings the flow to the code that was texted to it. */
export async function atPhoneCode(
  world: World,
  scene: Awaited<ReturnType<typeof aFlowScene>>,
  plan: Partial<CampaignPlan> = {},
) {
  const invited = await scene.invite({ factors: { required: ['sms'] }, ...plan });
  const page = scene.page();
  await page.start(invited.link);
  await page.send('password', { password: GOOD });
  const number = aNumber();
  await page.send('phone', { phone_number: number });
  return { ...invited, page, number, code: textedCode(world, number) };
}

export async function enableFactors(world: World, names: string[] = ['sms', 'otp']): Promise<void> {
  for (const name of names) {
    const answer = await world.server.api('PUT', `/api/v2/guardian/factors/${name}`, {
      enabled: true,
    });
    if (answer.status !== 200) throw new Error(answer.text);
  }
}

/** A code that is wrong, whatever the right one is. */
export function wrongCode(right: string): string {
  return right === '000000' ? '111111' : '000000';
}

export const randomSecret = () => randomBytes(32).toString('base64url');

/** The code that an authenticator application shows. */
export function codeAt(secret: string, now: Date): string {
  return generateSync({ secret, epoch: Math.floor(now.getTime() / 1000) });
}
