#include "all_kernels.h"

#ifdef __wasm_simd128__
#include "kernels/simd128.h"
#include "kernels/simd_conv.h"
#include "kernels/simd_depthwise.h"
#include "kernels/simd_dots.h"
#endif
#ifdef __wasm_relaxed_simd__
#include "kernels/relaxed.h"
#endif

namespace tessera::test {
namespace {

#ifdef __wasm_simd128__
// The relaxed kernels' loops on a dot product of our own.
template <Storage kCodes, v128_t (*kDot)(v128_t, v128_t, v128_t)>
struct Emulated : simd::FourByteDot<Emulated<kCodes, kDot>> {
  static constexpr Storage kStorage = kCodes;
  static constexpr int kBlockVectors = 4;
  static constexpr bool kSpecialized = true;
  static constexpr int Pixels(int vectors) { return vectors >= 3 ? 2 : 8 / vectors; }

  static v128_t Dot(v128_t weights, v128_t codes, v128_t sums) {
    return kDot(weights, codes, sums);
  }
};

template <Storage kStorage, v128_t (*kDot)(v128_t, v128_t, v128_t)>
const KernelSet* EmulatedSet(const char* name, bool saturates) {
  static const KernelSet kSet = {
      .name = name,
      .storage = kStorage,
      .layout = {.block_vectors = 4, .pairs = false},
      .saturates = saturates,
      .exact = saturates ? &Simd128Kernels(kStorage) : nullptr,
      .conv_row = simd::SimdConvRow<Emulated<kStorage, kDot>>,
      .depthwise_row = simd::SimdDepthwiseRow<Emulated<kStorage, kDot>>,
  };
  return &kSet;
}
#endif

}  // namespace

std::vector<const KernelSet*> AllKernels() {
  constexpr Storage kUnsigned = Storage::kUnsigned;
  constexpr Storage kSigned = Storage::kSigned;
  std::vector<const KernelSet*> sets = {&ScalarKernels(kUnsigned), &ScalarKernels(kSigned)};
#ifdef __wasm_simd128__
  sets.push_back(&Simd128Kernels(kUnsigned));
  sets.push_back(&Simd128Kernels(kSigned));
  sets.push_back(EmulatedSet<kUnsigned, simd::ExactDot<kUnsigned>>("unsigned", false));
  sets.push_back(EmulatedSet<kSigned, simd::ExactDot<kSigned>>("signed", false));
  sets.push_back(
      EmulatedSet<kUnsigned, simd::SaturatingDot<kUnsigned>>("unsigned saturating", true));
  sets.push_back(EmulatedSet<kSigned, simd::SaturatingDot<kSigned>>("signed saturating", true));
#endif
#ifdef __wasm_relaxed_simd__
  const DotMeaning meaning = ProbeRelaxedDot();
  sets.push_back(&RelaxedKernels(meaning));
  sets.push_back(&RelaxedKernels({meaning.storage, true}));
#endif
  return sets;
}

}  // namespace tessera::test
