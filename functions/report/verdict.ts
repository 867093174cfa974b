/** A finding with its badge: how something stands, and a sentence about it. */
import { html, type Markup } from './html.ts';

export interface Verdict {
  kind: 'ok' | 'watch' | 'act' | 'unknown';
  /** the badge: `OK`, `Watch`, `Act`, `Too few` */
  says: string;
  text: string;
}

export const badged = ({ kind, says, text }: Verdict): Markup =>
  html`<span class="badge ${kind}">${says}</span> ${text}`;
