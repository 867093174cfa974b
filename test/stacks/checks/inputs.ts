/** Checks the inputs of all resources against the provider's types. */
import { expect, test } from 'vitest';
import { resourceOf } from '../graph.ts';
import { ProviderTypes } from '../provider-types.ts';
import { all, type Stages } from './stages.ts';

export function inputChecks(stages: Stages): void {
  test('are what the provider declares, to the innermost, with nothing missing and nothing surplus', () => {
    const types = new ProviderTypes();
    for (const { resources } of all(stages))
      expect(resources.flatMap((resource) => types.complaints(resource))).toEqual([]);

    const lifecycle = resourceOf(
      stages.dev(),
      'aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration',
      'LakeLifecycle',
    );
    const wrong = { bucket: 'b', rules: [{ id: 'grace', expiration: { day: 1, days: '1' } }], rule: 1 };
    expect(types.complaints({ ...lifecycle, inputs: wrong })).toEqual([
      'LakeLifecycle.rules[0].status is missing',
      'LakeLifecycle.rules[0].expiration.day is not known',
      'LakeLifecycle.rules[0].expiration.days is string, not number',
      'LakeLifecycle.rule is not known',
    ]);
  });

  test('hold no output that was put into a text before it was known', () => {
    for (const { resources } of all(stages)) {
      for (const { name, inputs } of resources) {
        expect(JSON.stringify(inputs), name).not.toMatch(/Calling \[toString\]|\[object Object\]|"undefined"|NaN/);
      }
    }
  });
}
