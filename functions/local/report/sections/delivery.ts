import { rateChart } from '../charts/rate.ts';
import { volumeChart } from '../charts/volume.ts';
import type { Day } from '../daily.ts';
import { html, type Markup } from '../html.ts';
import type { Incident } from '../incidents.ts';
import { RATES } from '../measures.ts';
import type { Period } from '../period.ts';
import type { Thresholds } from '../thresholds.ts';

/** What became of the mail, day by day. */
export function deliverySection(
  days: readonly Day[],
  period: Period,
  incidents: readonly Incident[],
  thresholds: Thresholds,
): Markup {
  const chart = (options: Parameters<typeof rateChart>[0]) => rateChart(options, days, period, incidents);
  return html`
<section aria-labelledby="delivery">
<h2 id="delivery">Over time</h2>
${volumeChart(days, period, incidents)}
<p class="note">In the charts below, lines are sliding weeks and dots are single days with enough mail to tell.</p>
<div class="pair">
${chart({
  id: 'delivery-rate',
  title: 'Delivery rate',
  description: 'Delivered mails as a share of sent. The axis does not start at zero.',
  series: [{ label: 'Delivered', rate: RATES.delivery, key: 'delivered' }],
  fromZero: false,
})}
${chart({
  id: 'bounce-rate',
  title: 'Hard bounce rate',
  description: 'As Amazon SES judges senders: without addresses that your own suppression list kept back.',
  series: [{ label: 'Hard bounces', rate: RATES.reputationBounce, key: 'hard' }],
  thresholds: thresholds.bounce,
  fromZero: true,
})}
${chart({
  id: 'complaint-rate',
  title: 'Complaint rate',
  description: 'Of mail delivered to providers that pass complaints on. Gmail and some others do not.',
  series: [{ label: 'Complaints', rate: RATES.complaint, key: 'complaint' }],
  thresholds: thresholds.complaint,
  fromZero: true,
})}
${chart({
  id: 'engagement',
  title: 'Opens and clicks',
  description: 'Of trackable delivered mail; opens by machines are left out. The newest days are still growing.',
  series: [
    { label: 'Human opens', rate: RATES.humanOpen, key: 'opened' },
    { label: 'Clicks', rate: RATES.click, key: 'clicked' },
  ],
  fromZero: true,
})}
</div>
</section>`;
}
