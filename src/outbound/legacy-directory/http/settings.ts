/** An HTTP API in front of a legacy user database. */
export type HttpSettings = {
  type: 'http';
  /** URLs by the name of the operation: `login` and `get_user`, and what else the API can do. */
  endpoints: Record<string, string>;
  authentication:
    | {
        kind: 'token';
        /** Token endpoint (RFC 6749, 3.2). */
        url: string;
        clientId: string;
        clientSecret: string;
        audience: string | null;
        scope: string | null;
      }
    | { kind: 'header'; name: string; value: string };
  timeoutMs: number;
};
