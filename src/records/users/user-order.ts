const ORDERS = [
  'created_at',
  'updated_at',
  'email',
  'email_verified',
  'username',
  'phone_number',
  'phone_verified',
  'name',
  'given_name',
  'family_name',
  'nickname',
  'blocked',
  'last_ip',
  'last_login',
  'last_password_reset',
  'logins_count',
  'user_id',
] as const;

/** Whoever lacks what it is by comes last. */
export type UserOrder = { by: (typeof ORDERS)[number]; descending: boolean };

/** By what users can be put in order; null for anything else. */
export function userOrderBy(name: string): UserOrder['by'] | null {
  return ORDERS.find((one) => one === name) ?? null;
}

/** The column of an order. */
export function columnOrder({ by, descending }: UserOrder) {
  return { column: by === 'user_id' ? ('id' as const) : by, descending };
}
