/** Lambda, on the two queues of units: reads a unit's raw objects and writes its live files and outcome. */
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import * as z from 'zod';
import { workBatch } from '#aws/batch.ts';
import { ADDRESS_KEY } from '#aws/environment.ts';
import { type Invocation, type Observer, observed } from '#aws/observed.ts';
import { showAgain } from '#aws/sqs-queue.ts';
import { attemptVersion } from '#host/attempt-version.ts';
import { keyedHash } from '#host/keyed-hash.ts';
import { DeniedObject, type KeyedHash, type Store } from '#lake/ports.ts';
import { bindAddresses } from '#lake/protocol/address-key.ts';
import { laneOf } from '#lake/protocol/lanes.ts';
import { rebuildPorts } from '#lake/protocol/rebuilds.ts';
import type { Outcome } from '#lake/protocol/records.ts';
import type { Settings } from '#lake/settings.ts';
import { deadlineGuard, type Guard } from '#lake/steps/transform/guard.ts';
import { transform } from '#lake/steps/transform.ts';
import { wiring } from './wiring.ts';

const Message = z.object({ unit: z.string().min(1), plan: z.string().min(1), rebuild: z.int().min(0).exactOptional() });

/** Time that is kept for recording how a try ended, and for the answer. */
const RESERVE_MS = 20_000;
/** The share of the function's memory at which a unit is stopped. */
const MOST_MEMORY = 0.9;

/** True once this process has transformed a unit: memory that is still held from it is not the next unit's fault. */
let isFresh = true;
/**
 * A unit reached the memory limit in this process. Its memory is not returned, so the next unit needs a new process.
 */
let isWornOut = false;

/**
 * A process that is worn out ends with its own message, which goes back in any case: it was stopped, its try has its end in
 * the store, and the queue knows when to show it again.
 */
export const handler = async (event: SQSEvent, invocation: Invocation): Promise<SQSBatchResponse> => {
  const response = await workUnits(event, invocation);
  if (isWornOut) process.exit(1);
  return response;
};

const workUnits = (event: SQSEvent, invocation: Invocation): Promise<SQSBatchResponse> =>
  observed('transform', invocation, async (observer) => {
    const { ports, environment, clients } = wiring();
    const { settings } = environment;
    const version = attemptVersion(environment.version);
    const isExact = process.env.MAILLAKE_EXACT === '1';
    const unitPorts = ports(invocation);
    const hashing = await addressHash(unitPorts.lake, settings);
    const remainingMs = (): number => invocation.getRemainingTimeInMillis();
    return workBatch(event, {
      message: Message,
      remainingMs,
      showAgain: (record, seconds) =>
        showAgain(clients.sqs, [environment.queues.live, environment.queues.backfill], record, seconds),
      async work({ rebuild, ...message }) {
        const { clock } = unitPorts;
        const ownPorts = rebuild === undefined ? unitPorts : await rebuildPorts(unitPorts, rebuild, version);
        if (!ownPorts) {
          observer.info('nobody reads for this rebuild any more', { unit: message.unit });
          return;
        }
        const outOfTime = deadlineGuard(clock, clock.now() + remainingMs() - RESERVE_MS);
        const guard: Guard = () => outOfTime() ?? outOfMemory();
        try {
          const outcome = await transform(ownPorts, message, {
            ...{ settings, version, guard, isExact, ...hashing },
          });
          if (rebuild === undefined) report(observer, outcome, settings, clock.now());
          else reportReread(observer, outcome, rebuild);
        } finally {
          isFresh = false;
        }
      },
      failed(error, message) {
        observer.problem('unit goes back to the queue', error, { unit: message?.unit ?? 'unknown' });
        observer.count(error instanceof DeniedObject ? 'DeniedUnits' : 'FailedUnits', 1);
      },
    });
  });

let hashing: Promise<{ keyedHash?: KeyedHash }> | undefined;

/** Once a process: with another key than the lake's nothing is begun, and no unit is blamed. */
const addressHash = (lake: Store, settings: Settings): Promise<{ keyedHash?: KeyedHash }> => {
  hashing ??= bound(lake, settings).catch((error: unknown) => {
    hashing = undefined;
    throw error;
  });
  return hashing;
};

async function bound(lake: Store, settings: Settings): Promise<{ keyedHash?: KeyedHash }> {
  const key = process.env[ADDRESS_KEY];
  const hash = key === undefined ? null : keyedHash(key);
  // Where addresses are plain it is for persons who are to be forgotten.
  await bindAddresses(lake, settings, settings.addresses === 'hashed' ? (hash?.fingerprint ?? null) : null);
  return hash === null ? {} : { keyedHash: hash };
}

/** What was counted when it was first read is not counted again. */
function reportReread({ info, count }: Observer, outcome: Outcome, rebuild: number): void {
  const { unit, status, objects, records, accepted, quarantined } = outcome;
  info('unit was read for a rebuild', { rebuild, unit, status, objects, records, accepted, quarantined });
  count('RereadUnits', 1);
  count('SplitUnits', status === 'split' ? 1 : 0);
  count('PoisonObjects', outcome.poison?.length ?? 0);
}

const outOfMemory: Guard = () => {
  const limit = Number(process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE ?? Number.POSITIVE_INFINITY) * 2 ** 20;
  const held = process.memoryUsage.rss();
  if (held <= limit * MOST_MEMORY) return null;
  isWornOut = true;
  return { why: `${Math.round(held / 2 ** 20)} MB of memory`, counts: isFresh };
};

function report({ info, problem, count }: Observer, outcome: Outcome, settings: Settings, now: number): void {
  const { unit, status, objects, records, accepted, duplicate, skipped, quarantined } = outcome;
  info('unit has its outcome', { unit, status, objects, records, accepted, duplicate, skipped, quarantined });
  count('Units', 1);
  count('Records', records);
  count('AcceptedRecords', accepted);
  count('DuplicateRecords', duplicate);
  count('SkippedRecords', skipped);
  count('QuarantinedRecords', quarantined);
  count('MissingObjects', outcome.missing_objects);
  count('ChangedObjects', outcome.changed_objects);
  count('SplitUnits', status === 'split' ? 1 : 0);
  count('PoisonObjects', outcome.poison?.length ?? 0);
  const { raw_prefix: rawPrefix, newest_delivered_at: newestModified, kind } = outcome;
  // History is as late as it is old: only live mail says how fresh the lake is.
  if (newestModified !== null && laneOf({ rawPrefix, newestModified, kind }, settings, now) === 'live') {
    count('LagSeconds', Math.round((now - newestModified) / 1000));
  }
  for (const { key, problem: what } of outcome.problems.slice(0, 10))
    problem(what, new Error('raw object'), { unit, key });
}
