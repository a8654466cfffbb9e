// Written by scripts/update-manifest.mjs; do not edit.
import type { ShippedModel } from './model-source.js';

/**
 * By name. Each address is a literal `new URL('./file', import.meta.url)`, the form that bundlers look
 * for to emit the file.
 */
export const SHIPPED_MODELS: Readonly<Record<string, ShippedModel>> = {
  'photo-x2-medium': {
    scale: 2,
    bytes: 162399,
    sha256: 'aee7f8a45de4769bd592452e68b2eefb830d5d2f1f5e879b4f445808c9e92380',
    beside: () => new URL('./models/photo-x2-medium.onnx', import.meta.url),
  },
  'photo-x2-small': {
    scale: 2,
    bytes: 57095,
    sha256: '7d1e7b4841a1baffc5e3ff3e9c87e55ddf25f7092b4e8c38401eae10845a7907',
    beside: () => new URL('./models/photo-x2-small.onnx', import.meta.url),
  },
  'photo-x2-tiny': {
    scale: 2,
    bytes: 15755,
    sha256: '6cf0857babb303d403af3ae685cbd39ab76bc1d7988081458f642374880419a1',
    beside: () => new URL('./models/photo-x2-tiny.onnx', import.meta.url),
  },
  'photo-x3-medium': {
    scale: 3,
    bytes: 152834,
    sha256: '2cbd28f9b19c806170e60c4fb1cde4c72d660f8ff2baa36adbc043594933b64b',
    beside: () => new URL('./models/photo-x3-medium.onnx', import.meta.url),
  },
  'photo-x3-small': {
    scale: 3,
    bytes: 57058,
    sha256: '8a2fdb6d61461807f543568df33a03a76a46e0c34c0bfd9a609a6f1613878ca1',
    beside: () => new URL('./models/photo-x3-small.onnx', import.meta.url),
  },
  'photo-x3-tiny': {
    scale: 3,
    bytes: 14654,
    sha256: '11ef6e957bf42e22cd688c7b66726464423fe1324cddf5d08c3be6f234207fc3',
    beside: () => new URL('./models/photo-x3-tiny.onnx', import.meta.url),
  },
  'photo-x4-medium': {
    scale: 4,
    bytes: 159108,
    sha256: '75295dedc114858536bd8559553085abb4f16de56f375b3538d469109da9e880',
    beside: () => new URL('./models/photo-x4-medium.onnx', import.meta.url),
  },
  'photo-x4-small': {
    scale: 4,
    bytes: 57841,
    sha256: '65431c69b6349ef1e15beee02ec99846d1e39bf3f01164cf995ea763ce77ca37',
    beside: () => new URL('./models/photo-x4-small.onnx', import.meta.url),
  },
  'photo-x4-tiny': {
    scale: 4,
    bytes: 15269,
    sha256: 'dbc7d92d981d5eee7e191e7b2eb684436d0d8ac2113062d621c2de0091434919',
    beside: () => new URL('./models/photo-x4-tiny.onnx', import.meta.url),
  },
  'restore-x2': {
    scale: 2,
    bytes: 162341,
    sha256: '9706aa5e4f872c190496a5599427da9bbb59803f10fefabe783571d0bdd44c70',
    beside: () => new URL('./models/restore-x2.onnx', import.meta.url),
  },
  'restore-x4': {
    scale: 4,
    bytes: 244141,
    sha256: 'dbad012aead94cd55c0a9cfb5dda6c0c98d25edf93065f27e04036b6567ccfc0',
    beside: () => new URL('./models/restore-x4.onnx', import.meta.url),
  },
  'restore-x4-perceptual': {
    scale: 4,
    bytes: 244152,
    sha256: '2eb036c30d80ecede506e2310e1c398013bfa6ebb9f81c79790964b5468531b2',
    beside: () => new URL('./models/restore-x4-perceptual.onnx', import.meta.url),
  },
  'text-x2': {
    scale: 2,
    bytes: 57190,
    sha256: '9396e1976d7516f3d6b0d5bcb846e7fefbc2220d64d8c05dceb73951b639235d',
    beside: () => new URL('./models/text-x2.onnx', import.meta.url),
  },
};

/** Other names for them. */
export const ALIASES: Readonly<Record<string, string>> = {
  'photo-x2': 'photo-x2-small',
  'photo-x3': 'photo-x3-small',
  'photo-x4': 'photo-x4-small',
};
