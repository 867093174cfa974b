/**
 * The configurations of a stage that the tests evaluate: the usual one, one with every option, and one beside resources that
 * exist already. One more is new and keeps its data, and in another every name and setting has its greatest length.
 */
import { EVENT_TYPES } from '#lake/vocabulary.ts';
import type { Configuration } from './graph.ts';

export const DEV: Configuration = { stage: 'dev', config: { app: 'maillake', region: 'eu-west-1' } };

export const PRODUCTION: Configuration = {
  stage: 'production',
  config: {
    app: 'maillake',
    region: 'eu-west-1',
    stages: {
      production: {
        raw: { from: 'new bucket', archiveAfterDays: 90 },
        ses: { configurationSet: 'newsletter', events: ['SEND', 'DELIVERY', 'BOUNCE', 'COMPLAINT', 'OPEN', 'CLICK'] },
        tags: { newsletter: 'campaign_id' },
        attributionDays: 14,
        reportTimeZone: 'Europe/Berlin',
        schedules: { at: { 'plan-tick': 'rate(15 minutes)' } },
        retention: {
          rawDays: 800,
          days: { events: 730, headers: 400, clicks: 400, recipient_messages: null, quarantine: 60 },
          quarantineDays: 60,
          logDays: 365,
        },
        kmsKeyArn: 'arn:aws:kms:eu-west-1:123456789012:key/0f5b6a3c-1111-2222-3333-444455556666',
        alarms: { email: 'ops@example.com', quarantineShare: 0.01, freshnessMinutes: 30 },
        queryGigabytes: 50,
        analysts: {
          principals: [
            { principal: 'arn:aws:iam::123456789012:role/marketing', persons: false },
            { principal: 'arn:aws:iam::123456789012:role/teams/mail', persons: true },
          ],
        },
        report: {
          to: ['ann@example.com', 'bob@example.org'],
          from: 'lake@mail.example.com',
          at: 'cron(30 5 ? * TUE *)',
        },
        dashboards: {
          owners: ['arn:aws:quicksight:us-east-1:123456789012:user/default/ann'],
          viewers: ['arn:aws:quicksight:us-east-1:123456789012:group/default/mail'],
        },
      },
    },
  },
};

export const EXISTING: Configuration = {
  stage: 'shop',
  config: {
    app: 'mail',
    region: 'us-east-1',
    raw: [
      {
        from: 'existing bucket',
        bucket: 'pinpoint-events-of-ours',
        template: 'events/{yyyy}/{MM}/{dd}/{HH}/',
        timeZone: 'Asia/Kolkata',
        kmsKeyArn: 'arn:aws:kms:us-east-1:123456789012:key/0f5b6a3c-7777-8888-9999-000011112222',
      },
      {
        from: 'existing bucket',
        name: 'oregon',
        bucket: 'ses-events-of-ours',
        region: 'us-west-2',
        template: 'ses/{yyyy}/{MM}/{dd}/{HH}/',
        kmsKeyArn: 'arn:aws:kms:us-west-2:123456789012:key/0f5b6a3c-7777-8888-9999-000011112222',
      },
    ],
    ses: null,
    addresses: 'hashed',
    schedules: { enabled: false },
    atOnce: { live: 3, backfill: 2 },
    keepsData: true,
  },
};

export const KEPT: Configuration = { stage: 'staging', config: { ...DEV.config, keepsData: true } };

export const LONG: Configuration = {
  stage: 'a-branch-that-somebody-has-called-by-the-title-of-its-issue',
  config: {
    app: 'a-lake-of-much-mail0',
    region: 'ap-southeast-2',
    ses: { configurationSet: 's'.repeat(64) },
    tags: Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`tag-of-a-campaign-${i}`, 'campaign_activity_id'])),
    headerCarriers: [...EVENT_TYPES],
    retention: {
      rawDays: 36_500,
      days: { events: 36_500, headers: 36_500, clicks: 36_500, recipient_messages: 36_500, quarantine: 90 },
    },
    kmsKeyArn: 'arn:aws:kms:ap-southeast-2:123456789012:key/mrk-0f5b6a3c1111222233334444555566667',
    alarms: { email: `${'o'.repeat(60)}@example.com`, freshnessMinutes: 1440 },
    report: {
      to: ['a', 'b'].map((letter) => `${letter.repeat(64)}@${'d'.repeat(23)}.example.com`),
      from: `${'f'.repeat(64)}@example.com`,
    },
    dimensions: Array.from({ length: 5 }, (_, i) => `a-dimension-that-users-name-${i}`),
    dashboards: { owners: [`arn:aws:quicksight:ap-southeast-2:123456789012:user/default/${'u'.repeat(60)}`] },
  },
};
