// TensorFlow.js itself, on its backend in plain JavaScript: it makes the models that are converted, and says what
// they compute.
import '@tensorflow/tfjs-backend-cpu';
import * as core from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import type { ModelArtifacts } from '../../../web/src/index.ts';
import { type FloatImage, fromNhwc, toNhwc } from './onnxruntime.ts';
import type { Random } from './random.ts';

export { core as tf, layers };

/** What a model says of a picture. */
interface Model {
  predict(input: core.Tensor): core.Tensor | core.Tensor[] | core.NamedTensorMap;
}

/** A layers model that gives `build` of a picture of three channels. */
export function layersModel(
  build: (picture: layers.SymbolicTensor) => layers.SymbolicTensor,
): layers.LayersModel {
  const picture = layers.input({ shape: [null, null, 3] });
  return layers.model({ inputs: picture, outputs: build(picture) });
}

/** Gives a model weights that are neither zero nor one, and statistics that are positive. */
export function randomize(model: layers.LayersModel, random: Random): void {
  const made = model.weights.map((weight) => {
    const count = core.util.sizeFromShape(weight.shape as number[]);
    const least = weight.name.includes('variance') ? 0.5 : -0.5;
    const values = Array.from({ length: count }, () => least + random.next());
    return core.tensor(values, weight.shape as number[]);
  });
  model.setWeights(made);
}

/** What the model's own `save` hands out. */
export async function artifactsOf(model: layers.LayersModel): Promise<ModelArtifacts> {
  let saved: core.io.ModelArtifacts | undefined;
  await model.save(
    core.io.withSaveHandler(async (artifacts) => {
      saved = artifacts;
      return { modelArtifactsInfo: core.io.getModelArtifactsInfoForJSON(artifacts) };
    }),
  );
  return saved as ModelArtifacts;
}

/** What a model is on a server: model.json and two files of weights, cut in the middle of a number. */
export function filesOf({
  weightSpecs,
  weightData,
  ...artifacts
}: ModelArtifacts): Map<string, Uint8Array> {
  const bytes = new Uint8Array(weightData as ArrayBuffer);
  const paths = ['group1-shard1of2.bin', 'group1-shard2of2.bin'];
  const json = { ...artifacts, weightsManifest: [{ paths, weights: weightSpecs }] };
  return new Map([
    ['model.json', new TextEncoder().encode(JSON.stringify(json))],
    ['group1-shard1of2.bin', bytes.subarray(0, 99)],
    ['group1-shard2of2.bin', bytes.subarray(99)],
  ]);
}

/** What TensorFlow.js makes of a picture. */
export function predict(model: Model, picture: FloatImage): FloatImage {
  const [channels, height, width] = picture.shape;
  const output = core.tidy(() => {
    const input = core.tensor4d(toNhwc(picture), [1, height, width, channels]);
    return model.predict(input) as core.Tensor4D;
  });
  const [, rows, columns, colours] = output.shape;
  const result = fromNhwc(output.dataSync() as Float32Array, rows, columns, colours);
  output.dispose();
  return result;
}
