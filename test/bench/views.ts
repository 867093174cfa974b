/**
 * `npm run bench:views [events] [view…]`: what each view costs over so many events (2,000,000), all columns and rows of
 * it. Prints CPU seconds of all threads, and seconds on the clock; marks those over 10 CPU seconds.
 *
 * Each value is made and read once, into one hash. Rows are not kept: memory for two million rows of 80 columns costs more than
 * the view, and whoever comes first pays for it.
 */
import { manyEvents } from './many-events.ts';

const LIMIT_SECONDS = 10;
const [wanted = '2000000', ...named] = process.argv.slice(2);

const lake = await manyEvents(Number(wanted));

let slow = 0;
for (const { name, columns } of lake.views.filter(({ folder }) => folder !== 'seeds')) {
  if (named.length > 0 && !named.includes(name)) continue;
  const started = performance.now();
  const before = process.cpuUsage();
  const values = columns.map((column) => `"${column.name}"`).join(', ');
  const [answer] = await lake.rows(`select count(*) as n, bit_xor(hash(${values})) as read from ${name}`);
  const { user, system } = process.cpuUsage(before);
  const cpu = (user + system) / 1e6;
  const isSlow = cpu > LIMIT_SECONDS;
  slow += isSlow ? 1 : 0;
  console.log(
    `${name.padEnd(36)} ${String(answer?.n).padStart(9)} rows ${cpu.toFixed(1).padStart(7)} CPU s ${((performance.now() - started) / 1000).toFixed(1).padStart(7)} s${isSlow ? '  over the limit' : ''}`,
  );
}
console.log(slow === 0 ? `none over ${LIMIT_SECONDS} CPU s` : `${slow} over ${LIMIT_SECONDS} CPU s`);
lake.close();
