import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';

const project = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'lint-'));
mkdirSync(join(folder, 'functions/lake'), { recursive: true });
mkdirSync(join(folder, 'test'));
for (const file of ['biome.json', 'test/no-clock.grit', 'test/no-await-in-update.grit'])
  copyFileSync(join(project, file), join(folder, file));
afterAll(() => rmSync(folder, { recursive: true }));

/** What the project's lint rules say of a source, were it a file of the core. */
function problems(source: string): string {
  writeFileSync(join(folder, 'functions/lake/example.ts'), source);
  const biome = join(project, 'node_modules/.bin/biome');
  const { stdout, stderr } = spawnSync(biome, ['lint', '--vcs-enabled=false', 'functions'], {
    cwd: folder,
    encoding: 'utf8',
  });
  return stdout + stderr;
}

describe('the core', () => {
  test.each([
    ['the AWS SDK', "import { S3Client } from '@aws-sdk/client-s3';\nexport const x = S3Client;\n"],
    ['DuckDB', "import { DuckDBInstance } from '@duckdb/node-api';\nexport const x = DuckDBInstance;\n"],
    ['the file system', "import { readFileSync } from 'node:fs';\nexport const x = readFileSync;\n"],
    ['an adapter', "import { openLake } from '#local/lake.ts';\nexport const x = openLake;\n"],
    ['what the command line says', "import { EXIT } from '#host/failure.ts';\nexport const x = EXIT;\n"],
    ['a clock', 'export const now = Date.now();\n'],
    ['the current date', 'export const now = new Date();\n'],
    ['a timer', 'export const later = (): void => void setTimeout(() => {}, 1);\n'],
    ['randomness', 'export const nonce = Math.random();\n'],
    ['random bytes', 'export const nonce = crypto.randomUUID();\n'],
  ])('may not use %s', (_, source) => {
    expect(problems(source)).toMatch(/The core (sees|has|reads)/);
  });

  const declared =
    'const found = { n: 0, list: [0], last: null as number | null };\ndeclare const count: () => Promise<number>;\n';

  test.each([
    'found.n += await count()',
    'found.n -= 2 * (await count())',
    'found.last ??= await count()',
    'found.n = found.n + (await count())',
    'found.n = Math.max(found.n, await count())',
    'found.list = [...found.list, await count()]',
  ])('may not update across an await, as in %s', (statement) => {
    expect(problems(`${declared}${statement};\n`)).toMatch(/Await first, then update/);
  });

  test.each([
    'const more = await count();\nfound.n += more',
    'found.n = await count()',
    'const isMore = found.n <= (await count());\nfound.n = isMore ? 1 : 2',
  ])('may update once the await is over, as in %j', (statement) => {
    const said = problems(`${declared}${statement};\n`);
    expect(said).toMatch(/Checked 1 file/);
    expect(said).not.toMatch(/Await first/);
  });

  test('may use hashes and given times', () => {
    const said = problems(
      "import { hash } from 'node:crypto';\n\nexport const day = hash('sha256', String(new Date(0)));\n",
    );
    expect(said).toMatch(/Checked 1 file/);
    expect(said).not.toMatch(/The core|error/);
  });
});
