// Everyone who is compared.

import { litert } from './litert.ts';
import { onnxruntime } from './onnxruntime.ts';
import type { Subject } from './subject.ts';
import { tessera } from './tessera.ts';
import { tfjs } from './tfjs.ts';

/** Those that run any network, ours first. */
export const SUBJECTS: readonly Subject[] = [tessera, litert, onnxruntime, tfjs];
