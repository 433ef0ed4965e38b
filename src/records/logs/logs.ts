import { type BufferedNotes, bufferNotes, type NotesDeps } from './buffer-notes.ts';
import type { Event, Notes } from './log-event.ts';

/** Something that happened, for the tenant log. */
export type LogEvent = Event;

/** Takes notes of what happens. Never throws and never waits: noting must not slow down or fail what is noted. */
export type Audit = Notes;

/** Takes no notes. */
export const noAudit: Audit = { record() {} };

/** Takes notes and stores them within 250 ms. What waits when a process is killed is lost (docs/decisions/0011). */
export function createAudit(deps: NotesDeps): BufferedNotes {
  return bufferNotes(deps);
}
