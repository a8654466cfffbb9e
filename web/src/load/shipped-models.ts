// Written by scripts/update-manifest.mjs; do not edit.
import type { ShippedModel } from './shipped-model.js';

/**
 * By name. Each address is a literal `new URL('./file', import.meta.url)`, the form that bundlers look
 * for to emit the file.
 */
export const SHIPPED_MODELS: Readonly<Record<string, ShippedModel>> = {
  'photo-x2-medium': {
    scale: 2,
    bytes: 162399,
    sha256: 'd815caa4c60f5d8106dfa254ba887d102cfabe3e7d560a16a06258ecc03fcb4c',
    beside: () => new URL('./models/photo-x2-medium.onnx', import.meta.url),
  },
  'photo-x2-small': {
    scale: 2,
    bytes: 57095,
    sha256: '4cbf6179d773b4b90d5e49fa73d7cf9d01b1013e927f8109fd771cd3b7be925d',
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
    sha256: '524826d4e503e7d4c21b256c86a0c030a2ba93855553ec74b9ab2944047594be',
    beside: () => new URL('./models/photo-x3-medium.onnx', import.meta.url),
  },
  'photo-x3-small': {
    scale: 3,
    bytes: 57058,
    sha256: 'a16d65246029a86b8fd7f500b30e3f921e0269c0e585f2976b6c1888bdf597d3',
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
    sha256: '62ea99d5461b44d5036f88577b912639fa8e7a057e1df15222bbd8dbe1113ce5',
    beside: () => new URL('./models/photo-x4-medium.onnx', import.meta.url),
  },
  'photo-x4-small': {
    scale: 4,
    bytes: 57841,
    sha256: '90d418f69c3db4c06b42e059f15126b92c473229aedbb24808a38367dd462d18',
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
