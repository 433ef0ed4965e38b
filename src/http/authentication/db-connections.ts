import type { FastifyInstance } from 'fastify';

export type DatabaseConnections = { placeholder?: never };

export function registerDatabaseConnections(
  _app: FastifyInstance,
  _flows: DatabaseConnections,
): void {}
