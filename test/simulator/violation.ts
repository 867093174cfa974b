/** A rule of the protocol that did not hold. Thrown where it is found, caught by the schedule. */
export class Violation extends Error {
  override name = 'Violation';
  readonly rule: string;
  readonly subject: string;

  constructor(rule: string, subject: string, detail = '') {
    super(`${rule}: ${subject}${detail ? ` (${detail})` : ''}`);
    this.rule = rule;
    this.subject = subject;
  }
}

/** @throws Violation */
export function fail(rule: string, subject: string, detail?: string): never {
  throw new Violation(rule, subject, detail);
}
