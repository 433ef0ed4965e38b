/**
 * Returns the source of a module that scripts may load with `require`, as a CommonJS module, or `null` if there is none of this name.
 * Modules that it requires itself come from here too.
 */
export function moduleSource(_name: string): string | null {
  return null;
}
