/** A short text for a phone, to be read or to be spoken. */
export type Text = { to: string; text: string; channel: 'sms' | 'voice' };

export type TextOutcome = { kind: 'sent' } | { kind: 'failed'; problem: string };

export type SmsSender = { send(text: Text): Promise<TextOutcome> };

export type TwilioSettings = {
  /** Where the API is; Twilio's own unless told. */
  baseUrl?: string | undefined;
  accountSid: string;
  authToken: string;
  /** A number, or the id of a messaging service. */
  from: string | null;
  messagingServiceSid: string | null;
};

const TIMEOUT_MS = 8000;
const MOST_BYTES = 64 * 1024;
const TWILIO = 'https://api.twilio.com';

/** Sends through Twilio, or whatever speaks its API. Calls need a number to call from. */
export function twilioSender(settings: TwilioSettings): SmsSender {
  const { accountSid, authToken, from, messagingServiceSid } = settings;
  const account = `${settings.baseUrl ?? TWILIO}/2010-04-01/Accounts/${encodeURIComponent(accountSid)}`;
  const authorization = `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`;
  return {
    async send({ to, text, channel }) {
      if (channel === 'voice' && !from) {
        return { kind: 'failed', problem: 'Calls need a number to call from.' };
      }
      const sender: Record<string, string> =
        channel === 'sms' && messagingServiceSid
          ? { MessagingServiceSid: messagingServiceSid }
          : { From: from ?? '' };
      const body = new URLSearchParams({
        To: to,
        ...sender,
        ...(channel === 'sms' ? { Body: text } : { Twiml: spoken(text) }),
      });
      return post(`${account}/${channel === 'sms' ? 'Messages' : 'Calls'}.json`, {
        headers: { authorization, 'content-type': 'application/x-www-form-urlencoded' },
        body: body.toString(),
      });
    },
  };
}

/** Posts `{"recipient","text","channel"}` as JSON to an address of the operator's, which answers 2xx when it took it. */
export function webhookSender(url: string): SmsSender {
  return {
    send: ({ to, text, channel }) =>
      post(url, {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ recipient: to, text, channel }),
      }),
  };
}

async function post(
  url: string,
  request: { headers: Record<string, string>; body: string },
): Promise<TextOutcome> {
  try {
    const answer = await fetch(url, {
      method: 'POST',
      ...request,
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const said = await beginningOf(answer);
    if (answer.ok) return { kind: 'sent' };
    return { kind: 'failed', problem: `It answered ${answer.status}: ${said.slice(0, 200)}` };
  } catch (error) {
    return { kind: 'failed', problem: error instanceof Error ? error.message : String(error) };
  }
}

/** Reads no more than it must, so that an endless answer holds nobody up. */
async function beginningOf(answer: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body ?? []) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > MOST_BYTES) break;
  }
  return Buffer.concat(chunks).subarray(0, MOST_BYTES).toString('utf8');
}

/** Digits one by one, and all of it twice: nobody can scroll back in a call. */
function spoken(text: string): string {
  const slow = text
    .replace(/\d(?=\d)/g, '$&, ')
    .replace(/[<>&"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
  return `<Response><Say>${slow}</Say><Pause length="1"/><Say>${slow}</Say></Response>`;
}
