// Everyone who is compared.

import { litert } from './litert.ts';
import { onnxruntime } from './onnxruntime.ts';
import type { Subject } from './subject.ts';
import { tessera } from './tessera.ts';
import { tfjs } from './tfjs.ts';
import { upscaler } from './upscaler.ts';

/** Ours first. */
export const SUBJECTS: readonly Subject[] = [tessera, litert, onnxruntime, tfjs, upscaler];
