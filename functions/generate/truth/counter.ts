/** Adds up counts by dimensions, for the truth file. */

type Value = string | number | null;

/** Sums of counts by dimensions, as one `group by` would give them. */
export class Tally {
  private readonly dimensions: readonly string[];
  private readonly counts: readonly string[];
  private readonly sums = new Map<string, { values: readonly Value[]; counts: number[] }>();

  constructor(dimensions: readonly string[], counts: readonly string[]) {
    this.dimensions = dimensions;
    this.counts = counts;
  }

  /** @param values of the dimensions, in their order @param counts to be added, in their order */
  add(values: readonly Value[], counts: readonly number[]): void {
    const key = JSON.stringify(values);
    const line = this.sums.get(key);
    if (line === undefined) this.sums.set(key, { values, counts: [...counts] });
    else
      counts.forEach((count, at) => {
        line.counts[at] = (line.counts[at] ?? 0) + count;
      });
  }

  /** A line for each combination of values, in their order. */
  lines(): Record<string, Value>[] {
    return [...this.sums]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, { values, counts }]) =>
        Object.fromEntries([
          ...this.dimensions.map((name, at) => [name, values[at] ?? null] as const),
          ...this.counts.map((name, at) => [name, counts[at] ?? 0] as const),
        ]),
      );
  }
}
