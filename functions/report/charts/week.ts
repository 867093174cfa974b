/** The chart of opens and clicks by hour of the week. */
import * as Plot from '@observablehq/plot';
import { count, counted, percent } from '#host/figures.ts';
import { html, type Markup } from '../html.ts';
import { WEEKDAYS } from '../numbers.ts';
import { table } from '../table.ts';
import { figure } from './figure.ts';
import { svg } from './svg.ts';

/** An hour of the week, by people's clocks. */
export interface WeekHour {
  /** 1 for Monday to 7 for Sunday */
  weekday: number;
  /** 0 to 23 */
  hour: number;
  sent: number;
  /** by people */
  opens: number;
  clicks: number;
}

export interface WeekChart {
  id: string;
  title: string;
  /** what is counted, one of it */
  unit: string;
  value: (hour: WeekHour) => number;
}

/** Monday to Sunday */
const DAYS = [...WEEKDAYS.slice(1), WEEKDAYS[0]];
const HOURS = Array.from({ length: 24 }, (_, hour) => hour);

/** The hours of the week as a grid, the more the darker. */
export function weekChart({ id, title, unit, value }: WeekChart, hours: readonly WeekHour[]): Markup {
  const all = hours.reduce((sum, hour) => sum + value(hour), 0);
  const busiest = hours.reduce<WeekHour | null>(
    (most, hour) => (value(hour) > (most ? value(most) : 0) ? hour : most),
    null,
  );
  const clock = (hour: number) => `${String(hour).padStart(2, '0')}:00`;
  return figure({
    id,
    title,
    description: busiest
      ? html`Most on ${DAYS[busiest.weekday - 1]}s from ${clock(busiest.hour)} to ${clock((busiest.hour + 1) % 24)}:
        ${percent(value(busiest) / all)} of ${counted(all, unit)}. The darker, the more.`
      : html`There is no ${unit}.`,
    wide: draw({ unit, value }, hours, busiest ? value(busiest) : 1),
    table: table(
      title,
      [
        { name: 'Hour', heading: true, cell: (hour) => clock(hour) },
        ...DAYS.map((name, i) => ({
          name: name?.slice(0, 3),
          numeric: true,
          cell: (hour: number) =>
            count(sum(hours.filter((one) => one.weekday === i + 1 && one.hour === hour).map(value))),
        })),
      ],
      HOURS,
    ),
  });
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

function draw({ unit, value }: Pick<WeekChart, 'unit' | 'value'>, hours: readonly WeekHour[], most: number): Markup {
  return svg(
    {
      width: 294,
      height: 136,
      marginLeft: 34,
      marginRight: 4,
      marginTop: 4,
      marginBottom: 20,
      x: {
        type: 'band',
        domain: HOURS,
        ticks: [0, 6, 12, 18],
        tickFormat: (hour: number) => String(hour),
        tickSize: 0,
        label: null,
        padding: 0.06,
      },
      y: {
        type: 'band',
        domain: [1, 2, 3, 4, 5, 6, 7],
        tickFormat: (day: number) => DAYS[day - 1]?.slice(0, 3) ?? '',
        tickSize: 0,
        label: null,
        padding: 0.1,
      },
    },
    Plot.cell(
      HOURS.flatMap((hour) => DAYS.map((_, i) => ({ hour, weekday: i + 1 }))),
      { x: 'hour', y: 'weekday', fill: 'var(--heat-0)' },
    ),
    Plot.cell(
      hours.filter((hour) => value(hour) > 0),
      {
        x: 'hour',
        y: 'weekday',
        fill: 'var(--opened)',
        // Equal areas of ink for equal numbers would hide all but the busiest hours.
        fillOpacity: (hour: WeekHour) => Math.round(100 * (0.12 + 0.88 * Math.sqrt(value(hour) / most))) / 100,
        title: (hour: WeekHour) =>
          `${DAYS[hour.weekday - 1]}, ${String(hour.hour).padStart(2, '0')}:00\n${counted(value(hour), unit)}`,
      },
    ),
  );
}
