import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sesBounce, sesClick, sesDelivery, sesOpen, sesSend } from '#test/records.ts';
import { folder } from '../lake.ts';

const here = folder({ COLUMNS: '100' });
const MAIL = { messageId: 'm1', sentAt: Date.parse('2026-10-06T08:00:00Z') };
beforeAll(async () => {
  const later = { ...MAIL, at: MAIL.sentAt + 3000 };
  const records = [
    sesSend(MAIL),
    sesDelivery(later),
    sesOpen({ ...MAIL, at: MAIL.sentAt + 3_600_000 }),
    sesClick({ ...MAIL, at: MAIL.sentAt + 3_660_000 }),
    sesSend({ messageId: 'm2', sentAt: MAIL.sentAt + 86_400_000 }),
    sesBounce({ messageId: 'm2', sentAt: MAIL.sentAt + 86_400_000 }),
  ];
  writeFileSync(here.at('events.json'), records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  const ran = await here.lake('run', '--raw', here.at('events.json'));
  expect(ran.code, ran.stderr).toBe(0);
});
afterAll(() => here.remove());

test('message tells what became of a mail, in order and in words', async () => {
  const { stdout } = await here.lake('message', 'm1');
  const told = [
    '2026-10-06 08:00:00',
    '2026-10-06 08:00:03  +3 s',
    'Delivered to',
    '+1 h',
    'Opened',
    '+1 h 1 min',
    'Clicked',
  ];
  const places = told.map((words) => stdout.indexOf(words));
  expect(places).not.toContain(-1);
  expect([...places].sort((a, b) => a - b)).toEqual(places);
  expect(stdout).not.toContain('Bounce');
  expect(JSON.parse((await here.lake('message', 'm1', '--json')).stdout).mails[0].events).toHaveLength(4);
});

test('person tells how an address stands, and its latest mails', async () => {
  const { mails } = JSON.parse((await here.lake('message', 'm1', '--json')).stdout);
  const address = mails[0].recipient.toUpperCase();
  const { stdout } = await here.lake('person', address);
  expect(stdout).toContain('2 mails sent');
  expect(stdout).toContain('bounce');
  const last = JSON.parse((await here.lake('person', address, '--mails', '1', '--json')).stdout);
  expect(last).toMatchObject({ sent: 2, opened_by_person: 1, mails: [{ message_id: 'm2' }] });
});

test('what is not there is said so, with what to do', async () => {
  for (const words of [
    ['message', 'nothing'],
    ['person', 'nobody@example.com'],
  ]) {
    const { code, stderr } = await here.lake(...words);
    expect(code).toBe(1);
    expect(stderr).toContain('there is no mail');
  }
});
