// Kernels on the relaxed dot product: one instruction per 16 products where the processor has one.
#ifdef __wasm_relaxed_simd__

#include "kernels/relaxed.h"

#include "kernels/simd128.h"
#include "kernels/simd_conv.h"
#include "kernels/simd_depthwise.h"

namespace tessera {
namespace {

// Where the dot product is one instruction, two start in each cycle and each needs five to finish,
// so that twelve sums keep the processor busy and eight do not. Made of several instructions, it
// needs registers of its own.
template <Storage kCodes, bool kSaturates>
struct Relaxed : simd::FourByteDot<Relaxed<kCodes, kSaturates>> {
  static constexpr Storage kStorage = kCodes;
  static constexpr int kBlockVectors = kSaturates ? 4 : 2;
  static constexpr bool kSpecialized = true;
  // The sums that PackedConv finds short are those of unsigned codes.
  static constexpr bool kShortSums = kSaturates && kCodes == Storage::kUnsigned;
  static constexpr int Pixels(int vectors) {
    if (!kSaturates) return vectors == 2 ? 6 : 8;
    return vectors == 4 ? 2 : vectors == 3 ? 3 : 8 / vectors;
  }

  static v128_t Dot(v128_t weights, v128_t codes, v128_t sums) {
    return wasm_i32x4_relaxed_dot_i8x16_i7x16_add(weights, codes, sums);
  }

  static v128_t PairSums(v128_t weights, v128_t codes) {
    return wasm_i16x8_relaxed_dot_i8x16_i7x16(weights, codes);
  }
};

template <Storage kStorage, bool kSaturates>
const KernelSet& Set() {
  using Machine = Relaxed<kStorage, kSaturates>;
  static const KernelSet kSet = {
      .name = "relaxed",
      .storage = kStorage,
      .layout = {.block_vectors = Machine::kBlockVectors,
                 .pairs = false,
                 .short_sums = Machine::kShortSums},
      .saturates = kSaturates,
      .exact = kSaturates ? &Simd128Kernels(kStorage) : nullptr,
      .conv_row = simd::SimdConvRow<Machine>,
      .depthwise_row = simd::SimdDepthwiseRow<Machine>,
  };
  return kSet;
}

template <Storage kStorage>
const KernelSet& Set(bool saturates) {
  return saturates ? Set<kStorage, true>() : Set<kStorage, false>();
}

// Not a constant, so that the compiler cannot compute the answer for its own idea of the machine.
v128_t Hide(v128_t v) {
  __asm__ volatile("" : "+r"(v));
  return v;
}

}  // namespace

DotMeaning ProbeRelaxedDot() {
  const v128_t codes = Hide(wasm_u8x16_const_splat(255));
  const v128_t zero = wasm_i32x4_const_splat(0);
  // 4 * 64 * 255 does not saturate; read as signed, the codes are -1.
  const v128_t small = Hide(wasm_i8x16_const_splat(64));
  const bool is_signed =
      wasm_i32x4_extract_lane(wasm_i32x4_relaxed_dot_i8x16_i7x16_add(small, codes, zero), 0) < 0;
  // The largest products there are: unsigned 2 * 127 * 255, signed 2 * 128 * 128.
  const v128_t large = Hide(is_signed ? wasm_i8x16_const_splat(-128) : wasm_i8x16_const_splat(127));
  const v128_t extreme = Hide(is_signed ? wasm_u8x16_const_splat(128) : codes);
  const int32_t exact = is_signed ? 4 * 128 * 128 : 4 * 127 * 255;
  const int32_t found =
      wasm_i32x4_extract_lane(wasm_i32x4_relaxed_dot_i8x16_i7x16_add(large, extreme, zero), 0);
  return {is_signed ? Storage::kSigned : Storage::kUnsigned, found != exact};
}

const KernelSet& RelaxedKernels(DotMeaning meaning) {
  return meaning.storage == Storage::kSigned ? Set<Storage::kSigned>(meaning.saturates)
                                             : Set<Storage::kUnsigned>(meaning.saturates);
}

}  // namespace tessera

#endif  // __wasm_relaxed_simd__
