/** Reads the bytes of a body in order. It can look ahead, and take back bytes that were read too far. */
export class ByteSource {
  readonly #body: AsyncIterator<Uint8Array>;
  /** taken from the body but not by the reader; the next comes first */
  #held: Buffer[] = [];
  #over = false;

  constructor(body: AsyncIterable<Uint8Array>) {
    this.#body = body[Symbol.asyncIterator]();
  }

  /** The next chunk, never empty; undefined at the end. Errors of the body pass through as they are. */
  async take(): Promise<Buffer | undefined> {
    const held = this.#held.shift();
    if (held !== undefined) return held;
    while (!this.#over) {
      const next = await this.#body.next();
      if (next.done === true) this.#over = true;
      else if (next.value.length > 0) return Buffer.from(next.value.buffer, next.value.byteOffset, next.value.length);
    }
    return undefined;
  }

  /** Puts bytes back in front of what is still to come. */
  unread(bytes: Buffer): void {
    if (bytes.length > 0) this.#held.unshift(bytes);
  }

  /** Takes `length` bytes, or fewer if the body ends before. */
  async read(length: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    let missing = length;
    while (missing > 0) {
      const chunk = await this.take();
      if (chunk === undefined) break;
      parts.push(chunk.subarray(0, missing));
      this.unread(chunk.subarray(missing));
      missing -= Math.min(missing, chunk.length);
    }
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
  }

  /** As read, but the bytes stay. */
  async peek(length: number): Promise<Buffer> {
    const bytes = await this.read(length);
    this.unread(bytes);
    return bytes;
  }

  async *chunks(): AsyncGenerator<Buffer> {
    for (let chunk = await this.take(); chunk !== undefined; chunk = await this.take()) yield chunk;
  }

  /** Tells the body that no more is wanted. */
  async close(): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    await this.#body.return?.();
  }
}
