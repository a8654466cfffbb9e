#ifndef TESSERA_KERNELS_SIMD_DOTS_H_
#define TESSERA_KERNELS_SIMD_DOTS_H_

#include <wasm_simd128.h>

#include "kernels/storage.h"

namespace tessera::simd {

// Dot products of four bytes, sums[i] + sum over j < 4 of weights[4i + j] * codes[4i + j], made of
// simd128. They are what depthwise layers use without relaxed SIMD, and, because each spells out
// one of the meanings that the relaxed instruction has on some machine, what tests force.

template <Storage kStorage>
inline v128_t ExtendCodesLow(v128_t codes) {
  return kStorage == Storage::kSigned ? wasm_i16x8_extend_low_i8x16(codes)
                                      : wasm_u16x8_extend_low_u8x16(codes);
}

template <Storage kStorage>
inline v128_t ExtendCodesHigh(v128_t codes) {
  return kStorage == Storage::kSigned ? wasm_i16x8_extend_high_i8x16(codes)
                                      : wasm_u16x8_extend_high_u8x16(codes);
}

/// Exact: products and sums in 32 bits.
template <Storage kStorage>
inline v128_t ExactDot(v128_t weights, v128_t codes, v128_t sums) {
  // [0+1, 2+3] of outputs 0 and 1, and of outputs 2 and 3.
  const v128_t low =
      wasm_i32x4_dot_i16x8(wasm_i16x8_extend_low_i8x16(weights), ExtendCodesLow<kStorage>(codes));
  const v128_t high =
      wasm_i32x4_dot_i16x8(wasm_i16x8_extend_high_i8x16(weights), ExtendCodesHigh<kStorage>(codes));
  const v128_t even = wasm_i32x4_shuffle(low, high, 0, 2, 4, 6);
  const v128_t odd = wasm_i32x4_shuffle(low, high, 1, 3, 5, 7);
  return wasm_i32x4_add(sums, wasm_i32x4_add(even, odd));
}

/// Sums of two products, which saturate at 16 bits.
template <Storage kStorage>
inline v128_t SaturatingPairSums(v128_t weights, v128_t codes) {
  const v128_t low =
      wasm_i32x4_dot_i16x8(wasm_i16x8_extend_low_i8x16(weights), ExtendCodesLow<kStorage>(codes));
  const v128_t high =
      wasm_i32x4_dot_i16x8(wasm_i16x8_extend_high_i8x16(weights), ExtendCodesHigh<kStorage>(codes));
  return wasm_i16x8_narrow_i32x4(low, high);
}

/// Made of saturating sums of two products, as on x86 without VNNI.
template <Storage kStorage>
inline v128_t SaturatingDot(v128_t weights, v128_t codes, v128_t sums) {
  const v128_t pairs = SaturatingPairSums<kStorage>(weights, codes);
  return wasm_i32x4_add(sums, wasm_i32x4_extadd_pairwise_i16x8(pairs));
}

}  // namespace tessera::simd

#endif  // TESSERA_KERNELS_SIMD_DOTS_H_
