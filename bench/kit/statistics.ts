/** The middle value; NaN of none. */
export function median(values: number[]): number {
  return percentile(values, 50);
}

/** The value that `percent` of the values don't exceed (nearest rank); NaN of none. */
export function percentile(values: number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? Number.NaN;
}
