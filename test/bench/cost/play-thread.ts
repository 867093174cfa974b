/** Plays one day in a thread of its own, so that two take no longer than one. */
import { parentPort, workerData } from 'node:worker_threads';
import { playDay } from './play.ts';

const { mails, days }: { mails: number; days: number } = workerData;
parentPort?.postMessage(await playDay(mails, days));
