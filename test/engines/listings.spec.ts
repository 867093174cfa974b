/** What Trino lists of settled days: the folders that a statement names, and no other. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addDays } from '#lake/days.ts';
import type { Input } from '#lake/ports.ts';
import { settledRoot } from '#lake/protocol/keys.ts';
import { inputRows, withoutPairs } from '#lake/steps/settle/select.ts';
import { type Account, openAccount } from './account.ts';
import { foldersListed } from './listed.ts';

let account: Account;
beforeAll(async () => {
  account = await openAccount();
});
afterAll(() => account.close());

const DAYS = 12;
const inputs = Array.from({ length: DAYS }, (_, i): Input => {
  const dt = addDays('2026-03-01', i);
  return { table: 'events', stage: 'settled', dt, generation: `${i % 3}-${String(i).padStart(16, '0')}`, keys: [] };
});

/** How many folders of settled days Trino has asked moto for. */
async function listed(sql: string): Promise<number> {
  const folders = await foldersListed(account, settledRoot('events'), () =>
    account.trino.query(sql, { schema: account.database }),
  );
  return folders.length;
}

test('a statement over many days lists the generation of each day, and not each generation of every day', async () => {
  const select = `select count(*) from (${inputRows('events', inputs)}) as input`;
  const product = withoutPairs(select);
  expect(product).not.toBe(select);
  const [pairs, all] = [await listed(select), await listed(product)];
  console.log(`${DAYS} days: ${pairs} folders listed by pairs, ${all} by lists alone`);
  expect(all).toBe(DAYS * DAYS);
  expect(pairs).toBe(DAYS);
});
