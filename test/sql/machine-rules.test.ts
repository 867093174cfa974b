/** Each rule that takes an open or a click for a machine's, with events that it takes and that it leaves. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parseAgent } from '#lake/decode/agent.ts';
import { happened, type Mail } from './event-rows.ts';
import { type LakeFixture, lakeFixture, type Row } from './lake-fixture.ts';

let lake: LakeFixture;
beforeAll(async () => {
  lake = await lakeFixture();
});
beforeEach(() => lake.clear());
afterAll(() => lake.close());

const ana: Mail = { message_id: 'm1', recipient_key: 'ana@web.de', sent_at: '2026-03-02 09:00:00' };
const WINDOWS = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)';
const CHROME = `${WINDOWS} Chrome/128.0.0.0 Safari/537.36`;

/** As the decoder would have written it. */
const by = (user_agent: string): Row => ({ user_agent, is_bot_agent: parseAgent(user_agent).isBot });

/** As it lies in rows that were decoded before it had a column. */
const verdict = (object: string, isBotEvent: string): Row => ({
  extras: JSON.stringify({ [object]: { isBotEvent } }),
});

interface AgentRule {
  reason: string;
  /** a person usually triggers it: labelled, and still counted as human */
  isHuman: boolean;
  takes: string[];
  leaves: string[];
}

const AGENT_RULES: AgentRule[] = [
  {
    reason: 'apple_mail_privacy',
    isHuman: false,
    takes: ['Mozilla/5.0'],
    leaves: ['Mozilla/5.0 (iPhone; CPU iPhone OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)', CHROME],
  },
  {
    reason: 'gmail_image_proxy',
    isHuman: true,
    takes: ['Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)'],
    leaves: ['Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0'],
  },
  {
    reason: 'gmail_prefetch',
    isHuman: false,
    takes: [`${WINDOWS} Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0`],
    leaves: [`${WINDOWS} Chrome/42.0.2311.135 Safari/537.36 Edge/12.246`],
  },
  {
    reason: 'yahoo_image_proxy',
    isHuman: true,
    takes: ['YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html'],
    leaves: [CHROME],
  },
  {
    reason: 'bot_agent',
    isHuman: false,
    takes: [
      'Mozilla/5.0 (compatible; LinkInspectorBot/2.1; +https://gateway.example/bot)',
      'curl/8.5.0',
      'python-requests/2.32.3',
    ],
    leaves: [CHROME, 'Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17928; Pro)'],
  },
  {
    reason: 'security_scanner',
    isHuman: false,
    takes: [
      'Barracuda Sentinel (EE)',
      `${CHROME} (Proofpoint URL Defense)`,
      'Mimecast-Targeted-Threat-Protect/1.0',
      'Cisco Secure Email URL check',
      'Symantec.cloud Click-time Protection',
    ],
    leaves: [CHROME, 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.0'],
  },
];

describe.each(AGENT_RULES)('$reason', ({ reason, isHuman, takes, leaves }) => {
  const label = async (type: string, agent: string): Promise<unknown[]> => {
    await lake.clear();
    await lake.insert('events', [happened(ana, type, 600, by(agent))]);
    const [row] = await lake.rows('select machine_reason, is_machine from email_events');
    return Object.values(row ?? {});
  };

  test.each(takes)('takes %s, opening or clicking', async (agent) => {
    expect(await label('open', agent)).toEqual([reason, !isHuman]);
    expect(await label('click', agent)).toEqual([reason, !isHuman]);
  });

  test.each(leaves)('leaves %s', async (agent) => {
    expect((await label('open', agent))[0]).not.toBe(reason);
    expect(await label('open', agent)).toEqual([null, false]);
  });

  test('says nothing of other events', async () => {
    expect(await label('complaint', takes[0] ?? '')).toEqual([null, false]);
  });
});

const delivered = happened(ana, 'delivered', 10);
const open = (seconds: number, details: Row = by(CHROME)): Row => happened(ana, 'open', seconds, details);
const click = (seconds: number, link = 'a', details: Row = by(CHROME)): Row =>
  happened(ana, 'click', seconds, { link, ...details });

/** By what the rollup sees of the whole message. Counts are [opens, human_opens, clicks, human_clicks]. */
const TIMING_RULES: [rule: string, events: Row[], counts: number[]][] = [
  ['an open before the delivery is a machine', [delivered, open(9.999)], [1, 0, 0, 0]],
  ['an open at the delivery is none', [delivered, open(10)], [1, 1, 0, 0]],
  ['a click before the delivery is a machine', [delivered, click(9)], [0, 0, 1, 0]],
  ['a click five seconds after the delivery is a machine', [delivered, click(15)], [0, 0, 1, 0]],
  ['a click later than that is none', [delivered, click(15.001)], [0, 0, 1, 1]],
  [
    'three different links within two seconds are a machine',
    [delivered, click(600, 'a'), click(601, 'b'), click(602, 'c')],
    [0, 0, 3, 0],
  ],
  [
    'three within more than two seconds are none',
    [delivered, click(600, 'a'), click(601, 'b'), click(602.001, 'c')],
    [0, 0, 3, 3],
  ],
  [
    'two different links within two seconds are none, however often',
    [delivered, click(600, 'a'), click(600.5, 'b'), click(601, 'a')],
    [0, 0, 3, 3],
  ],
  [
    'a person who clicks on another day is one, whatever the machine did',
    [delivered, click(600, 'a'), click(601, 'b'), click(602, 'c'), click(90_000, 'b')],
    [0, 0, 4, 1],
  ],
  [
    'all links within five minutes, the one to unsubscribe too, are a machine',
    [delivered, click(600, 'a'), click(700, 'b'), click(899, 'bye', { ...by(CHROME), is_unsubscribe: true })],
    [0, 0, 3, 0],
  ],
  [
    'the same over a longer time are none',
    [delivered, click(600, 'a'), click(700, 'b'), click(900.001, 'bye', { ...by(CHROME), is_unsubscribe: true })],
    [0, 0, 3, 3],
  ],
  [
    'one article and the link to unsubscribe are none',
    [delivered, click(600, 'a'), click(630, 'https://shop.example/unsubscribe?u=1')],
    [0, 0, 2, 2],
  ],
  [
    "the service's word that it is a bot beats all",
    [delivered, open(600, { ...by(CHROME), ...verdict('open', 'Likely') })],
    [1, 0, 0, 0],
  ],
  [
    "the service's word that it is none beats agent and timing",
    [
      delivered,
      open(9, { ...by('Mozilla/5.0'), ...verdict('open', 'Unlikely') }),
      click(11, 'a', { ...by('curl/8.5.0'), ...verdict('click', 'Unlikely') }),
    ],
    [1, 1, 1, 1],
  ],
  ["Gmail's proxy counts as human", [delivered, open(600, by('GoogleImageProxy'))], [1, 1, 0, 0]],
  ["Apple's proxy does not", [delivered, open(600, by('Mozilla/5.0'))], [1, 0, 0, 0]],
];

test.each(TIMING_RULES)('%s; the total without any rule stands beside it', async (_, events, counts) => {
  await lake.insert('events', events);
  await lake.rollup({ first: '2026-03-02', last: '2026-03-02' });
  const [row] = await lake.rows('select opens, human_opens, clicks, human_clicks from recipient_messages');
  expect(Object.values(row ?? {})).toEqual(counts);
  expect(Object.values(row ?? {}).filter((_count, at) => at % 2 === 0)).toEqual(
    ['open', 'click'].map((type) => events.filter(({ event_type }) => event_type === type).length),
  );
});

test('every reason of the seed has events that it takes', async () => {
  const reasons = await lake.rows('select distinct reason from seed_machine_agents');
  const tested = AGENT_RULES.map(({ reason }) => reason);
  expect(reasons.map(({ reason }) => reason).filter((reason) => !tested.some((name) => name === reason))).toEqual([]);
});
