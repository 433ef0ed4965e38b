import type { Absent } from './page-branding.ts';
import type { Sign } from './sign.ts';

/** The values of pages that say something. */
export type MessageValues = {
  message: {
    sign: Sign;
    title: string;
    lead: string;
    hints?: string[];
    form?: { action: string; fields: [name: string, value: string][]; submit: string };
    /** A link to the next page. */
    onwardUrl?: string | null;
    onwardText?: string;
    /** The facts for the developer of the application. `sent`: the value that came in the parameter. */
    developers?: { text: string; parameter: string | null; sent: string | null };
    /** An error has the ID of its request, under which the log says more. */
    requestId?: string;
    code?: string;
  };
  /** A page of another HTTP folder. */
  frame: {
    title: string;
    sign?: Sign;
    /** HTML. Its author has escaped it. */
    body: string;
    /** The address of another style sheet. */
    moreStyle: string;
  };
};

export const absentFromMessages: { [Name in keyof MessageValues]: Absent<MessageValues[Name]> } = {
  message: {
    hints: null,
    form: null,
    onwardUrl: null,
    onwardText: null,
    developers: null,
    requestId: null,
    code: null,
  },
  frame: { sign: null },
};
