/** What the benchmark of layouts prints of its answers. */
import { DAY_MS } from '#lake/days.ts';
import { tableOfSettledFile } from './lake.ts';
import { type Answer, difference, type Layout, type Layouts } from './layouts.ts';
import type { Question } from './questions.ts';

/** Of each question and layout, the answers of all rounds. */
export type Answers = Map<string, Record<Layout, Answer[]>>;

export function reportFiles({ files }: Layouts): void {
  const rows = new Map<string, { files: number; bytes: number }>();
  const add = (name: string, bytes: number): void => {
    const row = rows.get(name) ?? { files: 0, bytes: 0 };
    rows.set(name, { files: row.files + 1, bytes: row.bytes + bytes });
  };
  for (const { bytes } of files.peer.files) add('peer', bytes);
  for (const { bytes } of files.maillake.files) add('Maillake', bytes);
  for (const { key, bytes } of files.maillake.files) add(`  ${tableOfSettledFile(key)}`, bytes);
  print(
    ['on disk', 'files', 'MB'],
    [...rows].map(([name, row]) => [name, String(row.files), megabytes(row.bytes)]),
  );
}

const MEASURES: readonly { name: string; of: (answer: Answer) => number; write: (value: number) => string }[] = [
  { name: 'MB read of files', of: ({ bytesRead }) => bytesRead, write: (bytes) => megabytes(bytes) },
  { name: 'MB of the columns needed', of: ({ columnBytes }) => columnBytes, write: (bytes) => megabytes(bytes) },
  { name: 'seconds', of: ({ milliseconds }) => milliseconds, write: (ms) => (ms / 1000).toFixed(2) },
];

/** For each measure a table: medians of the rounds, and the ratio round by round. */
export function reportAnswers({ questions }: Layouts, answers: Answers, rounds: number): void {
  for (const { name, of, write } of MEASURES) {
    const valuesOf = (layout: Layout, question: string): number[] => answers.get(question)?.[layout].map(of) ?? [];
    const together = (layout: Layout): number[] =>
      questions.map((question) => valuesOf(layout, question.name)).reduce(added, Array(rounds).fill(0));
    const line = (about: string, peer: readonly number[], maillake: readonly number[]): string[] => [
      about,
      write(median(peer)),
      write(median(maillake)),
      spread(ratios(peer, maillake)),
    ];
    print(
      [name, 'peer', 'Maillake', 'ratio'],
      [
        ...questions.map((question) =>
          line(
            `${question.name}, ${daysOf(question)} days`,
            valuesOf('peer', question.name),
            valuesOf('maillake', question.name),
          ),
        ),
        line('all five', together('peer'), together('maillake')),
      ],
    );
  }
  console.log(`medians of ${rounds} rounds; ratios are the peer's to Maillake's, round by round, with least and most`);
  console.log('the bar: at least 3 (MB read) and 2 (seconds) over all five\n');
}

const daysOf = ({ from, to }: Question): number => (Date.parse(to) - Date.parse(from)) / DAY_MS + 1;

const added = (sums: readonly number[], values: readonly number[]): number[] =>
  sums.map((sum, round) => sum + (values[round] ?? 0));

/** Says whether both gave the same answers in every round. */
export function checkAnswers(answers: Answers): boolean {
  const odd = [...answers].flatMap(([name, { peer, maillake }]) =>
    peer.flatMap((answer, round) => {
      const ours = maillake[round];
      const found = ours ? difference(answer, ours) : 'no answer';
      return found === null ? [] : [`${name}: ${found}`];
    }),
  );
  for (const line of new Set(odd)) console.log(`other answers  ${line}`);
  if (odd.length === 0) console.log('same answers   all five, in every round');
  return odd.length === 0;
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(2);

/** The peer's values by ours, round by round. */
const ratios = (peer: readonly number[], maillake: readonly number[]): number[] =>
  peer.map((value, round) => value / (maillake[round] ?? Number.NaN));

const spread = (of: readonly number[]): string =>
  `${median(of).toFixed(1)} (${Math.min(...of).toFixed(1)}–${Math.max(...of).toFixed(1)})`;

function median(of: readonly number[]): number {
  const sorted = of.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const high = sorted[middle] ?? 0;
  return sorted.length % 2 ? high : (high + (sorted[middle - 1] ?? 0)) / 2;
}

/** A table whose first column is words and whose others are numbers. */
function print(head: readonly string[], lines: readonly (readonly string[])[]): void {
  const widths = head.map((name, at) => Math.max(name.length, ...lines.map((line) => line[at]?.length ?? 0)));
  for (const line of [head, ...lines])
    console.log(
      line
        .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
        .join('  ')
        .trimEnd(),
    );
  console.log();
}
