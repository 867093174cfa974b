/** A link to an object in S3's console, where a browser is asked to sign in: unlike a signed link it opens nothing by itself. */

/** Consoles by the beginning of a region's name (AWS General Reference, "ARNs": partitions). */
const CONSOLES = [
  ['cn-', 'console.amazonaws.cn'],
  ['us-gov-', 'console.amazonaws-us-gov.com'],
  ['', 'console.aws.amazon.com'],
] as const;

export function consoleLink(region: string, bucket: string, key: string): string {
  const [, host = ''] = CONSOLES.find(([prefix]) => region.startsWith(prefix)) ?? [];
  return `https://${host}/s3/object/${bucket}?region=${region}&prefix=${encodeURIComponent(key)}`;
}
