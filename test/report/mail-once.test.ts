import { describe, expect, test } from 'vitest';
import { type Mailed, mailOnce } from '#report/mail-once.ts';
import { MemoryStore } from '#test/ports/memory-store.ts';

const LONGEST_MS = 900_000;

/** Somebody's mailbox, and calls that send to it; `dies` says at which of a call's steps its process ends. */
function mailbox() {
  const store = new MemoryStore();
  const clock = { at: 0, now: () => clock.at };
  const mails: string[] = [];
  const call = async (request: string, dies = Infinity, id = 'monday'): Promise<Mailed | 'died'> => {
    let steps = 0;
    const step = (): void => {
      if (steps++ === dies) throw new Error('killed');
    };
    const watched: typeof store.create = async (key, bytes) => {
      step();
      const made = await store.create(key, bytes);
      step();
      return made;
    };
    const seen = { list: store.list.bind(store), get: store.get.bind(store), create: watched };
    try {
      return await mailOnce({ store: seen, clock, request, longestMs: LONGEST_MS }, id, async () => {
        step();
        mails.push(id);
        step();
        return 'message-1';
      });
    } catch {
      return 'died';
    }
  };
  return { store, clock, mails, call };
}

test('what is asked for twice is sent once', async () => {
  const { call, mails } = mailbox();
  expect([await call('a'), await call('a'), await call('b')]).toEqual(['sent', 'sent before', 'sent before']);
  expect(mails).toEqual(['monday']);
});

test('what is asked for twice at once is sent once', async () => {
  const { call, mails } = mailbox();
  expect((await Promise.all([call('a'), call('b')])).sort()).toEqual(['being sent', 'sent']);
  expect(mails).toEqual(['monday']);
});

test('another mail is another mail', async () => {
  const { call, mails } = mailbox();
  await call('a');
  expect(await call('a', Infinity, 'tuesday')).toBe('sent');
  expect(mails).toEqual(['monday', 'tuesday']);
});

describe('a call that dies at step', () => {
  // Steps: before and after the try's record, before and after SES, before and after the end's record.
  test.each([
    [0, 1],
    [1, 1],
    [2, 1],
    [3, 2],
    [4, 2],
    [5, 1],
  ])('%i leaves %i mails once Lambda has called it again', async (step, sent) => {
    const { call, mails, store } = mailbox();
    expect(await call('a', step)).toBe('died');
    await call('a');
    expect(mails).toHaveLength(sent);
    expect((await Array.fromAsync(store.list('mails/monday/'))).map(({ key }) => key)).toContain(
      'mails/monday/sent.json',
    );
  });
});

test('a mail that another call may be sending is left to it, until that can’t be any more', async () => {
  const { call, mails, clock, store } = mailbox();
  await store.create('mails/monday/try-0.json', JSON.stringify({ request: 'a', begun_at: 0 }));
  clock.at = LONGEST_MS - 1;
  expect(await call('b')).toBe('being sent');
  clock.at = LONGEST_MS;
  expect(await call('b')).toBe('sent');
  expect(mails).toEqual(['monday']);
});

test('a mail that SES has refused is sent by whoever asks next, at once', async () => {
  const store = new MemoryStore();
  const mailing = { store, clock: { now: () => 0 }, longestMs: LONGEST_MS };
  const refused = mailOnce({ ...mailing, request: 'a' }, 'monday', async () => {
    throw new Error('not verified');
  });
  await expect(refused).rejects.toThrow('not verified');
  expect(await mailOnce({ ...mailing, request: 'b' }, 'monday', async () => 'message-1')).toBe('sent');
});
