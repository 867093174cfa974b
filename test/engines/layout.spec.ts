/** The benchmark of layouts at a tiny size, so that it stays true: `npm run bench:layout` is the whole of it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  difference,
  LAYOUTS,
  type Layouts,
  makeLayouts,
  noticesSpoiltFiles,
  readsOtherDays,
} from '#test/bench/layout/layouts.ts';

let layouts: Layouts;

beforeAll(async () => {
  layouts = await makeLayouts(undefined, { messages: 4000, days: 8, end: '2025-03-08' });
});
afterAll(() => layouts?.close());

describe('the same events as one nested table by the hour, and as settled tables', () => {
  test('give the same answers to the same questions', async () => {
    const differences = await Promise.all(
      layouts.questions.map(async (question) => {
        const [peer, maillake] = await Promise.all(LAYOUTS.map((layout) => layouts.ask(layout, question)));
        return peer && maillake ? difference(peer, maillake) : 'no answer';
      }),
    );
    expect(differences).toEqual(layouts.questions.map(() => null));
  });

  test('are asked for some days without a byte of others being read', async () => {
    for (const question of layouts.questions) {
      for (const layout of LAYOUTS) {
        const { spoilt, opened } = await readsOtherDays(layouts, layout, question);
        expect(spoilt, question.name).toBeGreaterThan(0);
        expect(opened, question.name).toBe(null);
      }
    }
  });

  test('are seen to read a file that no engine can read', async () => {
    const [question] = layouts.questions;
    if (!question) throw new Error('there are no questions');
    for (const layout of LAYOUTS) expect(await noticesSpoiltFiles(layouts, layout, question)).toBe(true);
  });
});
