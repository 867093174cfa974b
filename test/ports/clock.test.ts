import { describe } from 'vitest';
import { systemClock } from '#host/clock.ts';
import { clockContract } from './clock.contract.ts';
import { ManualClock } from './manual-clock.ts';

describe("the machine's clock", () => clockContract(() => systemClock));
describe('a clock set by hand', () => clockContract(() => new ManualClock(Date.UTC(2024, 0, 1))));
