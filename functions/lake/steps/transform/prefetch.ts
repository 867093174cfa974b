/** Fetches raw objects ahead: while one is read, the next ones are already requested. They are read in order. */
import type { RawStore, StoredBody } from '../../ports.ts';
import type { PlannedObject } from '../../protocol/records.ts';

/** Requests under way at once: small objects cost a round trip each, which is most of their time. */
const AHEAD = 16;

export interface Fetched {
  object: PlannedObject;
  /** @throws what the store said of this object */
  first: () => StoredBody;
}

/** The objects in order, each as it was planned (If-Match). A failure is thrown only when its object's turn has come. */
export async function* fetchAhead(raw: RawStore, objects: readonly PlannedObject[]): AsyncGenerator<Fetched> {
  const asked: Promise<StoredBody | { error: unknown }>[] = [];
  try {
    for (const [i, object] of objects.entries()) {
      while (asked.length < AHEAD && i + asked.length < objects.length) {
        const next = objects[i + asked.length];
        if (!next) break;
        asked.push(raw.get(next.key, { ifMatch: next.etag }).catch((error: unknown) => ({ error })));
      }
      const answer = await asked.shift();
      yield {
        object,
        first: () => {
          if (!answer || 'error' in answer) throw answer?.error;
          return answer;
        },
      };
    }
  } finally {
    // Left early: give back what was asked for and will not be read.
    for (const answer of await Promise.all(asked)) {
      if ('body' in answer) await answer.body[Symbol.asyncIterator]().return?.();
    }
  }
}
