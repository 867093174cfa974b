import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'vitest';
import { DiskCatalog } from '#local/disk/catalog.ts';
import { catalogContract } from './catalog.contract.ts';
import { MemoryCatalog } from './memory-catalog.ts';

describe('a catalog in memory', () => {
  catalogContract(async () => ({ catalog: new MemoryCatalog() }));
});

describe('a catalog on disk', () => {
  catalogContract(async () => {
    const root = await mkdtemp(join(tmpdir(), 'catalog-'));
    return { catalog: new DiskCatalog(root), close: () => rm(root, { recursive: true }) };
  });
});
