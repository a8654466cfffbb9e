// The networks that visitors of the demo can choose.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { NETWORKS, nearestNetwork } from '../../../web/demo/network/networks.ts';
import { Upscaler } from '../../../web/src/index.ts';

const html = readFileSync(new URL('../../../web/demo/index.html', import.meta.url), 'utf8');

test('every shipped network can be chosen, by what the page has buttons for', () => {
  assert.deepEqual(
    NETWORKS.map(({ name }) => name),
    Upscaler.models.map(({ name }) => name),
  );
  for (const network of NETWORKS) {
    assert.equal(nearestNetwork(network).name, network.name);
    for (const trait of ['kind', 'scale', 'effort'] as const) {
      assert.ok(html.includes(`name="${trait}" value="${network[trait]}"`), network.name);
    }
  }
});

test('what a kind has not is the nearest that it has', () => {
  const nearest = (kind: string, scale: string, effort: string) =>
    nearestNetwork({ kind, scale, effort }).name;
  assert.equal(nearest('text', '4', 'tiny'), 'text-x2');
  assert.equal(nearest('restore', '4', 'small'), 'restore-x4');
  assert.equal(nearest('restore', '4', 'perceptual'), 'restore-x4-perceptual');
  assert.equal(nearest('photo', '3', 'perceptual'), 'photo-x3-medium');
});
