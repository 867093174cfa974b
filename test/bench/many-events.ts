/** A lake in memory with as many events as wanted: a small generated one, copied, each copy with messages and recipients of its own. */
import { generatedLake } from '#test/sql/generated-lake.ts';
import type { LakeFixture } from '#test/sql/lake-fixture.ts';

export async function manyEvents(wanted: number): Promise<LakeFixture> {
  const { lake, truth } = await generatedLake({ seed: 1, incident: true, messages: 12_000, days: 60 });
  const size = async (table: string): Promise<number> =>
    Number((await lake.rows(`select count(*) as n from ${table}`))[0]?.n);
  const copies = Math.max(1, Math.ceil(wanted / (await size('events'))));
  for (const table of ['events', 'recipient_messages']) {
    const ids = ['message_id', 'recipient_key', ...(table === 'events' ? ['event_id'] : [])];
    const renamed = ids.map((id) => `copy || '-' || ${id} as ${id}`).join(', ');
    await lake.run(
      `insert into ${table} select * exclude (copy) replace (${renamed}) from (select one.*, copy from ${table} as one, range(1, ${copies}) as t (copy)) as copied`,
    );
  }
  console.log(
    `${(await size('events')).toLocaleString('en')} events, ${(await size('recipient_messages')).toLocaleString('en')} recipient-messages, ${truth.first_day} to ${truth.last_day}`,
  );
  return lake;
}
