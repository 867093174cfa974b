/**
 * When a rollup has ended. Its groups of send days are worked on side by side and in any order, so each worker leaves a mark
 * when it is done, and then counts the marks. Who finds all of them is the last: marks are never taken away, and a listing
 * shows every mark that was made before it, so that there is always such a one, however many finish at once. Then there are
 * several, and so there are when a message comes twice: what they do may be done again.
 */
import type { Store } from '../../ports.ts';
import { batchFolder, batchKey } from '../../protocol/keys.ts';
import { createState } from '../../protocol/records.ts';

/** One of the groups that a rollup handed out together. */
export interface GroupOfBatch {
  /** the batch's own */
  id: string;
  /** counted from 0 */
  group: number;
  groups: number;
}

/** What is made anew once a rollup has ended. */
export interface Following {
  /** what is shown to who may see no persons */
  copies: boolean;
  dashboard: boolean;
}

/** Marks a group as done. @returns whether all of its batch are */
export async function isLastOfBatch(
  lake: Pick<Store, 'create' | 'list'>,
  { id, group, groups }: GroupOfBatch,
): Promise<boolean> {
  await createState(lake, batchKey(id, group), { batch: id, group, groups });
  let done = 0;
  for await (const _ of lake.list(batchFolder(id))) done++;
  return done >= groups;
}
