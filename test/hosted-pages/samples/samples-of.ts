/** One sample at least of each template: a new template without one does not compile. */
export type SamplesOf<Values> = {
  [Name in keyof Values]: readonly [Values[Name], ...Values[Name][]];
};
