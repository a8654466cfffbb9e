// Kernels for every WebAssembly engine with SIMD.
#ifdef __wasm_simd128__

#include "kernels/simd128.h"

#include "kernels/simd_conv.h"
#include "kernels/simd_depthwise.h"
#include "kernels/simd_dots.h"

namespace tessera {
namespace {

// Beside the relaxed kernels these only run layers that would saturate.
#ifdef __wasm_relaxed_simd__
constexpr bool kBest = false;
#else
constexpr bool kBest = true;
#endif

template <Storage kCodes>
struct Simd128 : simd::PairDot<kCodes> {
  static constexpr Storage kStorage = kCodes;
  // Widening codes costs more than loading weights, so few pixels and many channels.
  static constexpr int kBlockVectors = 4;
  static constexpr bool kSpecialized = kBest;
  static constexpr int Pixels(int vectors) { return vectors >= 3 ? 2 : 4; }

  static v128_t Dot(v128_t weights, v128_t codes, v128_t sums) {
    return simd::ExactDot<kCodes>(weights, codes, sums);
  }
};

template <Storage kStorage>
constexpr KernelSet kSet = {
    .name = "simd",
    .storage = kStorage,
    .layout = {.block_vectors = Simd128<kStorage>::kBlockVectors,
               .pairs = true,
               .short_sums = false},
    .saturates = false,
    .exact = nullptr,
    .conv_row = simd::SimdConvRow<Simd128<kStorage>>,
    .depthwise_row = simd::SimdDepthwiseRow<Simd128<kStorage>>,
};

}  // namespace

const KernelSet& Simd128Kernels(Storage storage) {
  return storage == Storage::kSigned ? kSet<Storage::kSigned> : kSet<Storage::kUnsigned>;
}

}  // namespace tessera

#endif  // __wasm_simd128__
