// TensorFlow.js on its wasm backend: floats in and out, channels last. The network is built of the
// library's fused convolutions, as its converter would.

import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { fromNhwc, toNhwc } from '../picture.mjs';
import { fixedTile } from './fixed-tile.mjs';

const fetchAs = async (url, form) => (await fetch(url))[form]();

/** Puts the weights of all layers into the backend's memory, once. */
function loadLayers({ layers }, floats) {
  const numbers = ({ offset, length }) => floats.subarray(offset, offset + length);
  return layers.map((layer) =>
    layer.op !== 'conv'
      ? layer
      : {
          ...layer,
          filter: tf.tensor4d(numbers(layer.weights), layer.shape),
          bias: tf.tensor1d(numbers(layer.bias)),
          ...(layer.slopes
            ? { slopes: tf.tensor(numbers(layer.slopes), [1, 1, layer.slopes.length]) }
            : {}),
        },
  );
}

function apply(layer, values) {
  switch (layer.op) {
    case 'conv':
      return tf.fused.conv2d({
        x: values[layer.input],
        filter: layer.filter,
        strides: 1,
        pad: 'same',
        bias: layer.bias,
        activation: layer.activation,
        preluActivationWeights: layer.slopes,
        leakyreluAlpha: layer.slope,
      });
    case 'shuffle':
      return tf.depthToSpace(values[layer.input], layer.factor, 'NHWC');
    case 'enlarge': {
      const [, height, width] = values[layer.input].shape;
      const size = [height * layer.factor, width * layer.factor];
      return tf.image.resizeNearestNeighbor(values[layer.input], size);
    }
    case 'add':
      return tf.add(values[layer.inputs[0]], values[layer.inputs[1]]);
    default:
      throw new TypeError(`no layer ${layer.op}`);
  }
}

export async function open({ file, edge, scale, threads, picture }) {
  setWasmPaths('/bench/web/node_modules/@tensorflow/tfjs-backend-wasm/dist/');
  // Left alone, the library uses half of the cores.
  setThreadsCount(threads);
  if (threads === 1) tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  await tf.setBackend('wasm');
  await tf.ready();
  const [description, bytes] = await Promise.all([
    fetchAs(file.layers, 'json'),
    fetchAs(file.floats, 'arrayBuffer'),
  ]);
  const layers = loadLayers(description, new Float32Array(bytes));

  const upscale = (pixels) =>
    tf.tidy(() => {
      const values = [tf.tensor4d(pixels, [1, edge, edge, 3])];
      for (const layer of layers) values.push(apply(layer, values));
      return tf.clipByValue(values.at(-1), 0, 1);
    });

  const infer = async (pixels) => {
    const output = upscale(pixels);
    const result = await output.data();
    output.dispose();
    return result;
  };
  return fixedTile({
    ...{ picture, scale, infer, toFloats: toNhwc, fromFloats: fromNhwc },
    dispose: () => tf.removeBackend('wasm'),
  });
}
