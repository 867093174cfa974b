/** Writes the views of sql/marts that are made from declarations (#lake/sql/deliverability): `node functions/local/marts.ts`. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writtenMarts } from '#lake/sql/deliverability/index.ts';

const folder = fileURLToPath(new URL('../../sql/marts', import.meta.url));
for (const [name, text] of writtenMarts()) await writeFile(join(folder, `${name}.sql`), text);
