/** Parses the ARN of a verified identity. */

/** What the ARN tells; null where it is no ARN. */
export interface Identity {
  region: string | null;
  account: string | null;
  name: string;
}

/** Characters of the longest ARN (IAM User Guide, "IAM and AWS STS quotas"). */
const LONGEST = 2048;

/** `arn:aws:ses:us-east-1:123456789012:identity/example.com`; of text that is no ARN, the whole is the name. */
export const parseIdentity = (text: string): Identity => {
  const parts = text.length > LONGEST ? [] : text.split(':');
  if (parts[0] !== 'arn' || parts.length < 6) return { region: null, account: null, name: text };
  const name = parts
    .slice(5)
    .join(':')
    .replace(/^identity\//, '');
  return { region: parts[3] || null, account: parts[4] || null, name };
};
