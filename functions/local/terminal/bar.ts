import type { Progress, ProgressStream } from '../progress.ts';
import { amount, count, duration } from './figures.ts';
import { Pace } from './pace.ts';

const REDRAW_MS = 100;
const BAR_WIDTH = 24;
const CLEAR_LINE = '\r\u001b[2K';
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** One line that is drawn again in place, at most ten times a second, and leaves a line of result behind. */
export function barProgress(stream: ProgressStream, now: () => number): Progress {
  let pace: Pace | null = null;
  let drawnAt = 0;

  const draw = (text: string): void => {
    drawnAt = now();
    stream.write(CLEAR_LINE + text.slice(0, (stream.columns || 80) - 1));
  };

  return {
    start(step, total, unit) {
      pace = new Pace(step, total, unit, now);
      draw(barLine(pace));
    },
    advance(by) {
      if (!pace) return;
      pace.advance(by);
      if (now() - drawnAt >= REDRAW_MS) draw(barLine(pace));
    },
    done() {
      if (!pace) return;
      draw(doneLine(pace));
      stream.write('\n');
      pace = null;
    },
  };
}

/** `transform  ██████████▌              44 %  88 of 200 MB  24 MB/s  5 s left` */
export function barLine(pace: Pace): string {
  const parts = [pace.step.padEnd(9), bar(pace.fraction), `${String(pace.percent).padStart(3)} %`, doneOf(pace)];
  if (pace.rate !== null && pace.unit === 'bytes') parts.push(`${amount(Math.round(pace.rate), 'bytes')}/s`);
  if (pace.secondsLeft !== null) parts.push(`${duration(pace.secondsLeft)} left`);
  return parts.join('  ');
}

/** What a finished step leaves behind; a step that stopped early says how far it came. */
export function doneLine(pace: Pace): string {
  const isWhole = pace.done >= pace.total;
  return `${pace.step.padEnd(9)}  ${isWhole ? amount(pace.done, pace.unit) : `stopped at ${doneOf(pace)}`} in ${duration(pace.elapsedMs / 1000)}`;
}

function bar(fraction: number): string {
  const eighths = Math.floor(fraction * BAR_WIDTH * 8);
  const full = '█'.repeat(Math.floor(eighths / 8));
  return (full + (EIGHTHS[eighths % 8] ?? '')).padEnd(BAR_WIDTH, '░');
}

/** `88 MB of 200 MB`, `3 of 30 days` */
export const doneOf = ({ done, total, unit }: Pace): string =>
  unit === 'bytes' ? `${amount(done, unit)} of ${amount(total, unit)}` : `${count(done)} of ${amount(total, unit)}`;
