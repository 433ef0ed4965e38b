/** Returns a single text from a query, a form or an answer, or '' if it is missing or no text. */
export function textIn(from: unknown, name: string): string {
  if (typeof from !== 'object' || from === null || !Object.hasOwn(from, name)) return '';
  const value: unknown = Reflect.get(from, name);
  return typeof value === 'string' ? value : '';
}

/** Returns all texts under a name. */
export function textsIn(from: unknown, name: string): string[] {
  if (typeof from !== 'object' || from === null || !Object.hasOwn(from, name)) return [];
  const value: unknown = Reflect.get(from, name);
  return [value].flat().filter((candidate): candidate is string => typeof candidate === 'string');
}
