/** The chart of opens and clicks by hours after delivery. */
import * as Plot from '@observablehq/plot';
import { count, percent } from '#host/figures.ts';
import { html, type Markup, visible } from '../html.ts';
import { ratio } from '../measures.ts';
import { percentTick } from '../numbers.ts';
import { table } from '../table.ts';
import { figure, legend } from './figure.ts';
import { svg } from './svg.ts';

/** How many people had opened and clicked a campaign's mail so many hours after its delivery. */
export interface CampaignReach {
  campaign: string;
  hours: ReachHour[];
}

export interface ReachHour {
  hour: number;
  delivered: number;
  opened: number;
  clicked: number;
}

const TITLE = 'How soon campaigns are opened and clicked';
/** Hours that the table tells. */
const TOLD = [1, 2, 4, 8, 24, 48, 72];

/** A small chart for each campaign, all on the same scale. */
export function reachCharts(campaigns: readonly CampaignReach[]): Markup | null {
  if (campaigns.length === 0) return null;
  const high = Math.max(
    0.01,
    ...campaigns.flatMap(({ hours }) => hours.map(({ opened, delivered }) => share(opened, delivered))),
  );
  const grid = html`<div class="multiples">${campaigns.map(
    (one) => html`<div class="multiple"><h4><bdi>${shortened(visible(one.campaign))}</bdi></h4>
${draw(one, high)}
<p>${said(one)}</p></div>`,
  )}</div>`;
  return figure({
    id: 'reach',
    title: TITLE,
    description: html`Share of the delivered mail that people had opened and clicked by so many hours after its delivery.
      All charts have the same scale.`,
    legend: legend([
      { label: 'Opened', key: 'is-opened' },
      { label: 'Clicked', key: 'is-clicked' },
    ]),
    wide: grid,
    table: table(
      TITLE,
      [
        { name: 'Campaign', heading: true, cell: ({ campaign }) => html`<bdi class="data id">${campaign}</bdi>` },
        { name: 'Hours', numeric: true, cell: ({ at }) => at.hour },
        { name: 'Opened', numeric: true, cell: ({ at }) => percent(share(at.opened, at.delivered)) },
        { name: 'Clicked', numeric: true, cell: ({ at }) => percent(share(at.clicked, at.delivered)) },
        { name: 'Of', numeric: true, cell: ({ at }) => count(at.delivered) },
      ],
      campaigns.flatMap(({ campaign, hours }) =>
        hours.filter(({ hour }) => TOLD.includes(hour)).map((at) => ({ campaign, at })),
      ),
    ),
  });
}

const share = (part: number, delivered: number): number => ratio(part, delivered) ?? 0;

/** When half of those who opened had done so. */
function said({ hours }: CampaignReach): string {
  const last = hours.at(-1);
  const half = hours.find(({ opened }) => opened * 2 >= (last?.opened ?? 0));
  if (!last || !half) return '';
  return `${percent(share(last.opened, last.delivered))} in 72 h, half of them in ${half.hour === 0 ? 1 : half.hour} h`;
}

function draw({ hours }: CampaignReach, high: number): Markup {
  const line = (name: 'opened' | 'clicked') =>
    Plot.lineY(hours, {
      x: 'hour',
      y: (one: ReachHour) => share(one[name], one.delivered),
      stroke: `var(--${name})`,
      strokeWidth: 2,
    });
  return svg(
    {
      width: 216,
      height: 110,
      marginLeft: 36,
      marginRight: 16,
      marginTop: 8,
      marginBottom: 22,
      x: {
        domain: [0, 72],
        ticks: [0, 24, 48, 72],
        tickFormat: (hour: number) => `${hour} h`,
        tickSize: 0,
        label: null,
      },
      y: { domain: [0, high], ticks: 3, tickFormat: percentTick, tickSize: 0, grid: true, label: null },
    },
    Plot.ruleY([0], { stroke: 'var(--axis)' }),
    line('opened'),
    line('clicked'),
  );
}

const shortened = (name: string): string => (name.length > 26 ? `${name.slice(0, 16)}…${name.slice(-6)}` : name);
