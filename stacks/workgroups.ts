/** Where queries run: the pipeline's without a limit, the analysts' with one. */
import { kept, type LakeStage } from './lake-stage.ts';
import type { Storage } from './storage.ts';

export interface Workgroups {
  pipeline: aws.athena.Workgroup;
  analysts: aws.athena.Workgroup;
}

export const makeWorkgroups = (stage: LakeStage, storage: Storage): Workgroups => {
  const { places, config } = stage;
  return {
    pipeline: makeWorkgroup(stage, storage, 'Pipeline', {
      name: places.names.pipelineWorkgroup,
      description: 'settle, rollup and replay. A limit on scanned bytes would stop them.',
      outputLocation: places.results.pipeline,
    }),
    analysts: makeWorkgroup(stage, storage, 'Analysts', {
      name: places.names.analystWorkgroup,
      description: 'Queries of people; a query that would read too much is stopped.',
      outputLocation: places.results.analysts,
      mostBytes: Math.round(config.queryGigabytes * 1e9),
    }),
  };
};

/** Of those who may see no persons: what others have asked is not for them. */
export const makeOpenWorkgroup = (stage: LakeStage, storage: Storage): aws.athena.Workgroup =>
  makeWorkgroup(stage, storage, 'WithoutPersons', {
    name: stage.places.names.openWorkgroup,
    description: 'Queries of people who may see no persons.',
    outputLocation: stage.places.results.open,
    mostBytes: Math.round(stage.config.queryGigabytes * 1e9),
    isKept: false,
  });

/**
 * For the dashboards' queries: their costs can be told apart, and they have the analysts' limit. Removed with the
 * dashboards.
 */
export const makeDashboardWorkgroup = (stage: LakeStage, storage: Storage): aws.athena.Workgroup =>
  makeWorkgroup(stage, storage, 'Dashboards', {
    name: stage.places.names.dashboardWorkgroup,
    description: 'Queries of QuickSight.',
    outputLocation: stage.config.dashboards?.persons ? stage.places.results.analysts : stage.places.results.open,
    mostBytes: Math.round(stage.config.queryGigabytes * 1e9),
    isKept: false,
  });

interface WorkgroupFacts {
  name: string;
  description: string;
  outputLocation: string;
  mostBytes?: number;
  /** outlives the stage, where that keeps its data */
  isKept?: boolean;
}

function makeWorkgroup(
  stage: LakeStage,
  { results }: Storage,
  name: string,
  { name: workgroup, description, outputLocation, mostBytes, isKept = true }: WorkgroupFacts,
): aws.athena.Workgroup {
  const { config, account } = stage;
  return new aws.athena.Workgroup(
    `${name}Workgroup`,
    {
      name: workgroup,
      description,
      // Removes saved queries and their history too, where the stage keeps no data.
      forceDestroy: !(config.keepsData && isKept),
      configuration: {
        enforceWorkgroupConfiguration: true,
        publishCloudwatchMetricsEnabled: true,
        engineVersion: { selectedEngineVersion: 'Athena engine version 3' },
        resultConfiguration: {
          outputLocation,
          expectedBucketOwner: account.account,
          encryptionConfiguration: config.kmsKeyArn
            ? { encryptionOption: 'SSE_KMS', kmsKeyArn: config.kmsKeyArn }
            : { encryptionOption: 'SSE_S3' },
        },
        ...(mostBytes === undefined ? {} : { bytesScannedCutoffPerQuery: mostBytes }),
      },
    },
    { ...(isKept ? kept(stage) : { retainOnDelete: false }), dependsOn: [results] },
  );
}
