import type { Egress } from '../../../platform/egress/egress.ts';
import type { Json } from '../script-types.ts';
import {
  type Connection,
  closeConnection,
  closeConnections,
  connectionOf,
  openConnection,
} from './open-connections.ts';
import { text } from './values.ts';

export { countConnections } from './open-connections.ts';

export type BridgeDeps = { egress: Egress };

/** A call of a script to the server, made with `host` inside of the isolate. */
export type BridgeCall = {
  /** Names the run of the script that calls. */
  callId: string;
  bridge: string;
  method: string;
  args: Json[];
  /** Aborted when the run ends. */
  signal: AbortSignal;
};

/** How scripts use one kind of database. */
type Driver = {
  connect(egress: Egress, options: Json | undefined, signal: AbortSignal): Promise<Connection>;
  /** Returns the answer, or `{ failed }` with what the database reports. */
  run(connection: Connection, asked: Json | undefined): Promise<Json>;
};

/** Loaded when the first script asks: most servers need none of them. */
const DRIVERS: Record<string, () => Promise<Driver>> = {
  async pg() {
    const { connectPostgres, queryPostgres } = await import('./postgres.ts');
    return { connect: connectPostgres, run: queryPostgres as Driver['run'] };
  },
  async mysql() {
    const { connectMysql, queryMysql } = await import('./mysql.ts');
    return { connect: connectMysql, run: queryMysql as Driver['run'] };
  },
  async mongodb() {
    const { connectMongo, runMongo } = await import('./mongo.ts');
    return { connect: connectMongo, run: runMongo as Driver['run'] };
  },
};

/**
 * Does for a script what an isolate cannot do: databases and costly hashes.
 * @throws Error with a message for the script. Its `code`, if any, reaches the script too.
 */
export async function callBridge(deps: BridgeDeps, call: BridgeCall): Promise<Json> {
  const { bridge, method, args } = call;
  if (bridge === 'crypto') {
    const { COSTLY } = await import('./costly-hashes.ts');
    const compute = Object.hasOwn(COSTLY, method) ? COSTLY[method] : undefined;
    if (compute) return await compute(args);
  } else if (Object.hasOwn(DRIVERS, bridge)) {
    const driver = await DRIVERS[bridge]?.();
    if (driver) return await callDriver(driver, deps, call);
  }
  throw new Error(`There is no bridge ${bridge}.${method}.`);
}

async function callDriver(
  driver: Driver,
  { egress }: BridgeDeps,
  { callId, method, args, signal }: BridgeCall,
): Promise<Json> {
  const [first, second] = args;
  if (method === 'connect') {
    return await openConnection({ callId, signal }, () => driver.connect(egress, first, signal));
  }
  const name = text(first);
  if (method === 'run') return await driver.run(connectionOf(callId, name), second);
  if (method === 'end') {
    closeConnection(callId, name);
    return null;
  }
  throw new Error(`There is no method ${method}.`);
}

/** Closes what a run has left open. */
export function endCall(callId: string): void {
  closeConnections(callId);
}
