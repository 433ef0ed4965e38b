import type { Egress } from '../../platform/egress/egress.ts';

/** A short text for a phone, delivered as a message or read aloud in a call. */
export type Text = { to: string; text: string; channel: 'sms' | 'voice' };

export type TextOutcome = { kind: 'sent' } | { kind: 'failed'; problem: string };

export type SmsSender = { send(text: Text): Promise<TextOutcome> };

export type TwilioSettings = {
  /** Base URL of the API. Default: Twilio's. */
  baseUrl?: string | undefined;
  accountSid: string;
  authToken: string;
  /** A phone number, or the id of a messaging service. */
  from: string | null;
  messagingServiceSid: string | null;
};

const TIMEOUT_MS = 8000;
const MOST_BYTES = 64 * 1024;
const TWILIO = 'https://api.twilio.com';

/** Creates a sender for Twilio or a compatible API. Calls need a phone number to call from. */
export function twilioSender(egress: Egress, settings: TwilioSettings): SmsSender {
  const { accountSid, authToken, from, messagingServiceSid } = settings;
  const account = `${settings.baseUrl ?? TWILIO}/2010-04-01/Accounts/${encodeURIComponent(accountSid)}`;
  const authorization = `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`;
  return {
    async send({ to, text, channel }) {
      if (channel === 'voice' && !from) {
        return { kind: 'failed', problem: 'Calls need a phone number to call from.' };
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
      return post(egress, `${account}/${channel === 'sms' ? 'Messages' : 'Calls'}.json`, {
        headers: { authorization, 'content-type': 'application/x-www-form-urlencoded' },
        body: body.toString(),
      });
    },
  };
}

/**
 * Creates a sender that posts `{"recipient","text","channel"}` as JSON to the operator's URL. A 2xx answer means that the text was
 * accepted.
 */
export function webhookSender(egress: Egress, url: string): SmsSender {
  return {
    send: ({ to, text, channel }) =>
      post(egress, url, {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ recipient: to, text, channel }),
      }),
  };
}

async function post(
  egress: Egress,
  url: string,
  request: { headers: Record<string, string>; body: string },
): Promise<TextOutcome> {
  try {
    const answer = await egress.fetch(url, {
      method: 'POST',
      ...request,
      redirect: 'error',
      timeoutMs: TIMEOUT_MS,
      maxBytes: MOST_BYTES,
      // The beginning of an answer says enough.
      isCut: true,
    });
    const said = await answer.text();
    if (answer.ok) return { kind: 'sent' };
    return { kind: 'failed', problem: `It answered ${answer.status}: ${said.slice(0, 200)}` };
  } catch (error) {
    return { kind: 'failed', problem: error instanceof Error ? error.message : String(error) };
  }
}

/** Separates the digits and repeats the text: a person cannot scroll back in a call. */
function spoken(text: string): string {
  const slow = text
    .replace(/\d(?=\d)/g, '$&, ')
    .replace(/[<>&"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
  return `<Response><Say>${slow}</Say><Pause length="1"/><Say>${slow}</Say></Response>`;
}
