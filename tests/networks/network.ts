// What a network of the list is, and the forms that it can be written in.
import { DynamoExporter } from './dynamo.ts';
import { Exporter, type ExporterOptions, type Value } from './exporter.ts';
import { KerasExporter, TensorFlowExporter } from './keras.ts';
import { MxnetExporter, PaddleExporter } from './others.ts';

type Make = (options: Pick<ExporterOptions, 'shape' | 'seed'>) => Exporter;

const form =
  (
    Kind: new (options: ExporterOptions) => Exporter,
    options: Omit<ExporterOptions, 'shape' | 'seed'>,
  ): Make =>
  (rest) =>
    new Kind({ ...options, ...rest });

/** Every form, by name; a number is the operator set. */
export const FORMS = {
  'torchscript-6': form(Exporter, { opset: 6, dynamic: true }),
  'torchscript-9-static': form(Exporter, { opset: 9, dynamic: false }),
  'torchscript-10': form(Exporter, { opset: 10, dynamic: true }),
  'torchscript-11': form(Exporter, { opset: 11, dynamic: true }),
  'torchscript-11-static': form(Exporter, { opset: 11, dynamic: false }),
  'torchscript-17': form(Exporter, { opset: 17, dynamic: true }),
  'torchscript-17-static': form(Exporter, { opset: 17, dynamic: false }),
  'torchscript-17-half': form(Exporter, { opset: 17, dynamic: true, half: true }),
  'torchscript-13-constant-nodes': form(Exporter, {
    opset: 13,
    dynamic: true,
    constants: 'node',
    named: false,
  }),
  'torchscript-9-listed': form(Exporter, { opset: 9, dynamic: false, constants: 'input' }),
  'dynamo-18': form(DynamoExporter, { opset: 18, dynamic: true }),
  'dynamo-18-static': form(DynamoExporter, { opset: 18, dynamic: false }),
  'dynamo-18-external': form(DynamoExporter, { opset: 18, dynamic: true, external: 'net.data' }),
  'dynamo-20': form(DynamoExporter, { opset: 20, dynamic: true }),
  'keras2onnx-11': form(KerasExporter, { opset: 11, dynamic: true }),
  'tf2onnx-9-static': form(TensorFlowExporter, { opset: 9, dynamic: false }),
  'tf2onnx-13': form(TensorFlowExporter, { opset: 13, dynamic: true }),
  'tf2onnx-15-static': form(TensorFlowExporter, { opset: 15, dynamic: false }),
  'paddle2onnx-11': form(PaddleExporter, { opset: 11, dynamic: true }),
  'mx2onnx-9': form(MxnetExporter, { opset: 9, dynamic: false }),
} as const satisfies Record<string, Make>;

export type FormName = keyof typeof FORMS;

/** What programs of PyTorch write today and wrote before. */
export const PYTORCH: readonly FormName[] = ['torchscript-17', 'torchscript-11', 'dynamo-18'];

/** With the spelled-out shuffles of operator sets before 11. */
export const OLD_PYTORCH: readonly FormName[] = ['torchscript-10', 'torchscript-9-static'];

export interface Network {
  name: string;
  scale: number;
  /** Of the picture; 3 when left out. */
  channels?: number;
  /** Of the picture that it is compared on; it is traced with the same. */
  height?: number;
  width?: number;
  /** What bytes 0 and 255 are to the network, before and after; 0 and 1 when left out. */
  inputRange?: readonly [number, number];
  outputRange?: readonly [number, number];
  mean?: readonly number[];
  std?: readonly number[];
  /** Values of inputs beside the picture. */
  inputs?: Readonly<Record<string, number>>;
  forms: readonly FormName[];
  /** Whether it must run in int8 after quantizing: everything without attention. */
  int8: boolean;
  /** Whether tiles must be equal to the whole; otherwise the announced seam error holds. */
  exact: boolean;
  /** Writes the network; of several outputs the first is the enlarged picture. */
  build(net: Exporter): Value | Value[];
}

/** A model, and the files that hold its weights, by name. */
export interface NetworkFiles {
  model: Uint8Array<ArrayBuffer>;
  externalData: Record<string, Uint8Array>;
}

/** One network in one form, for a picture of these extents. */
export function writeNetworkFiles(network: Network, formName: FormName, seed = 1): NetworkFiles {
  const { channels = 3, height = 44, width = 52 } = network;
  const exporter = FORMS[formName]({ shape: [channels, height, width], seed });
  const { inputRange, outputRange, mean, std } = network;
  const facts = {
    'tessera.input_range': inputRange,
    'tessera.output_range': outputRange,
    'tessera.mean': mean,
    'tessera.std': std,
  };
  for (const [key, values] of Object.entries(facts)) {
    if (values !== undefined) exporter.builder.metadata(key, values.join(','));
  }
  const outputs = [network.build(exporter)].flat();
  const model = exporter.finish(...outputs);
  const { externalBytes } = exporter.builder;
  return { model, externalData: externalBytes.length > 0 ? { 'net.data': externalBytes } : {} };
}

/** The file of a network in a form that holds its weights itself. */
export function writeNetwork(network: Network, formName: FormName, seed = 1) {
  return writeNetworkFiles(network, formName, seed).model;
}
