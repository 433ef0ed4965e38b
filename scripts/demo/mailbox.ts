/** One invitation out of ten thousand. */
export type Sample = { email: string; link: string };

type Found = { messages: { to: string[]; links: string[] }[] };

/** Reads an invitation link from the development mailbox, as its recipient would. */
export async function sampleInvitation(url: string, email: string): Promise<Sample | undefined> {
  const query = new URLSearchParams({ to: email, limit: '1' });
  const response = await fetch(`${url}/dev/mailbox/messages?${query}`);
  if (!response.ok) return undefined;
  const { messages } = (await response.json()) as Found;
  const link = messages[0]?.links.find((candidate) => candidate.includes('/u/invitation'));
  return link === undefined ? undefined : { email, link };
}
