import { expect, test } from 'vitest';
import { warnOfObjects } from '#cli/commands/run.ts';

test('a run names each object that was quarantined unread, with why, as harmless text', () => {
  const said: string[] = [];
  const poison = (key: string) => ({ key, why: 'its process ended (SIGABRT)' });
  warnOfObjects(
    { warn: (text) => said.push(text) },
    {
      changed_objects: [],
      missing_objects: ['gone'],
      poison_objects: ['bomb\u001b[2J', ...Array.from({ length: 6 }, (_, i) => `b${i}`)].map(poison),
    },
  );
  expect(said[0]).toBe(
    'raw object quarantined unread, as reading it failed three times: bomb\\x1b[2J (its process ended (SIGABRT))',
  );
  expect(said).toHaveLength(7);
  expect(said[5]).toBe('and 2 more, see: npm run lake -- quarantine --reason poison');
  expect(said[6]).toContain('gone before it could be read');
});
