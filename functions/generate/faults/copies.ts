/** Generates faults 35 to 38 of test/README.md: repeated records, and records that only look repeated. */
import { DAY_MS, HOUR_MS } from '#lake/days.ts';
import { PERSONAL_AGENTS } from '../sender/agents.ts';
import { startOfDay } from '../sender/calendar.ts';
import type { Happening } from '../sender/mail.ts';
import { type Bench, delivered, lines, sent } from './bench.ts';

/** Faults 35 to 38: the same record again, and records that only look the same. */
export const COPY_FAULTS: readonly (readonly [row: number, make: (bench: Bench) => void])[] = [
  [35, inOneUnit],
  [36, inTwoUnits],
  [37, everywhere],
  [38, alike],
];

function inOneUnit(bench: Bench): void {
  const [a = '', b = ''] = bench.goods(2);
  bench.put(lines([a, b, a]), [
    ['rows', 2],
    ['repeats', 1],
  ]);
  bench.put(lines([b]), [['repeats', 1]], { ending: '.gz', gzip: true });
}

function inTwoUnits(bench: Bench): void {
  const record = bench.good();
  bench.put(lines([record]), [['rows', 1]]);
  bench.put(lines([record]), [['repeats', 1]], { after: 5 * HOUR_MS });
}

function everywhere(bench: Bench): void {
  const midnight = startOfDay(bench.at) + DAY_MS;
  const mail = bench.letter({}, undefined, midnight - 1);
  const record = lines(bench.book(mail, [sent(mail), delivered(mail, midnight)]));
  bench.put(record, [['rows', 2]], { after: midnight - bench.at });
  const again = [['repeats', 2]] as const;
  bench.put(record, again, { after: 40 * DAY_MS, ending: '.gz', gzip: true });
  bench.put(record, again, { folder: 'second-bucket/ses', ending: '.gz', gzip: true });
  bench.put(record, again, { name: 'replayed/events.json', isWhole: true, after: 3 * DAY_MS });
}

function alike(bench: Bench): void {
  const mail = bench.letter();
  const agent = PERSONAL_AGENTS[0] ?? '';
  const open = (ip: string): Happening => ({
    type: 'open',
    at: mail.sentAt + HOUR_MS,
    who: [0],
    ip,
    agent,
    isHuman: true,
  });
  const records = bench.book(mail, [sent(mail), delivered(mail), open('192.0.2.10'), open('198.51.100.10')]);
  bench.put(lines(records), [['rows', 4]]);
}
