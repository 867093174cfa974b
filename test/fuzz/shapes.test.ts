import { expect, test } from 'vitest';
import { makeShapesInput, shapesDifference } from './shapes.ts';

/** The long run: `node test/fuzz/shapes.ts`. */
const INPUTS = 30;

test('what known shapes read is what the decoder reads, however the records that come after are bent', async () => {
  for (let number = 0; number < INPUTS; number++) {
    expect(await shapesDifference(makeShapesInput(20261129, number)), `input ${number}`).toBeNull();
  }
});
