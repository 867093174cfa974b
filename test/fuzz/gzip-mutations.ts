/** What happens to compressed objects: members joined, headers with every field, ends missing, bits flipped. */
import { crc32, deflateRawSync, gzipSync } from 'node:zlib';
import type { Random } from '#generate/sender/random.ts';

export type Packing = (plain: Buffer, random: Random) => Buffer;

/** A member with header fields as flags say (RFC 1952, 2.3): extra 4, name 8, comment 16, header checksum 2, text 1. */
function member(plain: Buffer, flags: number, random: Random): Buffer {
  const extra = Buffer.alloc(2 + random.below(40));
  extra.writeUInt16LE(extra.length - 2);
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc32(plain), 0);
  trailer.writeUInt32LE(plain.length, 4);
  return Buffer.concat([
    Buffer.from([0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 255]),
    flags & 4 ? extra : Buffer.alloc(0),
    flags & 8 ? Buffer.from('name\0') : Buffer.alloc(0),
    flags & 16 ? Buffer.from('a comment\0') : Buffer.alloc(0),
    flags & 2 ? Buffer.alloc(2) : Buffer.alloc(0),
    deflateRawSync(plain),
    trailer,
  ]);
}

const parts = (plain: Buffer, random: Random): Buffer[] => {
  const found: Buffer[] = [];
  for (let at = 0; at < plain.length; ) {
    const size = random.pick([1, 20, 300, 5000]);
    found.push(plain.subarray(at, at + size));
    at += size;
    if (found.length === 40) return [...found, plain.subarray(at)];
  }
  return found;
};

/** Packings that lose nothing. */
export const SOUND_PACKINGS: Readonly<Record<string, Packing>> = {
  gzip: (plain) => gzipSync(plain, { level: 1 }),
  flags: (plain, random) => member(plain, random.below(32), random),
  members: (plain, random) => Buffer.concat(parts(plain, random).map((part) => member(part, random.below(32), random))),
  emptyMembers: (plain) => Buffer.concat([gzipSync(''), gzipSync(plain), gzipSync(''), gzipSync('')]),
  zeros: (plain, random) => Buffer.concat([gzipSync(plain), Buffer.alloc(random.between(1, 2000))]),
};

/** Packings that lose something, or say that they do. */
export const DAMAGED_PACKINGS: Readonly<Record<string, Packing>> = {
  truncated: (plain, random) => {
    const packed = gzipSync(plain);
    return packed.subarray(0, random.below(packed.length));
  },
  trailing: (plain, random) =>
    Buffer.concat([
      gzipSync(plain),
      Buffer.from(random.pick(['x', '\0\0x', '{"a":1}\n', '\x1f\x8b', '\x1f\x8b\x09x']), 'latin1'),
    ]),
  checksum: (plain, random) => {
    const packed = gzipSync(plain);
    const at = packed.length - 1 - random.below(8);
    packed[at] = (packed[at] ?? 0) ^ (1 << random.below(8));
    return packed;
  },
  flipped: (plain, random) => {
    const packed = gzipSync(plain);
    for (let flips = random.between(1, 4); flips > 0; flips--) {
      const at = random.below(packed.length);
      packed[at] = (packed[at] ?? 0) ^ (1 << random.below(8));
    }
    return packed;
  },
  spliced: (plain, random) => {
    const packed = gzipSync(plain);
    const at = random.below(packed.length);
    return Buffer.concat([packed.subarray(0, at), packed.subarray(random.below(packed.length))]);
  },
  secondBroken: (plain, random) => {
    const second = gzipSync(plain);
    return Buffer.concat([gzipSync(plain), second.subarray(0, random.between(1, second.length - 1))]);
  },
  twice: (plain) => gzipSync(gzipSync(plain)),
  endlessName: (plain) =>
    Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 0]), Buffer.alloc(plain.length, 1)]),
};
