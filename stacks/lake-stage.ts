import type { Settings } from '#lake/settings.ts';
import type { StageConfig } from './config.ts';
import type { Stage } from './spec/names.ts';
import type { Account, StagePlaces } from './spec/places.ts';

/** The stage that is being made: what every stack is given. */
export interface LakeStage {
  names: Stage;
  account: Account;
  config: StageConfig;
  places: StagePlaces;
  settings: Settings;
}

/** What holds data or its history outlives the stage, where the stage keeps its data. */
export const kept = ({ config: { keepsData } }: LakeStage): { retainOnDelete: boolean; protect: boolean } => ({
  retainOnDelete: keepsData,
  protect: keepsData,
});
