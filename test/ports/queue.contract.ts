/** Tests that every adapter of the queue port must pass. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LANES, type Lane, type Queue, type UnitMessage } from '#lake/ports.ts';

export interface QueueUnderTest {
  queue: Queue;
  /** Takes all that waits in a lane, in any order; a queue may deliver a message more than once. */
  receive(lane: Lane): Promise<UnitMessage[]>;
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

  const received = async (lane: Lane): Promise<string[]> =>
    [...new Set((await under.receive(lane)).map(({ unit }) => unit))].sort();

  // SQS takes ten messages a call.
  test.each([0, 1, 10, 11, 25])('%i messages sent are received in their lane, each at least once', async (count) => {
    const sent = messages(count);
    for (const lane of LANES) {
      await under.queue.send(sent, lane);
      expect(await received(lane)).toEqual(sent.map(({ unit }) => unit).sort());
      expect(await received(lane)).toEqual([]);
    }
  });

  test('a message arrives as it was sent, and several sends add up', async () => {
    await under.queue.send(messages(1), 'live');
    await under.queue.send(messages(2, 1), 'live');
    const all = await under.receive('live');
    expect(all.sort((a, b) => (a.unit < b.unit ? -1 : 1))).toEqual(messages(3));
  });

  test('a message of a rebuild says of which', async () => {
    const [message] = messages(1);
    if (message) await under.queue.send([{ ...message, rebuild: 3 }], 'backfill');
    expect(await under.receive('backfill')).toEqual([{ ...message, rebuild: 3 }]);
  });

  test('a backlog holds no live message up: each lane has its own', async () => {
    await under.queue.send(messages(12), 'backfill');
    await under.queue.send(messages(1, 100), 'live');
    expect(await received('live')).toEqual(messages(1, 100).map(({ unit }) => unit));
    expect(await received('live')).toEqual([]);
    expect(await received('backfill')).toEqual(
      messages(12)
        .map(({ unit }) => unit)
        .sort(),
    );
  });
}
