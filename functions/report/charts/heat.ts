/** The chart of bounces by mailbox provider and day. */
import * as Plot from '@observablehq/plot';
import { count, percent } from '#host/figures.ts';
import { html, type Markup, visible } from '../html.ts';
import type { Marked } from '../incidents.ts';
import { ratio } from '../measures.ts';

import type { Days, Period } from '../period.ts';
import { table } from '../table.ts';
import { figure, legend } from './figure.ts';
import { svg } from './svg.ts';
import { bucketName, dayScale, midnight, nextMidnight, periodMarks, roomAbove } from './time.ts';

/** What one mailbox provider did with the mail of one day, or of a week in a long period. */
export interface HeatCell extends Days {
  /** as a person reads it; the heading of a line */
  name: string;
  sent: number;
  bounces: number;
}

/** Shares of bounces up to which a cell has a colour; a scale by eye, finest where senders start to worry. */
const STEPS = [
  { upTo: 0, label: 'none' },
  { upTo: 0.01, label: 'to 1%' },
  { upTo: 0.02, label: 'to 2%' },
  { upTo: 0.05, label: 'to 5%' },
  { upTo: 0.1, label: 'to 10%' },
  { upTo: 0.25, label: 'to 25%' },
  { upTo: 1, label: 'more' },
] as const;

/** Under so many mails a share is mostly chance: the cell is pale. */
const FEW = 20;

/** `cells`: in the order of the lines. */
export function heatMap(
  cells: readonly HeatCell[],
  period: Period,
  incidents: readonly (Marked & { name: string })[],
): Markup {
  const title = 'Bounces by mailbox provider and day';
  return figure({
    id: 'providers-heat',
    title,
    description: html`Share of the mail that a provider turned away (hard, soft and undetermined bounces). Cells of fewer than
      ${FEW} mails are pale, without mail they are empty.${incidents.length > 0 && ' Framed days are incidents.'}`,
    legend: legend(STEPS.map(({ label }, i) => ({ label, key: `is-heat-${i}` }))),
    wide: draw(cells, period, incidents, 912),
    narrow: draw(cells, period, incidents, 358),
    table: matrix(title, cells),
  });
}

/** A line for each day, a column for each provider. */
function matrix(title: string, cells: readonly HeatCell[]): Markup {
  const rows = [...Map.groupBy(cells, ({ from }) => from).values()];
  const share = ({ bounces, sent }: HeatCell) => `${percent(ratio(bounces, sent))} of ${count(sent)}`;
  return table(
    title,
    [
      { name: 'Sent', heading: true, cell: ([first]) => first && bucketName(first) },
      ...namesOf(cells).map((name) => ({
        name,
        numeric: true,
        cell: (row: HeatCell[]) => row.filter((cell) => cell.name === name).map(share),
      })),
    ],
    rows.sort(([a], [b]) => ((a?.from ?? '') < (b?.from ?? '') ? -1 : 1)),
  );
}

const namesOf = (cells: readonly HeatCell[]): string[] => [...new Set(cells.map(({ name }) => name))];

function draw(
  cells: readonly HeatCell[],
  period: Period,
  incidents: readonly (Marked & { name: string })[],
  width: number,
): Markup {
  const isWide = width > 600;
  const names = namesOf(cells);
  // A name that is shortened must stay another than the others.
  const label = ({ name }: { name: string }) => {
    const text = short(visible(name), isWide ? 17 : 11);
    const twins = names
      .slice(0, names.indexOf(name))
      .filter((other) => short(visible(other), isWide ? 17 : 11) === text);
    return text + '\u200b'.repeat(twins.length);
  };
  return svg(
    {
      width,
      height: 26 + roomAbove(period) + names.length * (isWide ? 26 : 24),
      marginLeft: isWide ? 112 : 76,
      marginRight: 8,
      marginTop: roomAbove(period),
      marginBottom: 26,
      x: dayScale(period.shown, isWide ? 13 : 4),
      y: { label: null, domain: names.map((name) => label({ name })), tickSize: 0, padding: 0.1 },
    },
    Plot.barX(cells, {
      x1: ({ from }: Days) => midnight(from),
      x2: ({ to }: Days) => nextMidnight(to),
      y: label,
      fill: ({ bounces, sent }: HeatCell) => `var(--heat-${step(bounces / sent)})`,
      fillOpacity: ({ sent, bounces }: HeatCell) => (sent >= FEW ? 1 : bounces > 0 ? 0.3 : 0.6),
      insetLeft: isWide ? 0.5 : 0.15,
      insetRight: isWide ? 0.5 : 0.15,
      title: (cell: HeatCell) =>
        `${visible(cell.name)}, ${bucketName(cell)}\n${percent(ratio(cell.bounces, cell.sent))} bounced\n${count(cell.bounces)} of ${count(cell.sent)}`,
    }),
    Plot.barX(
      incidents.filter(({ name }) => names.includes(name)),
      {
        x1: ({ from }: Days) => midnight(from),
        x2: ({ to }: Days) => nextMidnight(to),
        y: label,
        fill: 'none',
        stroke: 'var(--text)',
        strokeWidth: 1.5,
        inset: -1,
      },
    ),
    ...periodMarks(period),
  );
}

/** The step of a share from 0 to 1. */
export const step = (share: number): number => STEPS.findIndex(({ upTo }) => share <= upTo);

const short = (name: string, most: number): string => (name.length > most ? `${name.slice(0, most - 1)}…` : name);
