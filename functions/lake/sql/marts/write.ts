/** Lists the views of sql/marts that are generated, with their text. */
import { FAMILY } from './dimensions.ts';
import { factsText, familyText } from './family.ts';

/** The files under sql/marts that are written from declarations: name of the view, and text of its file. */
export const writtenMarts = (): ReadonlyMap<string, string> =>
  new Map([
    ['deliverability_facts', factsText()],
    ...FAMILY.map((view): [string, string] => [view.name, familyText(view)]),
  ]);
