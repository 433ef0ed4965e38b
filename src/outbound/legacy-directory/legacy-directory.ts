export type {
  Directory,
  DirectoryChange,
  DirectoryContext,
  DirectoryFailure,
  DirectoryLogin,
  DirectoryUser,
  LegacyProfile,
  NewLegacyUser,
} from './directory.ts';
export { type DirectoryDeps, directoryOf, type LegacyStore } from './directory-of.ts';
export { type ReadProfile, readProfile } from './read-profile.ts';
export type { ScriptNote } from './script-directory.ts';
