import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/** A file of the tree that a rule checks. `path` is relative to the root, with slashes. */
export type SourceFile = { path: string; text: string };

/** The files below these folders that end in one of `endings`. */
export function readTree(root: string, folders: string[], endings: string[]): SourceFile[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((file) => file.isFile() && endings.some((ending) => file.name.endsWith(ending)))
      .map((file) => {
        const full = join(file.parentPath, file.name);
        return {
          path: relative(root, full).split(sep).join('/'),
          text: readFileSync(full, 'utf8'),
        };
      }),
  );
}
