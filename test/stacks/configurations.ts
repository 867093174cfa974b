/**
 * The three configurations that are looked at: what most people will have, all there is, and next to what is there. And one
 * for what only a stage has that keeps its data and is all new.
 */
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
        retention: { quarantineDays: 60, logDays: 365 },
        kmsKeyArn: 'arn:aws:kms:eu-west-1:123456789012:key/0f5b6a3c-1111-2222-3333-444455556666',
        alarms: { email: 'ops@example.com', quarantineShare: 0.01, freshnessMinutes: 30 },
        queryGigabytes: 50,
      },
    },
  },
};

export const EXISTING: Configuration = {
  stage: 'shop',
  config: {
    app: 'mail',
    region: 'us-east-1',
    raw: {
      from: 'existing bucket',
      bucket: 'pinpoint-events-of-ours',
      template: 'events/{yyyy}/{MM}/{dd}/{HH}/',
      timeZone: 'Asia/Kolkata',
      kmsKeyArn: 'arn:aws:kms:us-east-1:123456789012:key/0f5b6a3c-7777-8888-9999-000011112222',
    },
    ses: null,
    schedules: { enabled: false },
    atOnce: { live: 3, backfill: 2 },
    keepsData: true,
  },
};

export const KEPT: Configuration = { stage: 'staging', config: { ...DEV.config, keepsData: true } };
