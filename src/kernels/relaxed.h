#ifndef TESSERA_KERNELS_RELAXED_H_
#define TESSERA_KERNELS_RELAXED_H_

#include "kernels/kernel_set.h"

namespace tessera {

/// What i32x4.relaxed_dot_i8x16_i7x16_add_s does on this machine with codes above 127.
struct DotMeaning {
  Storage storage = Storage::kUnsigned;  // how it reads their top bit
  bool saturates = true;                 // whether sums of two products saturate at 16 bits
};

/// Finds out by running the instruction.
DotMeaning ProbeRelaxedDot();

/// Kernels on the relaxed dot product, for a machine where it means `meaning`.
const KernelSet& RelaxedKernels(DotMeaning meaning);

}  // namespace tessera

#endif  // TESSERA_KERNELS_RELAXED_H_
