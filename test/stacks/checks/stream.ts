/** Checks the Firehose and the configuration set of an evaluated stage. */
import { expect, test } from 'vitest';
import { at, ofType, resourceOf, textAt } from '../graph.ts';
import type { Stages } from './stages.ts';

const FIREHOSE = 'aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream';
const EVENTS = 'aws:sesv2/configurationSetEventDestination:ConfigurationSetEventDestination';

export function streamChecks(stages: Stages): void {
  test('Firehose writes gzip into the hours that the planner looks at, and what it can’t deliver beside them', () => {
    const { inputs } = resourceOf(stages.dev(), FIREHOSE, 'Firehose');
    expect(at(inputs, 'extendedS3Configuration')).toEqual({
      bucketArn: `arn:aws:s3:::${textAt(stages.dev().outputs, 'raw')}`,
      roleArn: 'arn:aws:iam::123456789012:role/maillake-dev-eu-west-1-firehose',
      prefix: 'raw/!{timestamp:yyyy}/!{timestamp:MM}/!{timestamp:dd}/!{timestamp:HH}/',
      errorOutputPrefix:
        'firehose-errors/!{firehose:error-output-type}/!{timestamp:yyyy}/!{timestamp:MM}/!{timestamp:dd}/',
      customTimeZone: 'UTC',
      compressionFormat: 'GZIP',
      bufferingInterval: 300,
      bufferingSize: 64,
      cloudwatchLoggingOptions: {
        enabled: true,
        logGroupName: '/aws/kinesisfirehose/maillake-dev-raw',
        logStreamName: 'delivery',
      },
    });
    expect(at(inputs, 'serverSideEncryption')).toEqual({ enabled: true, keyType: 'AWS_OWNED_CMK' });
  });

  test('a new configuration set publishes all that SES knows, one that is there what was asked for', () => {
    const destination = (graph = stages.dev(), name = 'SesEvents') => resourceOf(graph, EVENTS, name).inputs;
    expect(destination()).toMatchObject({
      configurationSetName: 'maillake-dev',
      eventDestination: {
        enabled: true,
        kinesisFirehoseDestination: {
          deliveryStreamArn: 'arn:aws:firehose:eu-west-1:123456789012:deliverystream/maillake-dev-raw',
          iamRoleArn: 'arn:aws:iam::123456789012:role/maillake-dev-eu-west-1-ses',
        },
      },
    });
    expect(at(destination(), 'eventDestination', 'matchingEventTypes')).toHaveLength(10);
    expect(destination(stages.production(), 'OwnSesEvents')).toMatchObject({
      configurationSetName: 'newsletter',
      eventDestination: { matchingEventTypes: ['SEND', 'DELIVERY', 'BOUNCE', 'COMPLAINT', 'OPEN', 'CLICK'] },
    });
    const sets = (graph = stages.dev()) => ofType(graph, 'aws:sesv2/configurationSet:ConfigurationSet');
    expect(sets()).toHaveLength(1);
    expect(sets(stages.production())).toEqual([]);
  });

  test('SES and Firehose come after the rights that they need', () => {
    expect(resourceOf(stages.dev(), FIREHOSE, 'Firehose').dependsOn).toContain('FirehosePolicy');
    expect(resourceOf(stages.dev(), EVENTS, 'SesEvents').dependsOn).toContain('SesPolicy');
  });

  test('a bucket that is there already gets neither', () => {
    const types = stages.existing().resources.map(({ type }) => type);
    expect(types.filter((type) => /firehose|sesv2/i.test(type))).toEqual([]);
    expect(stages.existing().resources.filter(({ name }) => /^(Firehose|Ses)(Role|Policy)/.test(name))).toEqual([]);
  });
}
