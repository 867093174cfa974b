/** The section about what became of each day's mail. */
import { type RateChart, rateChart } from '../charts/rate.ts';
import { volumeChart } from '../charts/volume.ts';
import type { Day } from '../daily.ts';
import { html } from '../html.ts';
import type { Marked, Metric } from '../incidents.ts';
import { RATES } from '../measures.ts';
import type { Section } from '../page.ts';
import { growingFrom, type Period } from '../period.ts';
import type { Thresholds } from '../thresholds.ts';

/** What became of the mail, day by day. */
export function deliverySection(
  days: readonly Day[],
  period: Period,
  incidents: readonly Marked[],
  thresholds: Thresholds,
  newest: string,
): Section {
  const chart = ({ metrics, ...options }: RateChart & { metrics: readonly Metric[] }) =>
    rateChart(
      options,
      days,
      period,
      incidents.filter(({ metric }) => metrics.includes(metric)),
    );
  const bounces = ['hard_bounce_rate', 'soft_bounce_rate', 'delivery_rate'] as const;
  const growsFrom = growingFrom(newest);
  const markup = html`
<section aria-labelledby="delivery">
<h2 id="delivery">Over time</h2>
${volumeChart(days, period, incidents)}
<p class="note">In the charts below, lines are sliding weeks and dots are single days with enough mail to tell.</p>
<div class="pair">
${chart({
  id: 'delivery-rate',
  metrics: bounces,
  title: 'Delivery rate',
  description: 'Delivered mails as a share of sent. The axis does not start at zero.',
  series: [{ label: 'Delivered', rate: RATES.delivery, key: 'delivered' }],
  fromZero: false,
})}
${chart({
  id: 'bounce-rate',
  metrics: bounces,
  title: 'Hard bounce rate',
  description: 'As Amazon SES judges senders: without addresses that your own suppression list kept back.',
  series: [{ label: 'Hard bounces', rate: RATES.reputationBounce, key: 'hard' }],
  thresholds: thresholds.bounce,
  fromZero: true,
})}
${chart({
  id: 'complaint-rate',
  metrics: ['complaint_rate'],
  title: 'Complaint rate',
  description: 'Of mail delivered to providers that pass complaints on. Gmail and some others do not.',
  series: [{ label: 'Complaints', rate: RATES.complaint, key: 'complaint' }],
  thresholds: thresholds.complaint,
  fromZero: true,
})}
${chart({
  id: 'engagement',
  metrics: ['human_open_rate', 'human_click_rate'],
  growsFrom,
  title: 'Opens and clicks',
  description: `Of trackable delivered mail; opens by machines are left out.${growsFrom <= period.to ? ' Days under a light band are still growing.' : ''}`,
  series: [
    { label: 'Human opens', rate: RATES.humanOpen, key: 'opened' },
    { label: 'Clicks', rate: RATES.click, key: 'clicked' },
  ],
  fromZero: true,
})}
</div>
</section>`;
  return { id: 'delivery', name: 'Over time', markup };
}
