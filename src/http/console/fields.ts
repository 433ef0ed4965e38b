/** A single text from a query, a form or an answer; '' when it is missing or no text. */
export function textIn(from: unknown, name: string): string {
  if (typeof from !== 'object' || from === null || !Object.hasOwn(from, name)) return '';
  const value: unknown = Reflect.get(from, name);
  return typeof value === 'string' ? value : '';
}

/** All texts under a name; none when it is missing. */
export function textsIn(from: unknown, name: string): string[] {
  if (typeof from !== 'object' || from === null || !Object.hasOwn(from, name)) return [];
  const value: unknown = Reflect.get(from, name);
  return [value].flat().filter((one): one is string => typeof one === 'string');
}
