export type {
  Directory,
  DirectoryChange,
  DirectoryContext,
  DirectoryFailure,
  DirectoryLogin,
  DirectoryUser,
  FoundUser,
  LegacyProfile,
  NewLegacyUser,
} from './directory.ts';
export { directoryOf } from './directory-of.ts';
export type { DirectoryDeps, LegacyStore, ScriptNote } from './legacy-store.ts';
export { type ReadProfile, readProfile } from './read-profile.ts';
