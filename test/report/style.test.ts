import { describe, expect, test } from 'vitest';
import { STYLE } from '#report/style.ts';

const [light = '', dark = ''] = STYLE.split('@media screen and (prefers-color-scheme: dark)');

/** `--name: #rrggbb` of a part of the sheet. */
const coloursOf = (part: string): Map<string, string> =>
  new Map(Array.from(part.matchAll(/--([\w-]+): (#[0-9a-f]{6})/g), ([, name = '', colour = '']) => [name, colour]));

/** Relative luminance and contrast ratio (WCAG 2.2, 1.4.3 and its definitions). */
function contrast(one: string, other: string): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

describe.each([
  ['light', coloursOf(light)],
  ['dark', coloursOf(dark)],
])('%s colours', (_, colours) => {
  const colour = (name: string): string => {
    const found = colours.get(name);
    if (found === undefined) throw new Error(`the style sheet has no such colour (name: ${name})`);
    return found;
  };

  test.each(['text', 'muted', 'accent', 'alarm', 'good', 'warn'])('%s can be read on page and tiles', (name) => {
    for (const ground of ['page', 'surface'])
      expect(contrast(colour(name), colour(ground))).toBeGreaterThanOrEqual(4.5);
  });

  test('an incident can be read on its ground', () => {
    expect(contrast(colour('text'), colour('alarm-soft'))).toBeGreaterThanOrEqual(4.5);
  });

  test.each(['delivered', 'hard', 'complaint', 'opened', 'clicked', 'unsubscribed', 'sent'])(
    '%s can be told from the page as a line (WCAG 2.2, 1.4.11)',
    (name) => expect(contrast(colour(name), colour('page'))).toBeGreaterThanOrEqual(3),
  );
});

test('both schemes have the same colours', () => {
  expect([...coloursOf(dark).keys()].sort()).toEqual([...coloursOf(light).keys()].sort());
});
