/**
 * Writes the generated files of sql/: the marts that #lake/sql/marts declares, and the dictionary, sql/README.md (`npm run
 * sql`).
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadSql } from '#host/sql-folder.ts';
import { dbtSources } from '#lake/sql/dictionary/dbt-sources.ts';
import { dictionary } from '#lake/sql/dictionary/dictionary.ts';
import { writtenMarts } from '#lake/sql/marts/write.ts';
import { TABLES } from '#lake/tables/index.ts';

const folder = fileURLToPath(new URL('../../sql', import.meta.url));
for (const [name, text] of writtenMarts()) await writeFile(join(folder, 'marts', `${name}.sql`), text);
const { views } = await loadSql(folder);
await writeFile(join(folder, 'README.md'), dictionary(Object.values(TABLES), views));
await writeFile(join(folder, 'sources.yml'), dbtSources(Object.values(TABLES), views));
