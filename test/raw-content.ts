/** What a raw object holds, as the reader sees it. */
import { ByteSource } from '#lake/read/byte-source.ts';
import { unzipped } from '#lake/read/gzip.ts';

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** Decompressed, in however many layers; of damaged data what comes before the damage. */
export async function rawContent(stored: Uint8Array): Promise<Buffer> {
  const parts: Buffer[] = [];
  try {
    const ending = { is: 'whole' as const, trailing: new Uint8Array(0) };
    for await (const part of unzipped(new ByteSource(once(stored)), ending)) parts.push(part);
  } catch {
    // It goes no further.
  }
  return Buffer.concat(parts);
}
