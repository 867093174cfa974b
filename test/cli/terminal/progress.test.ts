import { expect, test } from 'vitest';
import { barLine, Pace, progressOn } from '#cli/terminal/progress.ts';

const stream = (isTTY: boolean) => {
  const written: string[] = [];
  return { written, isTTY, columns: 100, write: (text: string) => written.push(text) };
};
const MB = 1e6;

test('a bar shows bytes, rate and time left as they are', () => {
  let now = 0;
  const terminal = stream(true);
  const progress = progressOn(terminal, () => now);
  progress.start('transform', 200 * MB, 'bytes');
  for (let i = 0; i < 8; i++) {
    now += 500;
    progress.advance(11 * MB);
  }
  expect(terminal.written.at(-1)).toBe(
    '\r\u001b[2Ktransform  ██████████▌░░░░░░░░░░░░░   44 %  88 MB of 200 MB  22 MB/s  5.1 s left',
  );
});

test('a bar is drawn ten times a second at most', () => {
  let now = 0;
  const terminal = stream(true);
  const progress = progressOn(terminal, () => now);
  progress.start('transform', 10_000, 'objects');
  for (let i = 0; i < 10_000; i++) {
    now += 0.1;
    progress.advance(1);
  }
  progress.done();
  expect(terminal.written.length).toBeLessThanOrEqual(13);
  expect(terminal.written.slice(-2)).toEqual(['\r\u001b[2Ktransform  10,000 objects in 1 s', '\n']);
});

test('a hundred percent is said only when everything is done', () => {
  const pace = new Pace('transform', 1000, 'bytes', () => 0);
  pace.advance(999);
  expect(pace.percent).toBe(99);
  pace.advance(1);
  expect(pace.percent).toBe(100);
});

test('the rate follows when work gets slower', () => {
  let now = 0;
  const pace = new Pace('transform', 1000 * MB, 'bytes', () => now);
  for (let i = 0; i < 100; i++) {
    now += 100;
    pace.advance(10 * MB);
  }
  expect(pace.rate).toBeCloseTo(100 * MB, -6);
  for (let i = 0; i < 150; i++) {
    now += 100;
    pace.advance(MB);
  }
  expect(pace.rate).toBeLessThan(11 * MB);
});

test('a step that stopped early says how far it came', () => {
  const log = stream(false);
  const progress = progressOn(log, () => 0);
  progress.start('settle', 30, 'days');
  progress.advance(12);
  progress.done();
  expect(log.written).toEqual(['settle     stopped at 12 of 30 days in 0 s\n']);
});

test('elsewhere than on a terminal there are whole lines now and then, without control characters', () => {
  let now = 0;
  const log = stream(false);
  const progress = progressOn(log, () => now);
  progress.start('transform', 200 * MB, 'bytes');
  for (let i = 0; i < 20; i++) {
    now += 600;
    progress.advance(10 * MB);
  }
  progress.done();
  expect(log.written).toEqual([
    'transform  45 %, 90 MB of 200 MB, 6.6 s left\n',
    'transform  90 %, 180 MB of 200 MB, 1.2 s left\n',
    'transform  200 MB in 12 s\n',
  ]);
});

test.each([
  [
    'terminal',
    true,
    ['\r\u001b[2Kplan       20,000 objects so far', '\r\u001b[2Kplan       25,000 objects in 6.5 s', '\n'],
  ],
  ['log', false, ['plan       20,000 objects so far\n', 'plan       25,000 objects in 6.5 s\n']],
])('of a step without a known end it is said how far it came (%s)', (_, isTTY, said) => {
  let now = 0;
  const to = stream(isTTY);
  const progress = progressOn(to, () => now);
  progress.start('plan', null, 'objects');
  for (let i = 0; i < 5; i++) {
    now += 1300;
    progress.advance(5000);
    if (now < 2000) expect(to.written).toEqual([]);
  }
  progress.done();
  expect(to.written.filter((text) => !/ (10|15|25),000 objects so far/.test(text))).toEqual(said);
});

test.each([true, false])('a step without a known end that is soon over says nothing (terminal: %s)', (isTTY) => {
  let now = 0;
  const to = stream(isTTY);
  const progress = progressOn(to, () => now);
  progress.start('audit', null, 'entries');
  now = 1900;
  progress.advance(1);
  progress.done();
  expect(to.written).toEqual([]);
});

test.each([
  ['transform', 1e12, 'bytes', 0.4],
  ['generate', 100_000_000, 'messages', 0.99],
  ['settle', 1_000_000, 'partitions', 0.01],
] as const)('%s of %d %s fits 80 columns, and shows a bar', (step, total, unit, share) => {
  let now = 0;
  const pace = new Pace(step, total, unit, () => now);
  for (let i = 0; i < 20; i++) {
    now += 400;
    pace.advance((total * share) / 20);
    expect(barLine(pace).length).toBeLessThan(80);
    expect(barLine(pace)).toMatch(/[█▏▎▍▌▋▊▉░]{8}/);
  }
  for (const width of [60, 40, 20]) expect(barLine(pace, width).length).toBeLessThan(width);
});
