import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Queue, UnitMessage } from '#lake/ports.ts';

export interface QueueUnderTest {
  queue: Queue;
  /** Takes all that waits, in any order; a queue may deliver a message more than once. */
  receive(): Promise<UnitMessage[]>;
  close?(): Promise<void>;
}

const messages = (count: number, from = 0): UnitMessage[] =>
  Array.from({ length: count }, (_, i) => ({
    unit: `2024-01-01-0123456789ab-0-${from + i}`,
    plan: 'v1/state/plans/raw/2024/01/01/00/0.json',
  }));

/** What every `Queue` does. `open` makes an empty one. */
export function queueContract(open: () => Promise<QueueUnderTest>): void {
  let under: QueueUnderTest;
  beforeEach(async () => {
    under = await open();
  });
  afterEach(() => under.close?.());

  const received = async (): Promise<string[]> => [...new Set((await under.receive()).map(({ unit }) => unit))].sort();

  // SQS takes ten messages a call.
  test.each([0, 1, 10, 11, 25])('%i messages sent are received, each at least once', async (count) => {
    const sent = messages(count);
    await under.queue.send(sent);
    expect(await received()).toEqual(sent.map(({ unit }) => unit).sort());
    expect(await received()).toEqual([]);
  });

  test('a message arrives as it was sent, and several sends add up', async () => {
    await under.queue.send(messages(1));
    await under.queue.send(messages(2, 1));
    const all = await under.receive();
    expect(all.sort((a, b) => (a.unit < b.unit ? -1 : 1))).toEqual(messages(3));
  });
}
