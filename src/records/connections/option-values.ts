/** Options are stored unchanged. These functions read a value of the wanted type, or nothing. */
export function objectAt(from: Record<string, unknown>, name: string): Record<string, unknown> {
  const value = from[name];
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

export function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

export function booleanOf(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}

export function stringsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((candidate) => typeof candidate === 'string') : [];
}
