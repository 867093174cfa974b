/** Tests that every adapter of the clock port must pass. */
import { expect, test } from 'vitest';
import type { Clock } from '#lake/ports.ts';

/** What every `Clock` does. */
export function clockContract(open: () => Clock): void {
  test('the time is whole milliseconds since 1970 and does not run backwards', () => {
    const clock = open();
    const [first, second] = [clock.now(), clock.now()];
    expect(Number.isSafeInteger(first)).toBe(true);
    expect(second).toBeGreaterThanOrEqual(first);
    expect(first).toBeGreaterThan(Date.UTC(2020));
  });

  test('a nonce is 16 lower-case hex digits, each one new', () => {
    const clock = open();
    const nonces = Array.from({ length: 1000 }, () => clock.nonce());
    expect(new Set(nonces).size).toBe(1000);
    for (const nonce of nonces) expect(nonce).toMatch(/^[0-9a-f]{16}$/);
  });
}
