import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { writeNetwork } from '../../networks/network.ts';
import { quantizeFile } from '../../networks/quantize.ts';
import { NETWORKS } from '../../networks/zoo/index.ts';
import { type CoreModule, loadCore, loadModel } from '../support/core.ts';

// Networks that people use most, of which no node may fall back to float32 after quantizing.
const FAMILIES = ['span-x4', 'srvgg-x4', 'rfdn-x4', 'fsrcnn-x2', 'waifu2x-upconv7'];

let core: CoreModule;

before(async () => {
  core = await loadCore();
});

/** Operators in float32, with their names. */
function inFloat(file: Uint8Array): string[] {
  const model = loadModel(core, file);
  try {
    return model
      .info()
      .nodes.filter(({ runs }) => runs === 'float')
      .map(({ op, name }) => `${op} ${name}`);
  } finally {
    model.delete();
  }
}

for (const name of FAMILIES) {
  test(`every node of ${name} runs on codes once it is quantized`, async () => {
    const network = NETWORKS.find((each) => each.name === name);
    assert.ok(network, `there is no network ${name}`);
    const file = writeNetwork(network, network.forms[0] as (typeof network.forms)[0]);
    assert.notDeepEqual(inFloat(file), []);
    assert.deepEqual(inFloat(await quantizeFile(file)), []);
  });
}
