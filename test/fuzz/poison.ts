/**
 * Objects that are slow or memory-hungry to read, within the limits, and as small as possible on disk. All are gzip. What
 * they cost grows with `size`, which is by default as large as the limits allow or as a machine can bear.
 */
import { gzipSync } from 'node:zlib';

export interface Poison {
  /** what is costly about it */
  why: string;
  /** units of `make` that are still harmless: for tests */
  small: number;
  /** units that hurt: hundreds of MB or minutes */
  large: number;
  make(size: number): Buffer;
}

/** So many times a member, so that gigabytes are made of kilobytes without ever being in memory. */
function members(plain: Buffer, times: number): Buffer {
  const member = gzipSync(plain, { level: 9 });
  return Buffer.concat(Array.from({ length: times }, () => member));
}

/** MB of the unit again and again. */
const expanding = (unit: string, mb: number): Buffer =>
  mb < 1 ? gzipSync(filled(unit, mb * MB)) : members(filled(unit, MB), mb);

const MB = 1024 * 1024;
const filled = (unit: string, bytes: number): Buffer =>
  Buffer.alloc(Math.floor(bytes / unit.length) * unit.length, unit);

const sesSend = (mail: object): string =>
  JSON.stringify({
    eventType: 'Send',
    mail: { timestamp: '2026-03-02T08:15:30.120Z', messageId: 'm', ...mail },
    send: {},
  });

const addresses = (count: number): string[] => Array.from({ length: count }, (_, i) => `r${i}@example.org`);

export const POISON: Readonly<Record<string, Poison>> = {
  emptyRecords: {
    why: 'MB of the shortest records there are: time for each, no memory',
    small: 0.05,
    large: 4000,
    make: (mb) => expanding('{}\n', mb),
  },
  brokenLines: {
    why: 'MB of lines that begin a record and end: a row of quarantine for every three bytes',
    small: 0.02,
    large: 1000,
    make: (mb) => expanding('{"\n', mb),
  },
  openStructures: {
    why: 'MB of records that open and never close: each is scanned as far as the scan budget goes',
    small: 0.02,
    large: 200,
    make: (mb) => expanding('{"a":[\n', mb),
  },
  emptyMembers: {
    why: 'thousands of gzip members with nothing in them: an engine made for each',
    small: 0.3,
    large: 5000,
    make: (thousands) => members(Buffer.alloc(0), thousands * 1000),
  },
  zeros: {
    why: 'MB of zeros: one broken run, and the most that gzip can expand',
    small: 4,
    large: 4000,
    make: (mb) => members(Buffer.alloc(MB), mb),
  },
  controls: {
    why: 'MB of control characters in one string, each of which is escaped before it is JSON',
    small: 0.2,
    large: 15,
    make: (mb) => gzipSync(`{"eventType":"Open","x":"${filled('\x01', mb * MB)}"}\n`),
  },
  objects: {
    why: 'MB of empty objects in one record: what they take parsed is twenty times their text',
    small: 0.2,
    large: 15,
    make: (mb) => gzipSync(`{"eventType":"Send","x":[${filled('{},', mb * MB)}{}]}\n`),
  },
  headers: {
    why: 'thousands of headers in one record, a row each that repeats the message id',
    small: 1,
    large: 400,
    make: (thousands) =>
      gzipSync(
        `${sesSend({ headers: Array.from({ length: thousands * 1000 }, (_, i) => ({ name: `H${i}`, value: 'v' })), messageId: 'm'.repeat(900) })}\n`,
      ),
  },
  sharedText: {
    why: 'records whose thousand recipients each repeat 60 KB of tags: 60 MB of rows out of 80 KB',
    small: 1,
    large: 100,
    make: (records) => {
      const list = addresses(1000);
      const lines = Array.from({ length: records }, (_, i) =>
        sesSend({ destination: list, messageId: `m${i}`, tags: { note: [`${i}${'x'.repeat(60_000)}`] } }),
      );
      return gzipSync(`${lines.join('\n')}\n`, { level: 9 });
    },
  },
  envelope: {
    why: 'one envelope with a MB of events that are rejected, all in the byte range of the whole envelope',
    small: 0.01,
    large: 15,
    make: (mb) =>
      gzipSync(`{"Type":"Notification","Message":[${filled('{"eventType":"Send"},', mb * MB)}{"eventType":"Send"}]}\n`),
  },
  manyDays: {
    why: 'an event on each of so many days: a partition and a file in each of two tables for every one',
    small: 20,
    large: 30_000,
    make: (days) =>
      gzipSync(
        Array.from({ length: days }, (_, i) => {
          const timestamp = new Date(Date.UTC(2010, 0, 2 + i)).toISOString();
          return `${sesSend({ timestamp, messageId: `m${i}`, destination: ['a@example.org'], headers: [{ name: 'A', value: 'b' }] })}\n`;
        }).join(''),
      ),
  },
  distinct: {
    why: 'MB of sound events, no two alike: columns hold as much as the object says',
    small: 1,
    large: 4000,
    make: (mb) => {
      const parts: Buffer[] = [];
      for (let part = 0; part < mb; part++) {
        const lines = Array.from({ length: 4500 }, (_, i) =>
          sesSend({
            messageId: `m${part}-${i}`,
            destination: [`r${part}-${i}@example.org`],
            tags: { n: [`${part * i}`] },
          }),
        );
        parts.push(gzipSync(`${lines.join('\n')}\n`));
      }
      return Buffer.concat(parts);
    },
  },
};
