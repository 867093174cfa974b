import type { Limits } from '../settings.ts';
import type { SplitInner } from './envelope.ts';
import { RecordPlace } from './place.ts';
import { Splitter } from './splitter.ts';

/** Splits what came in an envelope as bytes, with the limits of the object. */
export function splitInner(limits: Limits): SplitInner {
  return (bytes, visitor) => {
    const inner = new Splitter(limits, visitor, new RecordPlace());
    inner.push(bytes);
    const { events, junk } = inner.end('json');
    return events || junk;
  };
}
