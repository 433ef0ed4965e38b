/** Writes a text as a value in a filter (RFC 4515, 3). It cannot end the value, nor be a wildcard. */
export function escapeFilterValue(text: string): string {
  return text.replace(/[\\*()\0]/g, (char) => `\\${hex(char)}`);
}

/** Writes a text as a value in a DN (RFC 4514, 2.4). It cannot begin another attribute or another RDN. */
export function escapeDnValue(text: string): string {
  return text.replace(/[\\"+,;<>=#\0]|^ | $/g, (char) => `\\${hex(char)}`);
}

/** Puts a name into a template with `{identifier}`. */
export function filled(
  template: string,
  identifier: string,
  escaped: (text: string) => string,
): string {
  return template.replaceAll('{identifier}', () => escaped(identifier));
}

function hex(char: string): string {
  return char.charCodeAt(0).toString(16).padStart(2, '0');
}
