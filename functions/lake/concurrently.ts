/**
 * Runs `work` over the items, `width` at a time; results in the items' order. Items are taken only when there is room.
 * The first failure fails the whole: nothing further is begun, and it is thrown once what is under way has ended.
 */
export async function concurrently<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  width: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const failures: unknown[] = [];
  const source = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  let taken = 0;
  const worker = async (): Promise<void> => {
    try {
      while (failures.length === 0) {
        const next = await source.next();
        if (next.done) return;
        const at = taken++;
        results[at] = await work(next.value);
      }
    } catch (error) {
      failures.push(error);
    }
  };
  const workers = Array.isArray(items) ? Math.min(width, items.length) : width;
  await Promise.all(Array.from({ length: workers }, worker));
  if (failures.length === 0) return results;
  await source.return?.();
  throw failures[0];
}
