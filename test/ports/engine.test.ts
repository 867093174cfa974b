import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'vitest';
import { DiskCatalog } from '#local/disk/catalog.ts';
import { DiskStore } from '#local/disk/store.ts';
import { DuckDbEngine } from '#local/duckdb/engine.ts';
import { engineContract, TEST_VIEWS } from './engine.contract.ts';

describe('DuckDB', () => {
  engineContract(async () => {
    const root = await mkdtemp(join(tmpdir(), 'engine-'));
    const catalog = new DiskCatalog(root);
    const engine = await DuckDbEngine.open({ root, catalog, views: TEST_VIEWS });
    return {
      engine,
      catalog,
      store: new DiskStore(root),
      close: async () => {
        await engine.close();
        await rm(root, { recursive: true });
      },
    };
  });
});
