/** An entry of the log as stored. */
export type LogEntry = {
  logId: string;
  date: Date;
  type: string;
  description: string | null;
  userId: string | null;
  userName: string | null;
  connectionId: string | null;
  connection: string | null;
  clientId: string | null;
  clientName: string | null;
  organizationId: string | null;
  organizationName: string | null;
  ip: string | null;
  userAgent: string | null;
  hostname: string | null;
  audience: string | null;
  scope: string | null;
  strategy: string | null;
  strategyType: string | null;
  isMobile: boolean;
  auth0Client: Record<string, unknown> | null;
  details: Record<string, unknown> | null;
};

export type LogsTable = {
  log_id: string;
  key: string;
  date: Date;
  type: string;
  description: string | null;
  user_id: string | null;
  user_name: string | null;
  connection_id: string | null;
  connection: string | null;
  client_id: string | null;
  client_name: string | null;
  organization_id: string | null;
  organization_name: string | null;
  ip: string | null;
  user_agent: string | null;
  hostname: string | null;
  audience: string | null;
  scope: string | null;
  strategy: string | null;
  strategy_type: string | null;
  is_mobile: boolean;
  auth0_client: Record<string, unknown> | null;
  details: Record<string, unknown> | null;
};

export function toEntry(row: LogsTable): LogEntry {
  return {
    logId: row.log_id,
    date: row.date,
    type: row.type,
    description: row.description,
    userId: row.user_id,
    userName: row.user_name,
    connectionId: row.connection_id,
    connection: row.connection,
    clientId: row.client_id,
    clientName: row.client_name,
    organizationId: row.organization_id,
    organizationName: row.organization_name,
    ip: row.ip,
    userAgent: row.user_agent,
    hostname: row.hostname,
    audience: row.audience,
    scope: row.scope,
    strategy: row.strategy,
    strategyType: row.strategy_type,
    isMobile: row.is_mobile,
    auth0Client: row.auth0_client,
    details: row.details,
  };
}
