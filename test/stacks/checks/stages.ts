import type { Graph } from '../graph.ts';

/** The graphs, once they have been evaluated. */
export interface Stages {
  dev(): Graph;
  production(): Graph;
  existing(): Graph;
}

export const all = ({ dev, production, existing }: Stages): Graph[] => [dev(), production(), existing()];
