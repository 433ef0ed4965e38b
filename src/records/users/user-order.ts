/** Properties by which users can be sorted. */
export const userOrders = [
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

/** Users without the property come last. */
export type UserOrder = { by: (typeof userOrders)[number]; descending: boolean };

/** Returns the column of an order. */
export function columnOrder({ by, descending }: UserOrder) {
  return { column: by === 'user_id' ? ('id' as const) : by, descending };
}
