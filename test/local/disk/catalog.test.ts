import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DiskCatalog } from '#local/disk/catalog.ts';

let root: string;
let catalog: DiskCatalog;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'catalog-'));
  catalog = new DiskCatalog(root);
});
afterEach(() => rm(root, { recursive: true }));

const partition = { dt: '2024-01-01', location: 'v1/live/events/dt=2024-01-01/' };

test('a partition is one small file that a person can read', async () => {
  await catalog.ensurePartitions('events', [partition]);
  expect(await readFile(join(root, 'catalog/events/dt=2024-01-01.json'), 'utf8')).toBe(
    '{"location":"v1/live/events/dt=2024-01-01/"}\n',
  );
  expect(await readdir(join(root, '.tmp'))).toEqual([]);
});

test('what another program put beside the partitions is passed over', async () => {
  await catalog.ensurePartitions('events', [partition]);
  await writeFile(join(root, 'catalog/events/.DS_Store'), 'x');
  await writeFile(join(root, 'catalog/events/notes.txt'), 'x');
  expect(await catalog.locations('events')).toEqual([partition]);
});

test.each(['', '{', '[]', '{"location":7}', '{"location":"no slash"}'])(
  'the damaged entry %j is an error that names the file and what to do',
  async (content) => {
    await catalog.ensurePartitions('events', [partition]);
    await writeFile(join(root, 'catalog/events/dt=2024-01-01.json'), content);
    await expect(catalog.locations('events')).rejects.toThrow(
      /^catalog entry is damaged, delete it .*: catalog\/events\/dt=2024-01-01.json$/,
    );
  },
);

test('two catalogs over one folder see the same partitions', async () => {
  const other = new DiskCatalog(root);
  await catalog.ensurePartitions('events', [partition]);
  await other.switchPartition('events', { ...partition, location: 'v1/settled/events/dt=2024-01-01/0-a/' });
  expect(await catalog.locations('events')).toEqual(await other.locations('events'));
});
