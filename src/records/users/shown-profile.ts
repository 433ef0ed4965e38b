/** The name that is shown: somebody without one has that which logs them in. */
export function shownName(user: {
  name: string | null;
  email: string | null;
  username: string | null;
  phoneNumber: string | null;
}): string | null {
  return user.name ?? user.email ?? user.username ?? user.phoneNumber;
}
