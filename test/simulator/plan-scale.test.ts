import { expect, test } from 'vitest';
import { planBacklog, planDay, planTick } from './plan-scale.ts';

test('fault 69: a tick over three hours of 42,000 objects takes less than 10 s at 30 ms a call', async () => {
  const { objects, plans, calls, seconds } = await planTick(42_000);
  console.log(`tick: ${objects} objects in ${plans} plans, ${calls} calls, ${seconds} s`);
  expect(objects).toBe(126_000);
  expect(seconds).toBeLessThan(10);
});

test('fault 69: a day of 1,000,000 objects is listed and planned in a minute at 30 ms a call', async () => {
  const { objects, plans, calls, seconds } = await planDay(42_000);
  console.log(`day: ${objects} objects in ${plans} plans, ${calls} calls, ${seconds} s`);
  expect(objects).toBe(1_008_000);
  // a page of a listing has 1,000 keys
  expect(calls).toBeLessThan(1200);
  expect(seconds).toBeLessThan(60);
});

test('fault 54a: a backlog is planned whole, each object once', async () => {
  const { objects, plans, messages, calls, seconds } = await planBacklog(30, 50_400);
  console.log(`backlog: ${objects} objects in ${plans} plans, ${calls} calls, ${seconds} s`);
  expect(objects).toBe(50_400);
  expect(messages).toBe(plans);
  expect(plans).toBe(720);
});
