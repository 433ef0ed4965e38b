import { type Invited, prepareInvitations } from './flow-seed.ts';
import { againstLimit, type Context, type Result, told } from './kit/benchmark.ts';
import { startChild } from './kit/child.ts';
import { type Conversation, converse } from './kit/http-client.ts';
import { type Server, startServer } from './kit/server.ts';
import { median } from './kit/statistics.ts';

const PASSWORD = 'Tulip-Canal-77';
/** More invitations than a round accepts on any machine that we know. */
const PER_SECOND = 400;

/**
 * Measures acceptances through the flow of an application's own page: start, fields, password, completion. The limit verifies as many
 * passwords at once and nothing else. Then measures single acceptances and invitations with few and with many pending invitations.
 */
export async function run(context: Context): Promise<Result[]> {
  return [await throughput(context), ...(await byPending(context))];
}

async function throughput(context: Context): Promise<Result> {
  const { rounds, seconds, agents } = context.sizes;
  const place = await context.newPlace();
  const count = (rounds + 1) * Math.ceil(seconds) * PER_SECOND;
  const { clientId, invited } = await prepareInvitations(place, { accepted: count, pending: 0 });
  const alone = startChild('logins-argon2.ts');
  const server = await startServer(place, { profiles: context.profiles });
  try {
    const ask = { password: PASSWORD, concurrency: agents };
    const load = { server, clientId, agents, people: invited.values() };
    context.say('warming up');
    await alone.ask({ ...ask, seconds: 1 });
    await acceptMany({ ...load, seconds: Math.min(3, seconds) });
    const measured: { ours: number; limit: number }[] = [];
    for (let round = 1; round <= rounds; round++) {
      context.say(`round ${round} of ${rounds}`);
      const limit = await alone.ask<{ perSecond: number }>({ ...ask, seconds });
      measured.push({ limit: limit.perSecond, ours: await acceptMany({ ...load, seconds }) });
    }
    return againstLimit(
      {
        what: `acceptances through the flow, ${agents} people at once`,
        unit: 'acceptances/s',
        ours: median(measured.map((each) => each.ours)),
        limit: median(measured.map((each) => each.limit)),
        limitIs: 'argon2id verifications/s',
        details: { rounds: measured },
      },
      { atLeast: 0.5 },
      median(measured.map(({ ours, limit }) => ours / limit)),
    );
  } finally {
    await alone.stop();
    await server.stop();
  }
}

type Medians = { acceptMs: number; inviteMs: number };

async function byPending(context: Context): Promise<Result[]> {
  const { pendingInvitations, timedInvitations } = context.sizes;
  const results: Result[] = [];
  let fewest: Medians | undefined;
  for (const pending of pendingInvitations) {
    context.say(`with ${pending.toLocaleString('en-US')} pending invitations`);
    const medians = await mediansWith(context, { pending, timed: timedInvitations });
    const beside = `with ${pending.toLocaleString('en-US')} pending`;
    for (const [name, what] of [
      ['acceptMs', 'an acceptance through the flow'],
      ['inviteMs', 'a new invitation'],
    ] as const) {
      const measured = { what: `${what}, ${beside}`, unit: 'ms', ours: medians[name] };
      const limitIs = 'with the fewest, ms';
      results.push(
        fewest === undefined
          ? told(measured)
          : againstLimit({ ...measured, limit: fewest[name], limitIs }, { atMost: 1.5 }),
      );
    }
    fewest ??= medians;
  }
  return results;
}

async function mediansWith(
  context: Context,
  { pending, timed }: { pending: number; timed: number },
): Promise<Medians> {
  const place = await context.newPlace();
  const warm = 20;
  const { clientId, invited } = await prepareInvitations(place, {
    accepted: timed + warm,
    pending,
  });
  const server = await startServer(place, { profiles: context.profiles });
  try {
    const conversation = await converse(server.port);
    const accepts: number[] = [];
    for (const person of invited) {
      accepts.push(
        await timeOf(() => accept(conversation, { person, clientId, address: '198.51.100.1' })),
      );
    }
    conversation.close();
    const invites: number[] = [];
    for (let number = 0; number < timed + warm; number++) {
      const recipients = [{ email: `new.${number}@example.test` }];
      const body = { recipients, client_id: clientId };
      invites.push(await timeOf(() => server.api('POST', '/api/v2/invitations', body)));
    }
    return { acceptMs: median(accepts.slice(warm)), inviteMs: median(invites.slice(warm)) };
  } finally {
    await server.stop();
  }
}

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** Returns acceptances per second of all agents together. */
async function acceptMany(load: {
  server: Server;
  clientId: string;
  agents: number;
  seconds: number;
  people: IterableIterator<Invited>;
}): Promise<number> {
  const { server, clientId, agents, seconds, people } = load;
  const began = performance.now();
  const until = began + seconds * 1000;
  let done = 0;
  const agent = async () => {
    const conversation = await converse(server.port);
    while (performance.now() < until) {
      const { value: person, done: isOver } = people.next();
      if (isOver) throw new Error('There were too few invitations.');
      // An address of its own, as behind a proxy.
      const address = `10.${person.number >> 16}.${(person.number >> 8) & 255}.${person.number & 255}`;
      await accept(conversation, { person, clientId, address });
      done++;
    }
    conversation.close();
  };
  await Promise.all(Array.from({ length: agents }, agent));
  return (done * 1000) / (performance.now() - began);
}

async function accept(
  conversation: Conversation,
  { person, clientId, address }: { person: Invited; clientId: string; address: string },
): Promise<void> {
  let secret = '';
  const send = async (path: string, body: object) => {
    const answer = await conversation.send({
      method: 'POST',
      path: `/invitation-flow/${path}`,
      headers: {
        'Content-Type': 'application/json',
        'X-Forwarded-For': address,
        ...(secret !== '' && { Authorization: `Bearer ${secret}` }),
      },
      body: JSON.stringify(body),
    });
    if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}: ${answer.body}`);
    return JSON.parse(answer.body);
  };
  secret = (await send('start', { client_id: clientId, link: person.secret })).flow_secret;
  await send('profile', { fields: { given_name: 'Ada', family_name: 'Byron' } });
  await send('password', { password: PASSWORD });
  const { state } = await send('complete', {});
  if (state !== 'done') throw new Error(`The flow ended in ${state}.`);
}
