/** What all stacks get: names, account and options of the stage that is deployed. */

import type { Stage } from '#aws/stage-names.ts';
import type { Settings } from '#lake/settings.ts';
import type { StageConfig } from './config.ts';
import type { Deployed } from './deployed.ts';
import type { Account, StagePlaces } from './spec/places.ts';

/** The stage that is being made, which every stack gets. */
export interface LakeStage {
  names: Stage;
  account: Account;
  config: StageConfig;
  places: StagePlaces;
  settings: Settings;
  deployed: Deployed;
}

/**
 * What holds data or its history outlives the stage, where the stage keeps its data, and can't be removed by accident. Not for
 * what a release may bring: an older one, rolled back to, could not be deployed. That outlives the stage only.
 */
export const kept = ({ config: { keepsData } }: LakeStage): { retainOnDelete: boolean; protect: boolean } => ({
  retainOnDelete: keepsData,
  protect: keepsData,
});
