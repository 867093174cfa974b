/** The chart of mail sent, by outcome. */
import * as Plot from '@observablehq/plot';
import { count, percent } from '#host/figures.ts';
import { added, type Day } from '../daily.ts';
import { html, type Markup } from '../html.ts';
import type { Marked } from '../incidents.ts';
import { type Counts, RATES, rateOf } from '../measures.ts';
import { tick } from '../numbers.ts';
import type { Days, Period } from '../period.ts';
import { table } from '../table.ts';
import { figure, legend } from './figure.ts';
import { svg } from './svg.ts';
import {
  bucketName,
  buckets,
  dayScale,
  incidentBands,
  incidentMarks,
  midnight,
  nextMidnight,
  periodMarks,
  roomAbove,
} from './time.ts';

const OUTCOMES = ['delivered', 'bounced', 'open'] as const;
type Outcome = (typeof OUTCOMES)[number];
const LABELS: Record<Outcome, string> = {
  delivered: 'Delivered',
  bounced: 'Bounced (hard, soft or undetermined)',
  open: 'No outcome yet, or rejected',
};

interface Bar extends Days {
  outcome: Outcome;
  mails: number;
}

/** Pixels. */
const WIDEST = 72;

const TITLE = 'Mail sent, by outcome';

/** What became of each day's mail, or each week's in a long period. */
export function volumeChart(days: readonly Day[], period: Period, incidents: readonly Marked[]): Markup {
  const groups = buckets(period.shown)
    .map(({ from, to }) => ({
      from,
      to,
      counts: added(days.filter(({ date }) => date >= from && date <= to).map(({ counts }) => counts)),
    }))
    .filter(({ counts }) => counts.number('sent') > 0);
  const bars = groups.flatMap(outcomes);
  return figure({
    id: 'volume',
    title: TITLE,
    description: html`A bar’s parts are what became of the mail sent then.${incidents.length > 0 && ' Numbers in circles are those of the incidents above.'}`,
    legend: legend(OUTCOMES.map((outcome) => ({ label: LABELS[outcome], key: `is-${outcome}` }))),
    wide: draw(bars, period, incidents, 912),
    narrow: draw(bars, period, incidents, 358),
    table: table(
      TITLE,
      [
        { name: 'Sent', heading: true, cell: bucketName },
        { name: 'Mails', numeric: true, cell: ({ counts }) => count(counts.number('sent')) },
        { name: 'Delivered', numeric: true, cell: ({ counts }) => count(counts.number('delivered')) },
        { name: 'Delivery rate', numeric: true, cell: ({ counts }) => percent(rateOf(counts, RATES.delivery)) },
        { name: 'Hard bounces', numeric: true, cell: ({ counts }) => count(counts.number('hard_bounces')) },
        { name: 'Soft bounces', numeric: true, cell: ({ counts }) => count(counts.number('soft_bounces')) },
        { name: 'Undetermined', numeric: true, cell: ({ counts }) => count(counts.number('undetermined_bounces')) },
      ],
      groups,
    ),
  });
}

function draw(bars: readonly Bar[], period: Period, incidents: readonly Marked[], width: number): Markup {
  const isWide = width > 600;
  // Few days would make very wide bars: they have a largest width.
  const inset = Math.max(isWide ? 0.75 : 0.25, ((width - 52) / buckets(period.shown).length - WIDEST) / 2);
  return svg(
    {
      width,
      height: isWide ? 250 : 220,
      marginLeft: 44,
      marginRight: 8,
      marginTop: roomAbove(period),
      x: dayScale(period.shown, isWide ? 13 : 4),
      y: { label: null, ticks: 4, tickFormat: tick, tickSize: 0, grid: true, zero: true },
      color: { domain: [...OUTCOMES], range: OUTCOMES.map((outcome) => `var(--${outcome})`) },
    },
    ...incidentBands(incidents),
    Plot.rectY(
      bars,
      Plot.stackY({
        x1: ({ from }: Bar) => midnight(from),
        x2: ({ to }: Bar) => nextMidnight(to),
        y: 'mails',
        fill: 'outcome',
        order: [...OUTCOMES],
        insetLeft: inset,
        insetRight: inset,
        title: ({ outcome, mails, ...bar }: Bar) => `${bucketName(bar)}\n${LABELS[outcome]}: ${count(mails)}`,
      }),
    ),
    Plot.ruleY([0], { stroke: 'var(--axis)' }),
    ...periodMarks(period),
    ...incidentMarks(incidents),
  );
}

/** An asynchronous bounce can make a mail both a soft bounce and delivered, so the rest is never below zero. */
function outcomes({ from, to, counts }: Days & { counts: Counts }): Bar[] {
  const sent = counts.number('sent');
  const delivered = Math.min(counts.number('delivered'), sent);
  const bounces = counts.number('hard_bounces') + counts.number('soft_bounces') + counts.number('undetermined_bounces');
  const bounced = Math.min(bounces, sent - delivered);
  const parts = { delivered, bounced, open: sent - delivered - bounced };
  return OUTCOMES.map((outcome) => ({ from, to, outcome, mails: parts[outcome] })).filter(({ mails }) => mails > 0);
}
