/** One invitation out of ten thousand. */
export type Sample = { email: string; link: string };

/** Takes an invitation link out of the development mailbox, as its recipient would. */
export async function sampleInvitation(_url: string): Promise<Sample | undefined> {
  return undefined;
}
