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

type Side = {
  pending: number;
  server: Server;
  clientId: string;
  invited: Invited[];
  acceptMs: number[];
  inviteMs: number[];
};

const WARM = 20;

/** Measures all sizes in turn, so that a busy machine slows all of them. */
async function byPending(context: Context): Promise<Result[]> {
  const { pendingInvitations, timedInvitations } = context.sizes;
  const sides: Side[] = [];
  try {
    for (const pending of pendingInvitations) {
      context.say(`with ${pending.toLocaleString('en-US')} pending invitations`);
      sides.push(await openSide(context, { pending, accepted: timedInvitations + WARM }));
    }
    context.say('single acceptances and invitations');
    for (let number = 0; number < timedInvitations + WARM; number++) {
      for (const side of sides) await measureOnce(side, number);
    }
    const [fewest] = sides;
    return sides.flatMap((side) => [
      resultOf('an acceptance through the flow', 'acceptMs', side, fewest),
      resultOf('a new invitation', 'inviteMs', side, fewest),
    ]);
  } finally {
    for (const { server } of sides) await server.stop();
  }
}

async function openSide(
  context: Context,
  counts: { pending: number; accepted: number },
): Promise<Side> {
  const place = await context.newPlace();
  const prepared = await prepareInvitations(place, counts);
  const server = await startServer(place, { profiles: context.profiles });
  return { ...prepared, pending: counts.pending, server, acceptMs: [], inviteMs: [] };
}

async function measureOnce(side: Side, number: number): Promise<void> {
  const { server, clientId, invited } = side;
  const person = invited[number];
  if (person === undefined) throw new Error('There were too few invitations.');
  const conversation = await converse(server.port);
  const acceptMs = await timeOf(() =>
    accept(conversation, { person, clientId, address: `198.51.100.${number % 256}` }),
  );
  conversation.close();
  const body = { recipients: [{ email: `new.${number}@example.test` }], client_id: clientId };
  const inviteMs = await timeOf(() => server.api('POST', '/api/v2/invitations', body));
  if (number < WARM) return;
  side.acceptMs.push(acceptMs);
  side.inviteMs.push(inviteMs);
}

function resultOf(
  what: string,
  name: 'acceptMs' | 'inviteMs',
  side: Side,
  fewest: Side | undefined,
): Result {
  const beside = `${what}, with ${side.pending.toLocaleString('en-US')} pending`;
  const measured = { what: beside, unit: 'ms', ours: median(side[name]) };
  if (fewest === undefined || fewest === side) return told(measured);
  const limit = { limit: median(fewest[name]), limitIs: 'with the fewest, ms' };
  const ratios = side[name].map((ms, index) => ms / (fewest[name][index] ?? ms));
  return againstLimit({ ...measured, ...limit }, { atMost: 1.5 }, median(ratios));
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
