#include "kernels/kernel_set.h"

#include <algorithm>

#ifdef __wasm_relaxed_simd__
#include "kernels/relaxed.h"
#endif
#ifdef __wasm_simd128__
#include "kernels/simd128.h"
#endif

namespace tessera {

const KernelSet& BestKernels() {
#if defined(__wasm_relaxed_simd__)
  static const KernelSet& kBest = RelaxedKernels(ProbeRelaxedDot());
  return kBest;
#elif defined(__wasm_simd128__)
  return Simd128Kernels(Storage::kUnsigned);
#else
  return ScalarKernels(Storage::kUnsigned);
#endif
}

const KernelSet* FindKernels(std::string_view name) {
  if (name.empty()) return &BestKernels();
  if (name == "scalar") return &ScalarKernels(Storage::kUnsigned);
#ifdef __wasm_simd128__
  if (name == "simd") return &Simd128Kernels(Storage::kUnsigned);
#endif
#ifdef __wasm_relaxed_simd__
  if (name == "relaxed") return &RelaxedKernels(ProbeRelaxedDot());
  if (name == "relaxed-saturating") return &RelaxedKernels({ProbeRelaxedDot().storage, true});
#endif
  return nullptr;
}

bool PairsFit(std::span<const int8_t> weights, Storage storage) {
  const int32_t most = storage == Storage::kSigned ? 128 : 255;
  for (size_t i = 0; i + 1 < weights.size(); i += 2) {
    const int a{weights[i]};
    const int b{weights[i + 1]};
    // Codes of 0 leave a product out, so that only weights of one sign add up. Signed codes can
    // turn either sign.
    int32_t positive = std::max(a, 0) + std::max(b, 0);
    int32_t negative = -std::min(a, 0) - std::min(b, 0);
    if (storage == Storage::kSigned) positive = negative = positive + negative;
    if (positive * most > INT16_MAX || -negative * most < INT16_MIN) return false;
  }
  return true;
}

}  // namespace tessera
