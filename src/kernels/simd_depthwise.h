#ifndef TESSERA_KERNELS_SIMD_DEPTHWISE_H_
#define TESSERA_KERNELS_SIMD_DEPTHWISE_H_

#include <wasm_simd128.h>

#include <cstdint>

#include "kernels/conv.h"
#include "kernels/simd_epilogue.h"

namespace tessera::simd {

// Depthwise convolution on a dot product of four bytes: four taps of one channel are brought side
// by side, so that one dot product does them for four channels at once. A Machine offers kStorage
// and Dot(weights, codes, sums).

/// The codes of four taps, one vector per four channels: [channel][tap].
template <int kVectors>
inline void InterleaveTaps(const uint8_t* input, const int32_t* taps, v128_t (&codes)[kVectors]) {
  static_assert(kVectors == 1 || kVectors == 4);
  v128_t tap[4];
  for (int t = 0; t < 4; ++t) {
    const uint8_t* at = input + taps[t];
    tap[t] = kVectors == 4 ? wasm_v128_load(at) : wasm_v128_load32_zero(at);
  }
  const auto low_bytes = [](v128_t a, v128_t b) {
    return wasm_i8x16_shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  };
  const auto high_bytes = [](v128_t a, v128_t b) {
    return wasm_i8x16_shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
  };
  const auto low_pairs = [](v128_t a, v128_t b) {
    return wasm_i16x8_shuffle(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
  };
  const auto high_pairs = [](v128_t a, v128_t b) {
    return wasm_i16x8_shuffle(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
  };
  const v128_t low01 = low_bytes(tap[0], tap[1]);
  const v128_t low23 = low_bytes(tap[2], tap[3]);
  codes[0] = low_pairs(low01, low23);
  if constexpr (kVectors == 4) {
    const v128_t high01 = high_bytes(tap[0], tap[1]);
    const v128_t high23 = high_bytes(tap[2], tap[3]);
    codes[1] = high_pairs(low01, low23);
    codes[2] = low_pairs(high01, high23);
    codes[3] = high_pairs(high01, high23);
  }
}

template <class Machine, EpilogueKind kKind, int kVectors>
inline void DepthwiseBlock(const DepthwiseKernel& kernel, int32_t vector, const uint8_t* input,
                           uint8_t* output, const uint8_t* residual) {
  const int64_t channel = vector * kChannelGroup;
  v128_t sums[kVectors];
  for (int v = 0; v < kVectors; ++v) {
    sums[v] = wasm_v128_load(kernel.bias + channel + v * kChannelGroup);
  }
  const int64_t group_bytes = int64_t{kernel.vectors} * 16;
  const int8_t* weights = kernel.weights + vector * 16;
  for (int32_t group = 0; group < kernel.tap_groups; ++group, weights += group_bytes) {
    v128_t codes[kVectors];
    InterleaveTaps<kVectors>(input + channel, kernel.tap_offsets + group * 4, codes);
    for (int v = 0; v < kVectors; ++v) {
      sums[v] = Machine::Dot(wasm_v128_load(weights + 16 * v), codes[v], sums[v]);
    }
  }
  Finish<Machine::kStorage, kKind, kVectors>(kernel.epilogue, channel, sums, output, residual);
}

template <class Machine, EpilogueKind kKind>
void DepthwiseRowOfKind(const DepthwiseKernel& kernel, const uint8_t* input, uint8_t* output,
                        const uint8_t* residual, int64_t width) {
  const bool floats = kernel.epilogue.output == ConvEpilogue::Output::kFloats;
  const bool residual_floats = kernel.epilogue.residual == ConvEpilogue::Residual::kFloats;
  const ptrdiff_t group_bytes = kChannelGroup * (floats ? sizeof(float) : 1);
  const ptrdiff_t residual_bytes = kChannelGroup * (residual_floats ? sizeof(float) : 1);
  for (int64_t x = 0; x < width; ++x) {
    const uint8_t* in = input + x * kernel.input_pixel;
    uint8_t* out = output + x * kernel.output_pixel * group_bytes / kChannelGroup;
    const uint8_t* added = residual + x * kernel.residual_pixel * residual_bytes / kChannelGroup;
    int32_t vector = 0;
    for (; vector + 4 <= kernel.vectors; vector += 4) {
      DepthwiseBlock<Machine, kKind, 4>(kernel, vector, in, out + vector * group_bytes,
                                        added + vector * residual_bytes);
    }
    for (; vector < kernel.vectors; ++vector) {
      DepthwiseBlock<Machine, kKind, 1>(kernel, vector, in, out + vector * group_bytes,
                                        added + vector * residual_bytes);
    }
  }
}

/// A DepthwiseRow.
template <class Machine>
void SimdDepthwiseRow(const DepthwiseKernel& kernel, const uint8_t* input, void* output,
                      const void* residual, int64_t width) {
  auto* out = static_cast<uint8_t*>(output);
  const auto* added = static_cast<const uint8_t*>(residual);
  if (KindOf(kernel.epilogue) == EpilogueKind::kPlain) {
    DepthwiseRowOfKind<Machine, EpilogueKind::kPlain>(kernel, input, out, added, width);
  } else {
    DepthwiseRowOfKind<Machine, EpilogueKind::kGeneral>(kernel, input, out, added, width);
  }
}

}  // namespace tessera::simd

#endif  // TESSERA_KERNELS_SIMD_DEPTHWISE_H_
