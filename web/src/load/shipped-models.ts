// Written by scripts/update-manifest.mjs; do not edit.
import type { ShippedModel } from './shipped-model.js';

/**
 * By name. Each address is a literal `new URL('./file', import.meta.url)`, the form that bundlers look
 * for to emit the file.
 */
export const SHIPPED_MODELS: Readonly<Record<string, ShippedModel>> = {
  'photo-x2-medium': {
    scale: 2,
    bytes: 162420,
    sha256: 'ffaa3c7580458afad11bc7aca42af18be9abfda4b944e2ad9265cb949e595805',
    beside: () => new URL('./models/photo-x2-medium.onnx', import.meta.url),
  },
  'photo-x2-small': {
    scale: 2,
    bytes: 57116,
    sha256: '49650e5a11977c2a66c39f3ae9e54c6647a50c8f953de7c2d69b94290e71f2b7',
    beside: () => new URL('./models/photo-x2-small.onnx', import.meta.url),
  },
  'photo-x2-tiny': {
    scale: 2,
    bytes: 15776,
    sha256: '675c58e2bb21e8c3773b036349198c6b21924ce5ab303096497cd2bc8f78a371',
    beside: () => new URL('./models/photo-x2-tiny.onnx', import.meta.url),
  },
  'photo-x3-medium': {
    scale: 3,
    bytes: 152855,
    sha256: '019efc3dd9b17955066072432832c390dfbeab5114ed8821a06064df6e749197',
    beside: () => new URL('./models/photo-x3-medium.onnx', import.meta.url),
  },
  'photo-x3-small': {
    scale: 3,
    bytes: 57079,
    sha256: 'a71812570dde6a28bf93c10342aaf764118ae51acd84a4b60948bb5bbb31fabe',
    beside: () => new URL('./models/photo-x3-small.onnx', import.meta.url),
  },
  'photo-x3-tiny': {
    scale: 3,
    bytes: 14675,
    sha256: '801313586895cb81d9302ef23b40292b604b9ca4adf8f16a30f40c1b41da83d8',
    beside: () => new URL('./models/photo-x3-tiny.onnx', import.meta.url),
  },
  'photo-x4-medium': {
    scale: 4,
    bytes: 159129,
    sha256: '2b33975c27985133c32ecf91d3e8ad38cfa6a10b1adceb56599d7d7102612511',
    beside: () => new URL('./models/photo-x4-medium.onnx', import.meta.url),
  },
  'photo-x4-small': {
    scale: 4,
    bytes: 57862,
    sha256: '4e17c93eea7fd5c4386943b127b6140fa1dff794dd6246a5a3b90609fbc79c74',
    beside: () => new URL('./models/photo-x4-small.onnx', import.meta.url),
  },
  'photo-x4-tiny': {
    scale: 4,
    bytes: 15290,
    sha256: 'c5b502845475f3bc4d1cda87cea6536315e8b1c78f42e7cb47ca495057c6b37e',
    beside: () => new URL('./models/photo-x4-tiny.onnx', import.meta.url),
  },
  'restore-x2': {
    scale: 2,
    bytes: 162362,
    sha256: '0c1f295949d2e86b6580265ba69af48773c97cfe4de8cfc1d84547463976fbea',
    beside: () => new URL('./models/restore-x2.onnx', import.meta.url),
  },
  'restore-x4': {
    scale: 4,
    bytes: 244162,
    sha256: '820ce8ab36f5a00c358c4f039ab7007ab534286c23271241281464cb20cbc22f',
    beside: () => new URL('./models/restore-x4.onnx', import.meta.url),
  },
  'restore-x4-perceptual': {
    scale: 4,
    bytes: 244173,
    sha256: '3521cf850c391fc240cfda61abca702014b8e4b9ef3d6c43301d4e86a4233b14',
    beside: () => new URL('./models/restore-x4-perceptual.onnx', import.meta.url),
  },
  'text-x2': {
    scale: 2,
    bytes: 57211,
    sha256: '2840a6d7b823612cd61916ff77964b9d519a670076f68732d16dbd9cad938c49',
    beside: () => new URL('./models/text-x2.onnx', import.meta.url),
  },
};

/** Other names for them. */
export const ALIASES: Readonly<Record<string, string>> = {
  'photo-x2': 'photo-x2-small',
  'photo-x3': 'photo-x3-small',
  'photo-x4': 'photo-x4-small',
};
