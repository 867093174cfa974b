/** Writes generated raw objects into a folder. */
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzip, gzipSync } from 'node:zlib';

/** The folder that stands for the raw bucket. Objects are compressed while the next ones are made. */
export class RawFolder {
  objects = 0;
  /** as stored */
  bytes = 0;
  private readonly out: string;
  private readonly folders = new Set<string>();
  private readonly underWay = new Set<Promise<void>>();

  constructor(out: string) {
    this.out = out;
  }

  /** Writes bytes as they are. @param modified epoch ms */
  put(key: string, bytes: Uint8Array, modified: number): void {
    const path = join(this.out, key);
    const folder = dirname(path);
    if (!this.folders.has(folder)) {
      // hours come in order: folders of long ago are not written to again
      if (this.folders.size > 1000) this.folders.clear();
      mkdirSync(folder, { recursive: true });
      this.folders.add(folder);
    }
    writeFileSync(path, bytes);
    utimesSync(path, modified / 1000, modified / 1000);
    this.objects++;
    this.bytes += bytes.length;
  }

  /** Compresses and writes; waits while many objects are under way, so that memory stays small. */
  async putCompressed(key: string, content: Uint8Array, modified: number): Promise<void> {
    if (content.length < SMALL) {
      this.put(key, compressed(content), modified);
      return;
    }
    const task = gzipAside(content, GZIP).then((bytes) => {
      this.put(key, portable(bytes), modified);
      this.underWay.delete(task);
    });
    this.underWay.add(task);
    if (this.underWay.size >= MOST_UNDER_WAY) await Promise.race(this.underWay);
  }

  async finish(): Promise<void> {
    await Promise.all(this.underWay);
  }
}

const gzipAside = promisify<Uint8Array, { level: number }, Buffer>(gzip);
/** Tried: twice as quick as 4 and a fifth larger. */
const GZIP = { level: 2 };
/** bytes: to hand less to another thread costs more than it saves */
const SMALL = 30_000;
const MOST_UNDER_WAY = 4;

export const compressed = (content: string | Uint8Array): Buffer => portable(gzipSync(content, GZIP));

/** The header names the operating system (RFC 1952, OS): the same everywhere, so that the bytes are. */
function portable(bytes: Buffer): Buffer {
  bytes[9] = 255;
  return bytes;
}

/** Texts as UTF-8, one after another with a delimiter behind each. In one piece, as joining them first costs twice. */
export function encoded(parts: readonly string[], delimiter: string): Buffer {
  let end = 0;
  for (const part of parts) {
    // a UTF-16 unit makes at most three bytes
    const most = end + 3 * (part.length + delimiter.length);
    if (most > scratch.length) {
      const larger = Buffer.allocUnsafe(2 * most);
      scratch.copy(larger, 0, 0, end);
      scratch = larger;
    }
    end += scratch.write(part, end);
    end += scratch.write(delimiter, end);
  }
  return Buffer.from(scratch.subarray(0, end));
}

let scratch = Buffer.allocUnsafe(8 * 1024 * 1024);
