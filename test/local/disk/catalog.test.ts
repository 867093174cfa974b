import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DiskCatalog } from '#local/disk/catalog.ts';
import { DiskStore } from '#local/disk/store.ts';

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
  'fault 76: the damaged entry %j is made again, from the newest generation or the live files',
  async (content) => {
    const damage = (): Promise<void> => writeFile(join(root, 'catalog/events/dt=2024-01-01.json'), content);
    await catalog.ensurePartitions('events', [partition]);
    await damage();
    expect(await catalog.locations('events')).toEqual([partition]);
    expect(await new DiskCatalog(root).locations('events')).toEqual([partition]);

    const location = 'v1/settled/events/dt=2024-01-01/0-a/';
    const generation = { generation: 0, dt: '2024-01-01', location };
    await new DiskStore(root).create('v1/state/generations/dt=2024-01-01/events/0.json', JSON.stringify(generation));
    await damage();
    expect(await catalog.locations('events')).toEqual([{ dt: '2024-01-01', location }]);
    expect(await readFile(join(root, 'catalog/events/dt=2024-01-01.json'), 'utf8')).toBe(
      `{"location":"${location}"}\n`,
    );
  },
);

test('two catalogs over one folder see the same partitions', async () => {
  const other = new DiskCatalog(root);
  await catalog.ensurePartitions('events', [partition]);
  await other.switchPartition('events', { ...partition, location: 'v1/settled/events/dt=2024-01-01/0-a/' });
  expect(await catalog.locations('events')).toEqual(await other.locations('events'));
});
