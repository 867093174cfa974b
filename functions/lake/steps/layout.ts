/**
 * Keys in the lake store, all under `v1/`, the version of layout and meaning: what lies where is said here and nowhere
 * else. design: "The protocol".
 */
import { hash } from 'node:crypto';

const ROOT = 'v1';
const STATE = `${ROOT}/state`;

export const liveRoot = (table: string): string => `${ROOT}/live/${table}/`;
export const liveFolder = (table: string, dt: string): string => `${liveRoot(table)}dt=${dt}/`;
export const settledFolder = (table: string, dt: string, generation: string): string =>
  `${ROOT}/settled/${table}/dt=${dt}/${generation}/`;
/** One location for the many days of a rollup run; the engine makes a `dt=D/` folder for each. */
export const rollupFolder = (table: string, run: string): string => `${ROOT}/settled/${table}/${run}/`;

export const plansRoot = `${STATE}/plans/`;
export const planFolder = (rawPrefix: string): string => `${plansRoot}${rawPrefix}`;
export const planKey = (rawPrefix: string, n: number): string => `${planFolder(rawPrefix)}${n}.json`;

export const tryFolder = (unit: string): string => `${STATE}/tries/${unit}/`;
export const tryKey = (unit: string, k: number): string => `${tryFolder(unit)}${k}.json`;

export const outcomesRoot = `${STATE}/units/`;
export const outcomeKey = (unit: string): string => `${outcomesRoot}dt=${planDayOf(unit)}/${unit}.json`;

export const generationsRoot = `${STATE}/generations/`;
export const generationFolder = (table: string, dt: string): string => `${generationsRoot}dt=${dt}/${table}/`;
export const generationKey = (table: string, dt: string, n: number): string =>
  `${generationFolder(table, dt)}${n}.json`;

export const rollupKey = (run: string): string => `${STATE}/rollups/${run}.json`;
export const auditKey = (dt: string, nonce: string): string => `${STATE}/audits/dt=${dt}/${nonce}.json`;

/** The number in a key that ends in `/<n>.json`, or null. */
export const numberOf = (key: string): number | null => {
  const match = /(?:^|\/)(\d+)\.json$/.exec(key);
  return match ? Number(match[1]) : null;
};

/** The value of the `dt=` folder in a key. @throws Error if it has none */
export const dayOfKey = (key: string): string => {
  const match = /(?:^|\/)dt=(\d{4}-\d\d-\d\d)(?:\/|$)/.exec(key);
  if (!match?.[1]) throw new Error(`key has no dt= folder: ${key}`);
  return match[1];
};

/** `<plan day>-<hash of raw prefix>-<n>-<i>`: unit i of plan n of a raw prefix. */
export const unitId = (planDay: string, rawPrefix: string, n: number, i: number): string =>
  `${planDay}-${hash('sha256', rawPrefix, 'hex').slice(0, 12)}-${n}-${i}`;

/** The UTC date of the planner that sealed the unit. */
export const planDayOf = (unit: string): string => unit.slice(0, 10);

/** `<unit>.<version>`; k counts attempts whose files met other content under the same name. */
export const attemptId = (unit: string, version: string, k = 0): string => `${unit}.${version}${k ? `.${k}` : ''}`;

export const unitOfAttempt = (attempt: string): string => attempt.slice(0, attempt.indexOf('.'));

/** `<attempt>.parquet`, further parts `<attempt>-<p>.parquet`. */
export const liveFile = (table: string, dt: string, attempt: string, part: number): string =>
  `${liveFolder(table, dt)}${attempt}${part ? `-${part}` : ''}.parquet`;

/** The attempt that wrote a live file, or null for a foreign file. */
export const attemptOfFile = (key: string): string | null => {
  const name = key.slice(key.lastIndexOf('/') + 1);
  return /^(\d{4}-\d\d-\d\d-[0-9a-f]{12}-\d+-\d+[ab]*\.[0-9a-f]+(?:\.\d+)?)(?:-\d+)?\.parquet$/.exec(name)?.[1] ?? null;
};
