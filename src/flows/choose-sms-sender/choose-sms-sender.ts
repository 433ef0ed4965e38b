import { randomUUID } from 'node:crypto';
import { createMailer, type Mailer } from '../../outbound/mail/mail.ts';
import { type SmsSender, twilioSender, webhookSender } from '../../outbound/sms/sms.ts';
import type { Clock } from '../../platform/clock/clock.ts';
import type { Db } from '../../platform/db/db.ts';
import type { Egress } from '../../platform/egress/egress.ts';
import { readFactorSettings, readProvider } from '../../records/factor-settings/factor-settings.ts';
import {
  type Actions,
  eventRequest,
  eventTenant,
  withoutNulls,
} from '../../steps/run-actions/run-actions.ts';

type ScriptedDeps = { actions: Actions; publicUrl: string };

export type ChooseSmsSender = () => Promise<SmsSender | null>;

/**
 * Returns the sender of text messages that is configured now: the hook and actions of `send-phone-message`, Twilio with the settings of the
 * API, or the operator's webhook. Without any, the messages become mails in the development mailbox. Without a mailbox, nothing is sent.
 * @param options.key decrypts what is encrypted at rest
 * @param options.twilioUrl replaces Twilio's own address
 * @param options.mailboxUrl the SMTP address of the development mailbox
 */
export function createSmsSender(options: {
  db: Db;
  clock: Clock;
  egress: Egress;
  actions: Actions;
  publicUrl: string;
  key: Buffer;
  webhookUrl: string | undefined;
  twilioUrl: string | undefined;
  mailboxUrl: string | undefined;
}): { choose: ChooseSmsSender; close(): void } {
  const { db, clock, egress, actions, publicUrl, key, webhookUrl, twilioUrl, mailboxUrl } = options;
  const mailer = mailboxUrl === undefined ? null : createMailer({ url: mailboxUrl });
  const webhook = webhookUrl === undefined ? null : webhookSender(egress, webhookUrl);
  return {
    async choose() {
      const { hook, actions: deployed } = await actions.programsOf('send-phone-message');
      if (hook !== null || deployed.length > 0) return scriptedSender({ actions, publicUrl }, hook);
      const { provider } = (await readFactorSettings(db)).phone;
      const twilio =
        provider === 'phone-message-hook' ? null : await readTwilio({ db, egress }, key, twilioUrl);
      const chosen = provider === 'twilio' ? (twilio ?? webhook) : (webhook ?? twilio);
      return chosen ?? (mailer && mailboxSmsSender(mailer, clock));
    },
    close() {
      mailer?.close();
    },
  };
}

/** Returns a sender that is a script of the operator. It has sent the text if it ends well. */
function scriptedSender(
  { actions, publicUrl }: ScriptedDeps,
  hook: Awaited<ReturnType<Actions['programsOf']>>['hook'],
): SmsSender {
  return {
    async send({ to, text, channel }) {
      const code = /\d{6}/.exec(text)?.[0];
      const action = 'second-factor-authentication';
      const about = {};
      if (hook !== null) {
        const context = withoutNulls({ message_type: channel, action, code });
        const run = await actions.runHook({ hook, args: [to, text, context], about });
        if (run.kind !== 'ended') return { kind: 'failed', problem: FAILED };
      }
      const run = await actions.run({
        trigger: 'send-phone-message',
        event: withoutNulls({
          message_options: withoutNulls({
            action,
            code,
            message_type: channel,
            recipient: to,
            text,
          }),
          request: eventRequest({}),
          tenant: eventTenant(publicUrl),
          user: {},
        }),
        about,
      });
      return run.kind === 'ended' || run.kind === 'none'
        ? { kind: 'sent' }
        : { kind: 'failed', problem: FAILED };
    },
  };
}

const FAILED = 'The script of send-phone-message has failed.';

async function readTwilio(
  { db, egress }: { db: Db; egress: Egress },
  key: Buffer,
  baseUrl: string | undefined,
): Promise<SmsSender | null> {
  const stored = await readProvider(db, { key, name: 'twilio' });
  const text = (name: string) => {
    const value = stored?.[name];
    return typeof value === 'string' && value !== '' ? value : null;
  };
  const accountSid = text('sid');
  const authToken = text('auth_token');
  if (accountSid === null || authToken === null) return null;
  const [from, messagingServiceSid] = [text('from'), text('messaging_service_sid')];
  return twilioSender(egress, { baseUrl, accountSid, authToken, from, messagingServiceSid });
}

/** Returns a sender for development: the text becomes a mail to the number, beside the other mails. */
function mailboxSmsSender(mailer: Mailer, clock: Clock): SmsSender {
  return {
    async send({ to, text, channel }) {
      const outcome = await mailer.send({
        from: 'Phone messages <phone@localhost>',
        to: { address: `${to}@${channel}.localhost` },
        subject: channel === 'sms' ? `Text message for ${to}` : `Call to ${to}`,
        html: `<p>${text.replace(/[<>&]/g, (sign) => `&#${sign.charCodeAt(0)};`)}</p>`,
        messageId: `${randomUUID()}@localhost`,
        date: clock.now(),
      });
      return outcome.kind === 'sent'
        ? { kind: 'sent' }
        : { kind: 'failed', problem: outcome.problem };
    },
  };
}
