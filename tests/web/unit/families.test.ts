import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Upscaler } from '../../../web/src/index.ts';
import { familyMembers, familyNames, memberFor } from '../../../web/src/load/families.ts';
import { SHIPPED_MODELS } from '../../../web/src/load/shipped-models.ts';

const names = (family: string) => familyMembers(family).map(({ name }) => name);

test('a family has one model of each scale, the smallest first', () => {
  assert.deepEqual(names('photo'), ['photo-x2', 'photo-x3', 'photo-x4']);
  assert.deepEqual(names('photo-tiny'), ['photo-x2-tiny', 'photo-x3-tiny', 'photo-x4-tiny']);
  assert.deepEqual(names('photo-x2'), []);
  assert.deepEqual(names('constructor'), []);
  for (const family of familyNames()) {
    const scales = familyMembers(family).map(({ scale }) => scale);
    assert.deepEqual(scales, [...new Set(scales)].sort(), family);
  }
});

test('the model for a size is that of the scale next above, or the largest', () => {
  const photo = familyMembers('photo');
  const chosen = [undefined, 1, 2, 2.01, 3, 3.5, 4, 12].map(
    (scale) => memberFor(photo, scale).scale,
  );
  assert.deepEqual(chosen, [2, 2, 2, 3, 3, 4, 4, 4]);
});

test('the library lists its models', () => {
  const listed = Upscaler.models;
  assert.deepEqual(
    listed.map(({ name }) => name),
    Object.keys(SHIPPED_MODELS),
  );
  const small = listed.find(({ name }) => name === 'photo-x2-small');
  assert.deepEqual(small?.otherNames, ['photo-x2']);
  assert.deepEqual(small?.families, ['photo-small', 'photo']);
  assert.equal(small?.scale, 2);
  assert.match(small?.sha256 ?? '', /^[0-9a-f]{64}$/);
});
