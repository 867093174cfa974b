/** Colours and bold text for the terminal. */
import { styleText } from 'node:util';

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

export type Palette = Readonly<Record<Style, (text: string) => string>>;

/** Styles for a stream: util.styleText leaves them out on a pipe, on a dumb terminal and where NO_COLOR is set. Null: none. */
export function paletteFor(stream: NodeJS.WritableStream | null): Palette {
  const styled =
    (style: Style) =>
    (text: string): string =>
      stream === null ? text : styleText(style, text, { stream });
  return {
    bold: styled('bold'),
    dim: styled('dim'),
    red: styled('red'),
    green: styled('green'),
    yellow: styled('yellow'),
    cyan: styled('cyan'),
  };
}
