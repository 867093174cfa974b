export interface Palette {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
}

const CODES = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
} as const;

const plain = (text: string): string => text;
const styled =
  ([on, off]: readonly [number, number]) =>
  (text: string): string =>
    text === '' ? '' : `\u001b[${on}m${text}\u001b[${off}m`;

export const plainPalette: Palette = { bold: plain, dim: plain, red: plain, green: plain, yellow: plain, cyan: plain };

const colourPalette: Palette = {
  bold: styled(CODES.bold),
  dim: styled(CODES.dim),
  red: styled(CODES.red),
  green: styled(CODES.green),
  yellow: styled(CODES.yellow),
  cyan: styled(CODES.cyan),
};

/** Colours on a terminal only, and not where NO_COLOR is set (no-color.org) or the terminal is dumb. */
export function paletteFor(stream: { isTTY?: boolean }, env: Readonly<Record<string, string | undefined>>): Palette {
  const isWanted = stream.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb';
  return isWanted ? colourPalette : plainPalette;
}
