/** Returns the middle value, or NaN without values. */
export function median(values: number[]): number {
  return percentile(values, 50);
}

/** Returns the value that `percent` of the values do not exceed (nearest rank), or NaN without values. */
export function percentile(values: number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? Number.NaN;
}
