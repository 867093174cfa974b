import * as Plot from '@observablehq/plot';
import { html, type Markup, visible } from '../html.ts';
import { ratio } from '../measures.ts';
import { count, day as dayName, percent } from '../numbers.ts';
import type { Days, Period } from '../period.ts';
import { providerName } from '../providers.ts';
import { table } from '../table.ts';
import { figure, legend } from './figure.ts';
import { svg } from './svg.ts';
import { dayScale, midnight, nextMidnight, periodMarks } from './time.ts';

/** What one mailbox provider did with one day's mail. */
export interface ProviderDay {
  date: string;
  provider: string;
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

/** `cells`: providers with most mail first. */
export function heatMap(
  cells: readonly ProviderDay[],
  period: Period,
  incidents: readonly (Days & { provider: string })[],
): Markup {
  const title = 'Bounces by mailbox provider and day';
  return figure({
    id: 'providers-heat',
    title,
    description: html`Share of each day’s mail that a provider turned away (hard, soft and undetermined bounces). Days with
      fewer than ${FEW} mails are pale, days without mail are empty.${incidents.length > 0 && ' Framed days are incidents.'}`,
    legend: legend(STEPS.map(({ label }, i) => ({ label, key: `is-heat-${i}` }))),
    wide: draw(cells, period, incidents, 912),
    narrow: draw(cells, period, incidents, 358),
    table: matrix(title, cells),
  });
}

/** A line for each day, a column for each provider. */
function matrix(title: string, cells: readonly ProviderDay[]): Markup {
  const days = Map.groupBy(cells, ({ date }) => date);
  const share = ({ bounces, sent }: ProviderDay) => `${percent(ratio(bounces, sent))} of ${count(sent)}`;
  return table(
    title,
    [
      { name: 'Send day', heading: true, cell: (date) => dayName(date) },
      ...providersOf(cells).map((provider) => ({
        name: providerName(provider),
        numeric: true,
        cell: (date: string) =>
          days
            .get(date)
            ?.filter((cell) => cell.provider === provider)
            .map(share),
      })),
    ],
    [...days.keys()].sort(),
  );
}

const providersOf = (cells: readonly ProviderDay[]): string[] => [...new Set(cells.map(({ provider }) => provider))];

function draw(
  cells: readonly ProviderDay[],
  period: Period,
  incidents: readonly (Days & { provider: string })[],
  width: number,
): Markup {
  const isWide = width > 600;
  const providers = providersOf(cells);
  const name = ({ provider }: { provider: string }) => short(visible(providerName(provider)), isWide ? 14 : 11);
  return svg(
    {
      width,
      height: 60 + providers.length * (isWide ? 26 : 24),
      marginLeft: isWide ? 92 : 76,
      marginRight: 8,
      marginTop: 34,
      marginBottom: 26,
      x: dayScale(period.shown, isWide ? 13 : 4),
      y: { label: null, domain: providers.map((provider) => name({ provider })), tickSize: 0, padding: 0.1 },
    },
    Plot.barX(cells, {
      x1: ({ date }: ProviderDay) => midnight(date),
      x2: ({ date }: ProviderDay) => nextMidnight(date),
      y: name,
      fill: ({ bounces, sent }: ProviderDay) => `var(--heat-${step(bounces / sent)})`,
      fillOpacity: ({ sent, bounces }: ProviderDay) => (sent >= FEW ? 1 : bounces > 0 ? 0.3 : 0.6),
      insetLeft: isWide ? 0.5 : 0.15,
      insetRight: isWide ? 0.5 : 0.15,
      title: (cell: ProviderDay) =>
        `${name(cell)}, ${dayName(cell.date)}\n${percent(ratio(cell.bounces, cell.sent))} bounced\n${count(cell.bounces)} of ${count(cell.sent)}`,
    }),
    Plot.barX(
      incidents.filter(({ provider }) => providers.includes(provider)),
      {
        x1: ({ from }: Days) => midnight(from),
        x2: ({ to }: Days) => nextMidnight(to),
        y: name,
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
