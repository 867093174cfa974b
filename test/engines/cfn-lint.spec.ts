/** The dashboard's template, as cfn-lint reads it: by CloudFormation's own schemas of its resources. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadSql } from '#host/sql-folder.ts';
import { templateOfTests } from '../stacks/quicksight/query-of.ts';
import { installCfnLint } from './install.ts';

const folder = mkdtempSync(join(tmpdir(), 'cfn-lint-'));
const template = JSON.stringify(templateOfTests((await loadSql(join(process.cwd(), 'sql'))).views));
let command: string;

beforeAll(() => {
  command = installCfnLint((line) => console.log(line));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** @returns rules that a template breaks */
async function brokenBy(text: string): Promise<string[]> {
  const file = join(folder, 'template.json');
  writeFileSync(file, text);
  const args = [
    '--template',
    file,
    '--regions',
    'eu-west-1',
    'us-east-1',
    '--format',
    'json',
    '--non-zero-exit-code',
    'none',
  ];
  const { stdout } = await promisify(execFile)(command, args, { maxBuffer: 1e8 });
  const found: { Rule: { Id: string } }[] = JSON.parse(stdout);
  return [...new Set(found.map(({ Rule: { Id } }) => Id))];
}

test('the template is what CloudFormation takes', async () => {
  expect(await brokenBy(template)).toEqual([]);
});

test('what it doesn’t take is found: beyond the grid, an unknown member, a colour in small letters', async () => {
  const wrong = template
    .replace('"ColumnSpan":36', '"ColumnSpan":37')
    .replace('"SheetId":', '"Sheetid":"x","SheetId":')
    .replace('"#0072B2"', '"#0072b2"');
  expect((await brokenBy(wrong)).sort()).toEqual(['E3002', 'E3031', 'E3034']);
});
