/** Decompresses gzip data of any number of members, and tells how it ended. */
import { constants, crc32, createInflateRaw, gunzipSync, type InflateRaw, inflateRawSync } from 'node:zlib';
import { ObjectRejection } from '../vocabulary.ts';
import { ByteSource } from './byte-source.ts';

/** How the gzip data ended, known once its chunks have all been read. */
export interface GzipEnding {
  is: 'whole' | 'truncated' | 'trailing';
  /** the first bytes of what follows the last member, if `trailing` */
  trailing: Uint8Array;
}

/** Does it begin like a gzip member with the only compression method there is (RFC 1952, 2.3.1)? */
export function isGzip(head: Uint8Array): boolean {
  return head[0] === 0x1f && head[1] === 0x8b && head[2] === 0x08;
}

/**
 * Decompresses one gzip member after another and says in `ending` how they ended: damage at the end does not take back
 * what was read before. Zeros after a member are padding (tapes and `dd` leave them).
 *
 * Why not createGunzip: on an error it drops what the same call has decompressed already, and it hides where a member
 * ends; so the members' frames are read here and zlib sees the deflate data alone.
 *
 * @throws ObjectRejection gzip_crc: the deflate data, its length or its checksum are wrong; errors of the body unchanged
 */
export async function* gunzip(source: ByteSource, ending: GzipEnding): AsyncGenerator<Buffer> {
  // many objects are small: a megabyte allocated for each would keep the garbage collector busy
  let outputBytes = outputFor((await source.peek(SMALL_INPUT)).length);
  for (;;) {
    if (outputBytes === SMALL_OUTPUT) yield* await smallMembers(source);
    if (!(await skipHeader(source))) return end(ending, 'truncated');
    const member = { crc: 0, size: 0 };
    for await (const chunk of inflateMember(source, outputBytes)) {
      member.crc = crc32(chunk, member.crc);
      member.size += chunk.length;
      yield chunk;
    }
    const trailer = await source.read(8);
    if (trailer.length < 8) return end(ending, 'truncated');
    if (trailer.readUInt32LE(0) !== member.crc) throw new ObjectRejection('gzip_crc', 'checksum does not match');
    // RFC 1952: ISIZE is the length modulo 2^32
    if (trailer.readUInt32LE(4) !== member.size % 2 ** 32)
      throw new ObjectRejection('gzip_crc', 'length does not match');
    if (!(await skipPadding(source))) return;
    if (!isGzip(await source.peek(3))) {
      ending.trailing = await source.peek(TRAILING_KEPT);
      return end(ending, 'trailing');
    }
    // a file may be joined from very many small members: don't allocate a megabyte for each
    outputBytes = member.size < SMALL_OUTPUT ? SMALL_OUTPUT : FULL_OUTPUT;
  }
}

/**
 * The content of a body, plain or gzip, whatever its name says. CloudWatch Logs writes gzip members, and a Firehose that
 * compresses them again makes gzip within gzip: up to three layers are taken off.
 *
 * @param ending of the outermost layer that didn't end well
 */
export async function* unzipped(source: ByteSource, ending: GzipEnding, layers = 3): AsyncGenerator<Buffer> {
  if (layers === 0 || !isGzip(await source.peek(3))) {
    yield* source.chunks();
    return;
  }
  const inner: GzipEnding = { is: 'whole', trailing: new Uint8Array(0) };
  const content = new ByteSource(gunzip(source, ending));
  try {
    yield* unzipped(content, inner, layers - 1);
  } finally {
    await content.close();
  }
  if (ending.is === 'whole') Object.assign(ending, inner);
}

interface Inflated {
  buffer: Buffer;
  engine: { bytesWritten: number };
}

/** Compressed and decompressed bytes of an object that is decompressed in one go. */
const MOST_ZIPPED_AT_ONCE = 4 * 1024 * 1024;
const MOST_AT_ONCE = 16 * 1024 * 1024;
/** Of a member, without what flags add. */
const HEADER = 10;
const TRAILER = 8;

/**
 * Decompresses what is left of the source in one go, if it is not much and one whole member: a stream costs a tenth more,
 * and ten times that for objects of a few kilobytes. Null if it can't, whatever the reason: then nothing has been taken
 * from the source, and `gunzip` says how it ends.
 * @param objectBytes the most that an object may have when decompressed: of a bomb only a little is looked at
 */
export async function gunzipAtOnce(source: ByteSource, objectBytes: number): Promise<Buffer | null> {
  const most = Math.min(MOST_ZIPPED_AT_ONCE, objectBytes / EXPANSION);
  const zipped = await source.peek(most + 1);
  if (zipped.length > most || zipped.length < HEADER + TRAILER) return null;
  // RFC 1952: ISIZE is the length modulo 2^32, of the last member
  const size = zipped.readUInt32LE(zipped.length - 4);
  if (size > MOST_AT_ONCE) return null;
  try {
    const options = { chunkSize: size + 64, maxOutputLength: size + 64, info: true };
    // With `info` zlib also says how much it has read (Node, "zlib", Class: Options); the types don't know it.
    const { buffer, engine } = gunzipSync(zipped, options) as unknown as Inflated;
    // Gzip within gzip is taken off layer by layer.
    return buffer.length === size && engine.bytesWritten === zipped.length && !isGzip(buffer) ? buffer : null;
  } catch {
    return null;
  }
}

/** Measured: chunks of 64 KB cost a tenth more than 1 MB, larger ones bring nothing. */
const FULL_OUTPUT = 1024 * 1024;
const SMALL_OUTPUT = 64 * 1024;
/** An object shorter than this is small. */
const SMALL_INPUT = 64 * 1024;
/** Mail events compress eightfold; as much again is seldom. */
const EXPANSION = 16;
/** Measured: 64 KB leave the engine idle for a tenth of the time. */
const INPUT = 256 * 1024;
const TRAILING_KEPT = 64 * 1024;

function outputFor(inputBytes: number): number {
  return inputBytes < SMALL_INPUT ? Math.min(FULL_OUTPUT, Math.max(SMALL_OUTPUT, EXPANSION * inputBytes)) : FULL_OUTPUT;
}

function end(ending: GzipEnding, is: GzipEnding['is']): void {
  ending.is = is;
}

/** Skips a member's header (RFC 1952, 2.3). False if the data end within it. */
async function skipHeader(source: ByteSource): Promise<boolean> {
  const fixed = await source.read(10);
  if (fixed.length < 10) return false;
  const flags = fixed[3] ?? 0;
  if (flags & 0x04) {
    const size = await source.read(2);
    if (size.length < 2) return false;
    const extra = size.readUInt16LE(0);
    if ((await source.read(extra)).length < extra) return false;
  }
  if (flags & 0x08 && !(await skipText(source))) return false;
  if (flags & 0x10 && !(await skipText(source))) return false;
  return !(flags & 0x02) || (await source.read(2)).length === 2;
}

/** Skips text and the zero that ends it. */
async function skipText(source: ByteSource): Promise<boolean> {
  for (let chunk = await source.take(); chunk !== undefined; chunk = await source.take()) {
    const zero = chunk.indexOf(0);
    if (zero < 0) continue;
    source.unread(chunk.subarray(zero + 1));
    return true;
  }
  return false;
}

/** Skips zeros. False at the end of the data. */
async function skipPadding(source: ByteSource): Promise<boolean> {
  for (let chunk = await source.take(); chunk !== undefined; chunk = await source.take()) {
    const from = chunk.findIndex((byte) => byte !== 0);
    if (from < 0) continue;
    source.unread(chunk.subarray(from));
    return true;
  }
  return false;
}

/** Compressed bytes that are looked at for small members, and those that one of them may have. */
const SMALL_MEMBERS = 64 * 1024;
const SMALL_MEMBER = 4 * 1024;

/**
 * The contents of the next members, as far as they are small, sound and followed by another one; these are taken from the
 * source. An engine that streams takes 0.2 ms to make, and a MB may hold 50,000 members. Whatever is not so simple is left
 * to `inflateMember`, which says how it ends.
 */
async function smallMembers(source: ByteSource): Promise<Buffer[]> {
  const zipped = await source.peek(SMALL_MEMBERS);
  const contents: Buffer[] = [];
  let from = 0;
  for (let next = memberEnd(zipped, from, contents); next > 0; next = memberEnd(zipped, from, contents)) from = next;
  await source.read(from);
  return contents;
}

/** Where a small member ends that is followed by another one, and its content; 0 if it isn't such a member. */
function memberEnd(zipped: Buffer, from: number, contents: Buffer[]): number {
  if (!isGzip(zipped.subarray(from, from + 3))) return 0;
  const begin = from + headerBytes(zipped.subarray(from));
  const data = zipped.subarray(begin, begin + SMALL_MEMBER);
  try {
    const options = { chunkSize: SMALL_MEMBER, maxOutputLength: SMALL_OUTPUT, info: true };
    const { buffer, engine } = inflateRawSync(data, options) as unknown as Inflated;
    const trailer = begin + engine.bytesWritten;
    const next = trailer + TRAILER;
    if (!isGzip(zipped.subarray(next, next + 3))) return 0;
    if (zipped.readUInt32LE(trailer) !== crc32(buffer) || zipped.readUInt32LE(trailer + 4) !== buffer.length) return 0;
    if (buffer.length > 0) contents.push(buffer);
    return next;
  } catch {
    return 0;
  }
}

/** The length of a member's header (RFC 1952, 2.3); beyond the bytes if it doesn't end within them. */
function headerBytes(bytes: Buffer): number {
  const flags = bytes[3] ?? 0;
  let end = HEADER;
  if (flags & 0x04) end += end + 2 <= bytes.length ? 2 + bytes.readUInt16LE(end) : bytes.length;
  for (const text of [0x08, 0x10]) {
    if (!(flags & text)) continue;
    const zero = bytes.indexOf(0, end);
    end = zero < 0 ? bytes.length : zero + 1;
  }
  return flags & 0x02 ? end + 2 : end;
}

/** The content of one member; what follows its deflate data is given back to the source. */
async function* inflateMember(source: ByteSource, chunkSize: number): AsyncGenerator<Buffer> {
  // with a sync flush at the end, data that end too early are no error but give all that can be had
  const engine = createInflateRaw({ chunkSize, finishFlush: constants.Z_SYNC_FLUSH });
  let failure: { error: unknown } | undefined;
  const feeding = feed(engine, source).catch((error: unknown) => {
    failure = { error };
    engine.destroy();
  });
  try {
    for await (const chunk of engine) yield chunk;
    await feeding;
  } catch (error) {
    // not to be waited for: when zlib fails, it never calls back for what was written
    if (failure === undefined && isDamage(error)) throw new ObjectRejection('gzip_crc', 'compressed data are damaged');
    if (failure === undefined) throw error;
  } finally {
    engine.destroy();
  }
  if (failure !== undefined) throw failure.error;
}

async function feed(engine: InflateRaw, source: ByteSource): Promise<void> {
  let fed = 0;
  while (!engine.destroyed) {
    // larger pieces let the engine work in its thread while this one parses; but the first may hold the whole member
    const chunk = fed === 0 ? await source.take() : await source.read(INPUT);
    if (chunk === undefined || chunk.length === 0) {
      engine.end();
      return;
    }
    await new Promise((done) => engine.write(chunk, done));
    fed += chunk.length;
    // zlib stops taking bytes once the deflate data are over
    const left = fed - engine.bytesWritten;
    if (left > 0) {
      source.unread(chunk.subarray(chunk.length - left));
      return;
    }
  }
}

function isDamage(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'Z_DATA_ERROR' || error.code === 'Z_NEED_DICT');
}
