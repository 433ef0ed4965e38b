export type { Interaction, Interactions } from './interactions.ts';
export type { DevicePage, DevicePageProblem, SharedPages } from './pages-for-doors.ts';
