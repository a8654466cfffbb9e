#ifndef TESSERA_KERNELS_SIMD_EPILOGUE_H_
#define TESSERA_KERNELS_SIMD_EPILOGUE_H_

#include <wasm_simd128.h>

#include <cstdint>

#include "kernels/conv.h"
#include "kernels/storage.h"

namespace tessera::simd {

/// Which of ConvEpilogue's steps a loop is compiled for. kGeneral looks at every field; the others
/// are the usual ones, and keep their sums in registers.
enum class EpilogueKind : uint8_t {
  kPlain,    // to codes, not clamped
  kPRelu,    // the same with negative_multiplier
  kAdd,      // the same with residual codes
  kPicture,  // to bytes, with residual floats: a last layer with an anchor
  kGeneral,
};

inline EpilogueKind KindOf(const ConvEpilogue& epilogue) {
  using Output = ConvEpilogue::Output;
  using Residual = ConvEpilogue::Residual;
  if (epilogue.inner) return EpilogueKind::kGeneral;
  const bool codes = epilogue.output == Output::kCodes && !epilogue.clamps;
  if (codes && epilogue.residual == Residual::kNone) {
    return epilogue.negative_multiplier ? EpilogueKind::kPRelu : EpilogueKind::kPlain;
  }
  if (epilogue.negative_multiplier) return EpilogueKind::kGeneral;
  if (codes && epilogue.residual == Residual::kCodes) return EpilogueKind::kAdd;
  if (epilogue.output == Output::kBytes && epilogue.residual == Residual::kFloats) {
    return EpilogueKind::kPicture;
  }
  return EpilogueKind::kGeneral;
}

/// Whether these steps leave too few registers for the sums of other pixels: a compiler that looks
/// at a whole function, as V8's does, would then keep some of them in memory from the beginning.
constexpr bool NeedsRegisters(EpilogueKind kind) {
  return kind != EpilogueKind::kPlain && kind != EpilogueKind::kPRelu;
}

inline ptrdiff_t ResidualElementBytes(const ConvEpilogue& epilogue) {
  return epilogue.residual == ConvEpilogue::Residual::kFloats ? sizeof(float) : 1;
}

// Adding 1.5 * 2^23 to a float below 2^22 leaves it, rounded half to even, in the low mantissa
// bits.
inline constexpr float kRoundingMagic = 12582912.0f;
inline constexpr int32_t kRoundingMagicBits = 0x4B400000;

/// Four residual codes as numbers less their zero point.
template <Storage kStorage>
inline v128_t ResidualCodes(const ConvEpilogue& epilogue, const uint8_t* codes) {
  const v128_t bytes = wasm_v128_load32_zero(codes);
  v128_t wide;
  if constexpr (kStorage == Storage::kSigned) {
    wide = wasm_i32x4_extend_low_i16x8(wasm_i16x8_extend_low_i8x16(bytes));
  } else {
    wide = wasm_u32x4_extend_low_u16x8(wasm_u16x8_extend_low_u8x16(bytes));
  }
  return wasm_f32x4_convert_i32x4(
      wasm_i32x4_sub(wide, wasm_i32x4_splat(epilogue.residual_zero_point)));
}

/// `a` in the lanes of `mask` that are all ones, `b` in those that are all zeros.
inline v128_t Select(v128_t mask, v128_t a, v128_t b) {
#ifdef __wasm_relaxed_simd__
  return wasm_i32x4_relaxed_laneselect(a, b, mask);  // one instruction; such masks leave no choice
#else
  return wasm_v128_bitselect(a, b, mask);
#endif
}

/// v of conv.h for four channels from `channel` on, before rounding. `residual` is at the channel.
template <Storage kStorage, EpilogueKind kKind>
inline v128_t Scale(const ConvEpilogue& epilogue, int64_t channel, v128_t sums,
                    const void* residual) {
  const v128_t f = wasm_f32x4_convert_i32x4(sums);
  const v128_t multiplier = wasm_v128_load(epilogue.multiplier + channel);
  v128_t v;
  if (kKind == EpilogueKind::kPRelu ||
      (kKind == EpilogueKind::kGeneral && epilogue.negative_multiplier)) {
    const v128_t negative = wasm_v128_load(epilogue.negative_multiplier + channel);
    v = wasm_f32x4_mul(f, Select(wasm_i32x4_shr(sums, 31), negative, multiplier));
  } else {
    v = wasm_f32x4_mul(f, multiplier);
  }
  if constexpr (kKind == EpilogueKind::kGeneral) {
    if (epilogue.inner) {
      v = wasm_f32x4_pmin(wasm_f32x4_pmax(v, wasm_f32x4_splat(epilogue.inner_low)),
                          wasm_f32x4_splat(epilogue.inner_high));
      v = wasm_f32x4_mul(wasm_f32x4_nearest(v), wasm_f32x4_splat(epilogue.inner_scale));
    }
  }
  if (kKind == EpilogueKind::kAdd ||
      (kKind == EpilogueKind::kGeneral && epilogue.residual == ConvEpilogue::Residual::kCodes)) {
    const v128_t codes = ResidualCodes<kStorage>(epilogue, static_cast<const uint8_t*>(residual));
    v = wasm_f32x4_add(v, wasm_f32x4_mul(codes, wasm_f32x4_splat(epilogue.residual_scale)));
  }
  if (kKind == EpilogueKind::kPicture ||
      (kKind == EpilogueKind::kGeneral && epilogue.residual == ConvEpilogue::Residual::kFloats)) {
    v = wasm_f32x4_add(v, wasm_v128_load(residual));
  }
  if constexpr (kKind != EpilogueKind::kGeneral && kKind != EpilogueKind::kPicture) return v;
  return wasm_f32x4_pmin(wasm_f32x4_pmax(v, wasm_f32x4_splat(epilogue.low)),
                         wasm_f32x4_splat(epilogue.high));
}

/// Rounds and adds the zero point: four 32-bit codes.
inline v128_t ToCodes(const ConvEpilogue& epilogue, v128_t v) {
  return wasm_i32x4_sub(wasm_f32x4_add(v, wasm_f32x4_const_splat(kRoundingMagic)),
                        wasm_i32x4_splat(kRoundingMagicBits - epilogue.zero_point));
}

/// The low bytes of eight 16-bit lanes that hold codes, as stored.
template <bool kSigned>
inline v128_t NarrowToBytes(v128_t low, v128_t high) {
  return kSigned ? wasm_i8x16_narrow_i16x8(low, high) : wasm_u8x16_narrow_i16x8(low, high);
}

/// Stores kVectors vectors of 32-bit codes as consecutive bytes.
template <bool kSigned, int kVectors>
inline void StoreCodes(const v128_t (&codes)[kVectors], uint8_t* output) {
  static_assert(kVectors >= 1 && kVectors <= 4);
  const v128_t first = wasm_i16x8_narrow_i32x4(codes[0], codes[kVectors > 1 ? 1 : 0]);
  if constexpr (kVectors <= 2) {
    const v128_t bytes = NarrowToBytes<kSigned>(first, first);
    if constexpr (kVectors == 1) {
      wasm_v128_store32_lane(output, bytes, 0);
    } else {
      wasm_v128_store64_lane(output, bytes, 0);
    }
  } else {
    const v128_t second = wasm_i16x8_narrow_i32x4(codes[2], codes[kVectors - 1]);
    const v128_t bytes = NarrowToBytes<kSigned>(first, second);
    if constexpr (kVectors == 4) {
      wasm_v128_store(output, bytes);
    } else {
      wasm_v128_store64_lane(output, bytes, 0);
      wasm_v128_store32_lane(output + 8, bytes, 2);
    }
  }
}

/// Finishes `vectors` vectors of one pixel, whatever the epilogue. `output` and `residual` are at
/// `channel` of that pixel. Not inline: it is long, and where it is used its calls cost little.
template <Storage kStorage>
[[gnu::noinline]] void FinishGeneral(const ConvEpilogue& epilogue, int64_t channel,
                                     const v128_t* sums, int vectors, uint8_t* output,
                                     const uint8_t* residual) {
  const ptrdiff_t residual_bytes = kChannelGroup * ResidualElementBytes(epilogue);
  for (int v = 0; v < vectors; ++v, residual += residual_bytes, channel += kChannelGroup) {
    const v128_t scaled =
        Scale<kStorage, EpilogueKind::kGeneral>(epilogue, channel, sums[v], residual);
    if (epilogue.output == ConvEpilogue::Output::kFloats) {
      wasm_v128_store(output, scaled);
      output += kChannelGroup * sizeof(float);
      continue;
    }
    const v128_t codes[1] = {ToCodes(epilogue, scaled)};
    if (epilogue.output == ConvEpilogue::Output::kBytes) {
      StoreCodes<false>(codes, output);
    } else {
      StoreCodes<kStorage == Storage::kSigned>(codes, output);
    }
    output += kChannelGroup;
  }
}

/// The same for a block of known size and an epilogue of known kind.
template <Storage kStorage, EpilogueKind kKind, int kVectors>
inline void Finish(const ConvEpilogue& epilogue, int64_t channel, const v128_t (&sums)[kVectors],
                   uint8_t* output, const uint8_t* residual) {
  if constexpr (kKind == EpilogueKind::kGeneral) {
    FinishGeneral<kStorage>(epilogue, channel, sums, kVectors, output, residual);
  } else {
    constexpr bool kBytes = kKind == EpilogueKind::kPicture;
    constexpr ptrdiff_t kResidualBytes = kChannelGroup * (kBytes ? sizeof(float) : 1);
    v128_t codes[kVectors];
    for (int v = 0; v < kVectors; ++v) {
      codes[v] = ToCodes(epilogue, Scale<kStorage, kKind>(epilogue, channel + v * kChannelGroup,
                                                          sums[v], residual + v * kResidualBytes));
    }
    StoreCodes<kStorage == Storage::kSigned && !kBytes>(codes, output);
  }
}

}  // namespace tessera::simd

#endif  // TESSERA_KERNELS_SIMD_EPILOGUE_H_
