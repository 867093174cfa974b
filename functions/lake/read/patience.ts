/**
 * How many bytes may still be scanned in vain. Keeps hostile input from making the search for the next record quadratic:
 * all that failed may be no more than a fixed number of bytes and four times what has been read. It depends on where in
 * the object one is, never on how the bytes came in, so that the same object always gives the same records.
 */
export class Patience {
  readonly #credit: number;
  #spent = 0;

  /** @param recordBytes the largest record */
  constructor(recordBytes: number) {
    this.#credit = Math.max(4 * recordBytes, 1024 * 1024);
  }

  spend(bytes: number): void {
    this.#spent += bytes;
  }

  /** @param offset of the record that is to be scanned */
  isOver(offset: number): boolean {
    return this.#spent > this.#credit + 4 * offset;
  }
}
