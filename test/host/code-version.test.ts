import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { codeVersion, TRANSFORM } from '#host/code-version.ts';
import { closureOf } from '#host/import-graph.ts';
import { DEFAULT_SETTINGS, type Settings } from '#lake/settings.ts';

const project = fileURLToPath(new URL('../..', import.meta.url));

/** Folders of which transform runs all, or nearly all. */
const WHOLE_FOLDERS = /^functions\/lake\/(read|decode|shapes|write|tables|steps\/transform)\//;

test('the version covers reading, decoding, writing and these files beside them, and no other (else is it meant?)', () => {
  const { files, packages } = closureOf(TRANSFORM, project);
  expect(files.filter((file) => !WHOLE_FOLDERS.test(file))).toEqual([
    'functions/lake/concurrently.ts',
    'functions/lake/days.ts',
    'functions/lake/ports.ts',
    'functions/lake/protocol/contents.ts',
    'functions/lake/protocol/erasures.ts',
    'functions/lake/protocol/expired.ts',
    'functions/lake/protocol/halves.ts',
    'functions/lake/protocol/keys.ts',
    'functions/lake/protocol/lanes.ts',
    'functions/lake/protocol/meaning.ts',
    'functions/lake/protocol/plan-of-unit.ts',
    'functions/lake/protocol/published.ts',
    'functions/lake/protocol/raw-prefixes.ts',
    'functions/lake/protocol/raw-sources.ts',
    'functions/lake/protocol/records.ts',
    'functions/lake/protocol/rewritten-objects.ts',
    'functions/lake/settings.ts',
    'functions/lake/steps/transform.ts',
    'functions/lake/vocabulary.ts',
    'functions/lake/zone.ts',
  ]);
  for (const file of ['read/splitter.ts', 'decode/decode.ts', 'write/parquet.ts', 'tables/events.ts']) {
    expect(files).toContain(`functions/lake/${file}`);
  }
  expect(packages).toEqual(['bowser', 'isbot', 'libmime']);
});

describe('the version of an attempt', () => {
  let root = '';
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'version-'));
    for (const path of ['functions', 'sql', 'package-lock.json']) {
      cpSync(join(project, path), join(root, path), { recursive: true });
    }
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const version = (settings: Settings = DEFAULT_SETTINGS): string => codeVersion(settings, root);
  const comment = (file: string): void => appendFileSync(join(root, file), '\n// a remark\n');
  const lockAs = (name: string, released: string): void => {
    const path = join(root, 'package-lock.json');
    const lock = JSON.parse(readFileSync(path, 'utf8'));
    lock.packages[`node_modules/${name}`].version = released;
    writeFileSync(path, JSON.stringify(lock));
  };

  test('stays when a view, the report, another step or a tool changes', () => {
    const before = version();
    comment('functions/lake/sql/views/view.ts');
    comment('functions/lake/sql/dictionary/guide.ts');
    comment('functions/report/page.ts');
    comment('functions/lake/steps/settle.ts');
    comment('sql/staging/email_events.sql');
    lockAs('vitest', '99.0.0');
    expect(version()).toBe(before);
  });

  test.each([
    ['decoding', () => comment('functions/lake/decode/address.ts')],
    ['a package that it uses', () => lockAs('libmime', '99.0.0')],
    ['a package that one of these uses', () => lockAs('libqp', '99.0.0')],
  ])('is another one when %s changes', (_, change) => {
    const before = version();
    change();
    expect(version()).not.toBe(before);
  });

  test('is another one with other settings', () => {
    expect(version({ ...DEFAULT_SETTINGS, parquet: 'compatible' })).not.toBe(version());
  });
});
