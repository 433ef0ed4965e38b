/** Returns the name to show: the user's name, else a login identifier. */
export function shownName(user: {
  name: string | null;
  email: string | null;
  username: string | null;
  phoneNumber: string | null;
}): string | null {
  return user.name ?? user.email ?? user.username ?? user.phoneNumber;
}
