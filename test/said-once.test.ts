/** What is declared has one place, and is used. */
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const textOf = new Map(
  globSync(['{functions,stacks,test}/**/*.ts', '*.config.ts'], { cwd: root }).map((file): [string, string] => [
    file,
    readFileSync(`${root}${file}`, 'utf8'),
  ]),
);
const sources = [...textOf].filter(([file]) => !file.startsWith('test/'));

test('the length of a day and of an hour is said once (else import it from functions/lake/days.ts)', () => {
  const again = sources.filter(
    ([file, text]) => file !== 'functions/lake/days.ts' && /\b(86_?400_?000|3_?600_?000)\b/.test(text),
  );
  expect(again.map(([file]) => file)).toEqual([]);
});

test('percents and durations have one wording (else import them from functions/host/figures.ts)', () => {
  const again = sources.filter(
    ([file, text]) => file !== 'functions/host/figures.ts' && /(?:const|function) (?:percent|duration)\b/.test(text),
  );
  expect(again.map(([file]) => file)).toEqual([]);
});

test('nothing is exported that nobody uses', () => {
  const uses = new Map<string, number>();
  for (const text of textOf.values()) {
    for (const [name] of text.matchAll(/[\w$]+/g)) uses.set(name, (uses.get(name) ?? 0) + 1);
  }
  const unused = sources.flatMap(([file, text]) =>
    Array.from(
      text.matchAll(/^export (?:async )?(?:const|function\*?|class|type|interface) (\w+)/gm),
      ([, name = '']) => name,
    )
      .filter((name) => uses.get(name) === 1)
      .map((name) => `${file}: ${name}`),
  );
  expect(unused).toEqual([]);
});

test('every source file and test helper says at its head what it is for (else begin it with a comment of one or two sentences)', () => {
  const silent = [...textOf].filter(
    ([file, text]) => !/\.(test|spec)\.ts$/.test(file) && !/^(#!.*\n)?\/\*\*/.test(text) && file.includes('/'),
  );
  expect(silent.map(([file]) => file)).toEqual([]);
});
