// Plans as ONNX files, in the forms that PyTorch's exporter writes.

import { float, int64s, OnnxBuilder, tensor } from '../../../../tests/web/support/onnx-builder.ts';
import type { Activation, Plan, Step } from './plan.ts';

class OnnxPlanWriter {
  readonly #builder = new OnnxBuilder();
  readonly #names: string[] = [this.#builder.input];

  write({ steps }: Plan): Uint8Array<ArrayBuffer> {
    for (const step of steps) this.#names.push(this.#step(step));
    return this.#builder.build(this.#name(steps.length));
  }

  #name(value: number): string {
    return this.#names[value] as string;
  }

  #step(step: Step): string {
    const b = this.#builder;
    switch (step.op) {
      case 'conv': {
        const { kernel, stride, padding, inputs, outputs, weights, bias, shuffle } = step;
        const pad = padding === 'same' ? (kernel - 1) / 2 : 0;
        const name = b.node(
          'Conv',
          [
            this.#name(step.input),
            tensor([outputs, inputs, kernel, kernel], weights),
            tensor([outputs], bias),
          ],
          {
            ...{ kernel_shape: [kernel, kernel], strides: [stride, stride] },
            pads: [pad, pad, pad, pad],
          },
        );
        if (shuffle === 1) return name;
        return b.node('DepthToSpace', [name], { blocksize: shuffle, mode: 'CRD' });
      }
      case 'transposed': {
        const { kernel, stride, inputs, outputs, weights, bias } = step;
        const pad = (kernel - stride) / 2;
        return b.node(
          'ConvTranspose',
          [
            this.#name(step.input),
            tensor([inputs, outputs, kernel, kernel], weights),
            tensor([outputs], bias),
          ],
          {
            ...{ kernel_shape: [kernel, kernel], strides: [stride, stride] },
            pads: [pad, pad, pad, pad],
          },
        );
      }
      case 'activate':
        return this.#activate(this.#name(step.input), step.activation);
      case 'add':
      case 'multiply': {
        const inputs = step.inputs.map((input) => this.#name(input));
        return b.node(step.op === 'add' ? 'Add' : 'Mul', inputs);
      }
      case 'addConstant':
      case 'multiplyConstant': {
        const constant = tensor([], [step.constant]);
        return b.node(step.op === 'addConstant' ? 'Add' : 'Mul', [
          this.#name(step.input),
          constant,
        ]);
      }
      case 'concat': {
        const inputs = step.inputs.map((input) => this.#name(input));
        return b.node('Concat', inputs, { axis: 1 });
      }
      case 'enlarge':
        return b.node(
          'Resize',
          [this.#name(step.input), '', tensor([4], [1, 1, step.factor, step.factor])],
          {
            ...{ mode: 'nearest', nearest_mode: 'floor' },
            coordinate_transformation_mode: 'asymmetric',
          },
        );
      case 'maxPool':
        return b.node('MaxPool', [this.#name(step.input)], {
          kernel_shape: [step.kernel, step.kernel],
          strides: [step.stride, step.stride],
        });
      case 'resizeLike':
        return this.#resizeLike(this.#name(step.input), this.#name(step.like));
    }
  }

  #activate(input: string, activation: Activation): string {
    const b = this.#builder;
    switch (activation.kind) {
      case 'relu':
        return b.node('Relu', [input]);
      case 'tanh':
        return b.node('Tanh', [input]);
      case 'sigmoid':
        return b.node('Sigmoid', [input]);
      case 'silu':
        return b.node('Mul', [input, b.node('Sigmoid', [input])]);
      case 'leaky':
        return b.node('LeakyRelu', [input], { alpha: float(activation.slope) });
      case 'prelu': {
        const { slopes } = activation;
        return b.node('PRelu', [input, tensor([slopes.length, 1, 1], slopes)]);
      }
    }
  }

  #resizeLike(input: string, like: string): string {
    const b = this.#builder;
    const part = (of: string, from: number, to: number) =>
      b.node('Slice', [b.node('Shape', [of]), int64s([from]), int64s([to]), int64s([0])]);
    const sizes = b.node('Concat', [part(input, 0, 2), part(like, 2, 4)], { axis: 0 });
    return b.node('Resize', [input, '', '', sizes], {
      ...{ mode: 'linear', coordinate_transformation_mode: 'pytorch_half_pixel' },
    });
  }
}

/** The bytes of a file. */
export const planToOnnx = (plan: Plan): Uint8Array<ArrayBuffer> => new OnnxPlanWriter().write(plan);
