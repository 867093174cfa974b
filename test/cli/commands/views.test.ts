import { expect, test } from 'vitest';
import { dictionary } from '#cli/commands/dictionary.ts';
import { byTopic, TOPICS } from '#cli/commands/topics.ts';

test('views are listed by topic: each once, and a topic names no view that is not there', async () => {
  const views = (await dictionary()).filter(({ kind }) => kind === 'view');
  const names = views.map(({ name }) => name).sort();
  expect(
    Object.values(TOPICS)
      .flat()
      .filter((name) => !names.includes(name)),
  ).toEqual([]);
  expect(
    byTopic(views)
      .flatMap(([, ofTopic]) => ofTopic.map(({ name }) => name))
      .sort(),
  ).toEqual(names);
});

test('a view without a topic comes last, not lost', () => {
  expect(byTopic([{ name: 'new_view' }, { name: 'data_freshness' }])).toEqual([
    ['The lake itself', [{ name: 'data_freshness' }]],
    ['More', [{ name: 'new_view' }]],
  ]);
});
