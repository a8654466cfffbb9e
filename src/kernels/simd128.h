#ifndef TESSERA_KERNELS_SIMD128_H_
#define TESSERA_KERNELS_SIMD128_H_

#include "kernels/kernel_set.h"

namespace tessera {

/// Kernels of simd128 alone; exact for all weights.
const KernelSet& Simd128Kernels(Storage storage);

}  // namespace tessera

#endif  // TESSERA_KERNELS_SIMD128_H_
