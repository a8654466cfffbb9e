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
template <Storage kCodes, bool kSaturates>
struct Emulated : simd::FourByteDot<Emulated<kCodes, kSaturates>> {
  static constexpr Storage kStorage = kCodes;
  static constexpr int kBlockVectors = 4;
  static constexpr bool kSpecialized = true;
  static constexpr bool kShortSums = kSaturates && kCodes == Storage::kUnsigned;
  static constexpr int Pixels(int vectors) { return vectors >= 3 ? 2 : 8 / vectors; }

  static v128_t Dot(v128_t weights, v128_t codes, v128_t sums) {
    return kSaturates ? simd::SaturatingDot<kCodes>(weights, codes, sums)
                      : simd::ExactDot<kCodes>(weights, codes, sums);
  }

  static v128_t PairSums(v128_t weights, v128_t codes) {
    return simd::SaturatingPairSums<kCodes>(weights, codes);
  }
};

template <Storage kStorage, bool kSaturates>
const KernelSet* EmulatedSet(const char* name) {
  using Machine = Emulated<kStorage, kSaturates>;
  static const KernelSet kSet = {
      .name = name,
      .storage = kStorage,
      .layout = {.block_vectors = 4, .pairs = false, .short_sums = Machine::kShortSums},
      .saturates = kSaturates,
      .exact = kSaturates ? &Simd128Kernels(kStorage) : nullptr,
      .conv_row = simd::SimdConvRow<Machine>,
      .depthwise_row = simd::SimdDepthwiseRow<Machine>,
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
  sets.push_back(EmulatedSet<kUnsigned, false>("unsigned"));
  sets.push_back(EmulatedSet<kSigned, false>("signed"));
  sets.push_back(EmulatedSet<kUnsigned, true>("unsigned saturating"));
  sets.push_back(EmulatedSet<kSigned, true>("signed saturating"));
#endif
#ifdef __wasm_relaxed_simd__
  const DotMeaning meaning = ProbeRelaxedDot();
  sets.push_back(&RelaxedKernels(meaning));
  sets.push_back(&RelaxedKernels({meaning.storage, true}));
#endif
  return sets;
}

}  // namespace tessera::test
