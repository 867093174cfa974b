/** Writes sql/README.md, the data dictionary: `node functions/local/dictionary.ts`. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dictionary } from '#lake/sql/dictionary.ts';
import { TABLES } from '#lake/tables/index.ts';
import { loadSql } from './sql-files.ts';

const folder = fileURLToPath(new URL('../../sql', import.meta.url));
const { views } = await loadSql(folder);
await writeFile(join(folder, 'README.md'), dictionary(Object.values(TABLES), views));
