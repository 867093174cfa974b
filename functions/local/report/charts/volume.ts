import * as Plot from '@observablehq/plot';
import type { Day } from '../daily.ts';
import { html, type Markup } from '../html.ts';
import { RATES, rateOf } from '../measures.ts';
import { count, day as dayName, percent, tick } from '../numbers.ts';
import type { Days, Period } from '../period.ts';
import { table } from '../table.ts';
import { figure, legend } from './figure.ts';
import { svg } from './svg.ts';
import { dayScale, incidentMarks, midnight, nextMidnight, periodMarks } from './time.ts';

const OUTCOMES = ['delivered', 'bounced', 'open'] as const;
type Outcome = (typeof OUTCOMES)[number];
const LABELS: Record<Outcome, string> = {
  delivered: 'Delivered',
  bounced: 'Bounced (hard, soft or undetermined)',
  open: 'No outcome yet, or rejected',
};

interface Bar {
  date: string;
  outcome: Outcome;
  mails: number;
}

/** What became of each day's mail. */
export function volumeChart(days: readonly Day[], period: Period, incidents: readonly Days[]): Markup {
  const bars = days.flatMap(outcomes);
  return figure({
    id: 'volume',
    title: 'Mail sent per day, by outcome',
    description: html`One bar for each send day, made of what became of its mail.${
      incidents.length > 0 && ' A triangle marks an incident.'
    }`,
    legend: legend(OUTCOMES.map((outcome) => ({ label: LABELS[outcome], key: `is-${outcome}` }))),
    wide: draw(bars, period, incidents, 912),
    narrow: draw(bars, period, incidents, 358),
    table: table(
      'Mail sent per day, by outcome',
      [
        { name: 'Send day', heading: true, cell: ({ date }) => dayName(date) },
        { name: 'Sent', numeric: true, cell: ({ counts }) => count(counts.number('sent')) },
        { name: 'Delivered', numeric: true, cell: ({ counts }) => count(counts.number('delivered')) },
        { name: 'Delivery rate', numeric: true, cell: ({ counts }) => percent(rateOf(counts, RATES.delivery)) },
        { name: 'Hard bounces', numeric: true, cell: ({ counts }) => count(counts.number('hard_bounces')) },
        { name: 'Soft bounces', numeric: true, cell: ({ counts }) => count(counts.number('soft_bounces')) },
        { name: 'Undetermined', numeric: true, cell: ({ counts }) => count(counts.number('undetermined_bounces')) },
      ],
      days,
    ),
  });
}

function draw(bars: readonly Bar[], period: Period, incidents: readonly Days[], width: number): Markup {
  const isWide = width > 600;
  return svg(
    {
      width,
      height: isWide ? 250 : 220,
      marginLeft: 44,
      marginRight: 8,
      marginTop: 34,
      x: dayScale(period.shown, isWide ? 13 : 4),
      y: { label: null, ticks: 4, tickFormat: tick, tickSize: 0, grid: true, zero: true },
      color: { domain: [...OUTCOMES], range: OUTCOMES.map((outcome) => `var(--${outcome})`) },
    },
    Plot.rectY(
      bars,
      Plot.stackY({
        x1: ({ date }: Bar) => midnight(date),
        x2: ({ date }: Bar) => nextMidnight(date),
        y: 'mails',
        fill: 'outcome',
        order: [...OUTCOMES],
        insetLeft: isWide ? 0.75 : 0.25,
        insetRight: isWide ? 0.75 : 0.25,
        title: ({ date, outcome, mails }: Bar) => `${dayName(date)}\n${LABELS[outcome]}: ${count(mails)}`,
      }),
    ),
    Plot.ruleY([0], { stroke: 'var(--axis)' }),
    ...periodMarks(period),
    ...incidentMarks(incidents),
  );
}

/** An asynchronous bounce can make a mail both a soft bounce and delivered, so the rest is never below zero. */
function outcomes({ date, counts }: Day): Bar[] {
  const sent = counts.number('sent');
  const delivered = Math.min(counts.number('delivered'), sent);
  const bounces = counts.number('hard_bounces') + counts.number('soft_bounces') + counts.number('undetermined_bounces');
  const bounced = Math.min(bounces, sent - delivered);
  const parts = { delivered, bounced, open: sent - delivered - bounced };
  return OUTCOMES.map((outcome) => ({ date, outcome, mails: parts[outcome] })).filter(({ mails }) => mails > 0);
}
