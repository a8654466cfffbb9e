#ifndef TESSERA_TESTS_ALL_KERNELS_H_
#define TESSERA_TESTS_ALL_KERNELS_H_

#include <vector>

#include "kernels/kernel_set.h"

namespace tessera::test {

/// Every implementation that can run here: those of this build, and the relaxed kernels with each
/// meaning of the relaxed dot product spelled out in simd128 (on WebAssembly).
std::vector<const KernelSet*> AllKernels();

}  // namespace tessera::test

#endif  // TESSERA_TESTS_ALL_KERNELS_H_
