/** Cuts text to a number of UTF-8 bytes, as AWS counts it. JavaScript's `length` counts UTF-16 units; `…` takes three bytes. */

const ELLIPSIS = '…';

/** At most `most` bytes (4 or more); what is cut ends in `…`. No character is cut in two. */
export function cutToBytes(text: string, most: number): string {
  if (Buffer.byteLength(text) <= most) return text;
  let room = most - Buffer.byteLength(ELLIPSIS);
  let kept = '';
  for (const character of text) {
    room -= Buffer.byteLength(character);
    if (room < 0) break;
    kept += character;
  }
  return kept + ELLIPSIS;
}
