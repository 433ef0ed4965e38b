import { systemClock } from '../../src/platform/clock/clock.ts';
import { createDirectories } from '../../src/steps/ask-directory/ask-directory.ts';

/** For flows that run without a server: no connection has a legacy directory. */
export const NO_DIRECTORIES = createDirectories({ clock: systemClock, open: () => null });
