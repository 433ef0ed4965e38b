import { expect, test } from 'vitest';
import { eventually } from '../harness/harness.ts';
import { startCountingSink } from './counting-sink.ts';
import { startKillableServer } from './killable-server.ts';

// The usual run is short; CRASH_PEOPLE=50000 CRASH_KILLS=20 is the long one.
const PEOPLE = Number(process.env.CRASH_PEOPLE ?? 3000);
const KILLS = Number(process.env.CRASH_KILLS ?? 4);

type Summary = { inserted: number; updated: number; failed: number; total: number };
type Job = {
  id: string;
  status: string;
  summary?: Summary;
  invitations?: { invited: number; mails: Record<string, number> };
};

test(
  `an import of ${PEOPLE} with invitations survives kill -9 at ${KILLS} random moments`,
  async () => {
    const sink = await startCountingSink();
    const server = await startKillableServer(sink.url);
    try {
      const { api } = server;
      const [connection] = await api<{ id: string }[]>('/connections');
      const form = new FormData();
      form.set('connection_id', connection?.id ?? '');
      form.set('send_invitations', 'true');
      form.set('users', new Blob([fileOf(PEOPLE)]), 'people.json');
      const { id } = await api<Job>('/jobs/users-imports', { method: 'POST', body: form });
      expect(id).toMatch(/^job_/);

      for (let n = 0; n < KILLS; n++) {
        await new Promise((resolve) => setTimeout(resolve, 50 + Math.random() * 900));
        await server.kill();
        await server.start();
      }

      const job = await eventually(
        async () => {
          const now = await api<Job>(`/jobs/${id}`);
          const { queued = 1, sending = 0 } = now.invitations?.mails ?? {};
          return now.status === 'completed' && queued + sending === 0 ? now : undefined;
        },
        { seconds: 600, what: 'the job and its mails to be done' },
      );
      const broken = Math.floor(PEOPLE / 100);
      const good = PEOPLE - broken;
      expect(job.summary).toEqual({ inserted: good, updated: 0, failed: broken, total: PEOPLE });
      expect(job.invitations).toMatchObject({ invited: good, mails: { sent: good, failed: 0 } });

      const rows = await server.inspect(
        `select (select count(*)::int from users) as users, (select count(distinct email)::int from users) as emails,
          (select count(*)::int from invitations) as invitations, (select count(*)::int from messages) as messages`,
      );
      expect(rows[0]).toEqual({ users: good, emails: good, invitations: good, messages: good });

      // A crash may send a mail twice. It is then the same mail with the same link.
      expect(sink.recipients.size).toBe(good);
      let repeats = 0;
      for (const mails of sink.recipients.values()) {
        expect(new Set(mails.map((mail) => mail.messageId)).size).toBe(1);
        expect(new Set(mails.map((mail) => mail.link)).size).toBe(1);
        repeats += mails.length - 1;
      }
      console.log(
        `${KILLS} kills: ${good} people, ${good + repeats} mails received, ${repeats} repeated`,
      );
    } finally {
      await server.close();
      await sink.close();
    }
  },
  30 * 60_000,
);

/** 1 % of the rows are broken. */
function fileOf(people: number): string {
  return JSON.stringify(
    Array.from({ length: people }, (_, i) => ({
      email: i % 100 === 99 ? `broken ${i}` : `person${i}@crash.test`,
      given_name: `Given ${i}`,
    })),
  );
}
