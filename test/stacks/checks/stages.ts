/** The evaluated stages that the checks look at. */
import type { Graph } from '../graph.ts';

/** The graphs, once they have been evaluated. */
export interface Stages {
  dev(): Graph;
  production(): Graph;
  existing(): Graph;
  /** all new, of the same app as `dev`, and keeps its data */
  kept(): Graph;
}

/** The three that are looked at from all sides. */
export const all = ({ dev, production, existing }: Stages): Graph[] => [dev(), production(), existing()];
