/** Folders of the raw bucket: the planner's template in Firehose's notation. */
import { CLOUD_SETTINGS } from '#aws/environment.ts';

const TEMPLATE = CLOUD_SETTINGS.rawTemplate ?? '';

/** What all folders of a template begin with; any layout has none. */
export const rootOf = (template: string | null): string => template?.slice(0, template.indexOf('{')) ?? '';

/** All raw objects lie below it; `raw/`. */
export const RAW_PREFIX_ROOT = rootOf(TEMPLATE);

/**
 * What Firehose could not deliver as it should: outside the raw prefix, so that no planner meets a file in the making.
 */
export const ERROR_ROOT = 'firehose-errors/';

/**
 * `{yyyy}` is `!{timestamp:yyyy}` to Firehose ("Custom prefixes for Amazon S3 objects"), which names folders in UTC.
 */
export const firehosePrefix = (template = TEMPLATE): string =>
  template.replace(/\{(yyyy|MM|dd|HH)\}/g, (_, field: string) => `!{timestamp:${field}}`);

export const FIREHOSE_ERROR_PREFIX = `${ERROR_ROOT}!{firehose:error-output-type}/!{timestamp:yyyy}/!{timestamp:MM}/!{timestamp:dd}/`;
