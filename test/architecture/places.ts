import type { SourceFile } from './tree.ts';

const ROOTED = /^(?:src|scripts|test)\//;

/**
 * Every place that the table "Where is …?" of ARCHITECTURE.md names exists: folders, files, and the functions, constants and text keys
 * in them. A file without a folder is looked up below the folder named before it.
 */
export function placesExist(document: string, files: SourceFile[]): string[] {
  const table = document.match(/## Where is …\?\n([\s\S]*?)\n## /)?.[1] ?? '';
  const rows = table
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .slice(2);
  if (rows.length === 0) return ['"Where is …?": has no rows'];
  return rows.flatMap((row) => {
    const place = row.slice(row.indexOf('? | ') + 4);
    return missingIn(place, files).map((name) => `${name}: is only in "Where is …?"`);
  });
}

function missingIn(place: string, files: SourceFile[]): string[] {
  let folder = '';
  let meant: SourceFile[] = [];
  const missing: string[] = [];
  for (const [, name = ''] of place.matchAll(/`([^`]+)`/g)) {
    if (name.includes('/') || /\.(ts|json|liquid)$/.test(name)) {
      const path = ROOTED.test(name) ? name : `${folder}${name}`;
      const pattern = new RegExp(`^${path.replaceAll('.', '\\.').replaceAll('*', '[^/]*')}`);
      const found = files.filter((file) => pattern.test(file.path));
      if (found.length === 0) missing.push(path);
      if (ROOTED.test(name)) folder = path.slice(0, path.lastIndexOf('/') + 1);
      meant = [...meant, ...found];
    } else {
      const word = new RegExp(`\\b${name.split('.').at(-1)}\\b`);
      if (!meant.some((file) => word.test(file.text))) missing.push(name);
    }
  }
  return missing;
}
