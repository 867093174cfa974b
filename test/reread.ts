/** Reads again for a rebuild in this thread, with any settings: what workers do on a laptop and in a stage. */
import type { Ports } from '#lake/ports.ts';
import { NO_PARTITIONS, RebuildStore } from '#lake/protocol/rebuild-store.ts';
import type { Rebuild } from '#lake/protocol/rebuilds.ts';
import type { Settings } from '#lake/settings.ts';
import { planRebuild } from '#lake/steps/rebuild.ts';
import { transform } from '#lake/steps/transform.ts';

export async function reread(ports: Ports, rebuild: Rebuild, settings: Settings): Promise<void> {
  const own = { ...ports, lake: new RebuildStore(ports.lake, rebuild.n), catalog: NO_PARTITIONS, queue: undefined };
  for (const unit of await planRebuild(ports, rebuild))
    await transform(own, unit, { settings, version: rebuild.version });
}
