import type { DirectoryDeps } from '../../../steps/ask-directory/ask-directory.ts';
import {
  judgePassword,
  storeChosenPassword,
  storeFirstPassword,
} from '../../../steps/choose-password/choose-password.ts';
import type { SignInDeps } from '../../../steps/sign-in-by-proof/sign-in-by-proof.ts';
import { aboutPerson } from '../ask-fields.ts';
import type { Completion } from '../finish-acceptance.ts';
import type { AcceptOutcome, Proof } from '../proof.ts';
import type { OpenInvitation } from '../view-invitation.ts';
import { acceptWithNewCredential, connectionFor } from './with-new-credential.ts';

/** Accepts an open invitation with a new password. See `acceptWithNewCredential`. */
export async function acceptWithPassword(
  deps: SignInDeps & DirectoryDeps,
  {
    view,
    secret,
    proof,
    completion,
    profile = null,
  }: {
    view: OpenInvitation;
    secret: string;
    proof: Proof & { kind: 'password' };
    completion?: Completion | undefined;
    /** What the person has entered. The password must not contain it. */
    profile?: Record<string, unknown> | null;
  },
): Promise<AcceptOutcome | null> {
  const { user, client } = view;
  const connection = connectionFor(view, proof.connectionId);
  if (connection === null) return { ...view, kind: 'unserved' };
  const judged =
    typeof proof.password === 'string'
      ? await judgePassword(deps, {
          connection,
          accountId: user?.id ?? null,
          about: aboutPerson(view, profile),
          password: proof.password,
          clientId: client?.id,
        })
      : { kind: 'ok' as const, chosen: proof.password };
  if (judged.kind === 'refused') return { kind: 'refused', why: judged.why, view };
  const { chosen } = judged;
  return acceptWithNewCredential(deps, {
    view,
    secret,
    connection,
    by: 'link',
    amr: ['pwd'],
    completion,
    async store(tx, { held, isNew, at }) {
      if (isNew) await storeFirstPassword(tx, { userId: held.account.id, chosen, at });
      else await storeChosenPassword(tx, { held, chosen, at });
      return true;
    },
  });
}
