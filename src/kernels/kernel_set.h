#ifndef TESSERA_KERNELS_KERNEL_SET_H_
#define TESSERA_KERNELS_KERNEL_SET_H_

#include <cstdint>
#include <span>
#include <string_view>

#include "kernels/conv.h"
#include "kernels/storage.h"

namespace tessera {

/// One implementation of the kernels. All give the same bytes.
struct KernelSet {
  const char* name = "";
  Storage storage = Storage::kUnsigned;
  WeightLayout layout;
  // True when sums of two products go through 16 bits that saturate: then weights must pass
  // PairsFit, or the layer must use `exact`.
  bool saturates = false;
  // With `saturates`: the set, of the same storage, for weights that do not fit.
  const KernelSet* exact = nullptr;
  ConvRow conv_row = nullptr;
  DepthwiseRow depthwise_row = nullptr;
};

/// Plain C++: what the others are compared with. Both kinds of storage.
const KernelSet& ScalarKernels(Storage storage);

/// The fastest set for this machine and build: relaxed, simd128, or scalar.
const KernelSet& BestKernels();

/// A set by name: "scalar", "simd", "relaxed", or "" for the best; null when this build does not
/// have it. "relaxed-saturating" treats the machine's dot product as if it saturated.
const KernelSet* FindKernels(std::string_view name);

/// Whether no two adjacent products of `weights` and codes can leave 16 bits. `weights` are in
/// the order in which a dot product reads them, so pairs are elements 2i and 2i + 1. Always true
/// for weights of 7 bits (-64..63).
bool PairsFit(std::span<const int8_t> weights, Storage storage);

}  // namespace tessera

#endif  // TESSERA_KERNELS_KERNEL_SET_H_
