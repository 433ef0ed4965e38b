import type { FrameSign } from '../seams/seams.ts';
import type { ScopeChoice } from './scope-choice.ts';

/** A program that can call the management API. */
type ProgramView = {
  name: string;
  clientId: string;
  scope: string[];
  /** Their number, as a text. */
  scopes: string;
  isEvery: boolean;
  /** The day of its creation. */
  made: string;
  isFromEnvironment: boolean;
  revokeUrl: string;
};

/** The values of each template of the console, besides its title. */
export type ConsoleValues = {
  home: {
    publicUrl: string;
    counts: { label: string; value: string; isBad: boolean }[];
    programs: ProgramView[];
    hasMore: boolean;
    listed: number;
    hasMailbox: boolean;
    clientId: string;
    maxName: number;
    choice: ScopeChoice;
    csrf: string;
    logoutCsrf: string;
    problem: string | null;
    isNameBad: boolean;
    name: string | null;
  };
  credentials: {
    name: string;
    publicUrl: string;
    clientId: string;
    clientSecret: string;
    scope: string[];
  };
  revoke: { id: string; action: string; csrf: string };
  message: { lead: string; onwardUrl: string | null; onwardText: string | null };
};

/** A template with its values: a missing, misspelt or superfluous value does not compile. */
export type ConsolePage = {
  [Name in keyof ConsoleValues]: {
    template: Name;
    title: string;
    sign?: FrameSign;
    values: ConsoleValues[Name];
  };
}[keyof ConsoleValues];
