#ifndef TESSERA_KERNELS_SIMD_CONV_H_
#define TESSERA_KERNELS_SIMD_CONV_H_

#include <wasm_simd128.h>

#include <algorithm>
#include <cstdint>

#include "kernels/conv.h"
#include "kernels/simd_epilogue.h"

namespace tessera::simd {

// The convolution loops, for a `Machine` that offers
//   kStorage        how codes lie in memory
//   kBlockVectors   vectors of four output channels computed together, 1 to 4
//   Pixels(v)       pixels computed together with v vectors; pixels * v accumulators stay in
//                   registers, of which x86 has sixteen
//   kSpecialized    whether loops are compiled for the common epilogues too: faster, larger
//   Accumulate<P, V>(kernel, input, weights, sums)   adds a window's products to sums[P][V]

// The epilogue of a block, pixel by pixel.
template <Storage kStorage, EpilogueKind kKind, int kPixels, int kVectors>
inline void FinishBlock(const ConvEpilogue& epilogue, int64_t channel,
                        const v128_t (&sums)[kPixels][kVectors], uint8_t* output,
                        const uint8_t* residual, ptrdiff_t output_bytes, ptrdiff_t residual_bytes) {
  for (int p = 0; p < kPixels; ++p) {
    Finish<kStorage, kKind, kVectors>(epilogue, channel, sums[p], output + p * output_bytes,
                                      residual + p * residual_bytes);
  }
}

// In a function of its own, for epilogues whose registers would push the sums out of the loop that
// adds to them (docs/internals.md).
template <Storage kStorage, EpilogueKind kKind, int kPixels, int kVectors>
[[gnu::noinline]] void FinishStored(const ConvEpilogue& epilogue, int64_t channel,
                                    const v128_t (&sums)[kPixels][kVectors], uint8_t* output,
                                    const uint8_t* residual, ptrdiff_t output_bytes,
                                    ptrdiff_t residual_bytes) {
  FinishBlock<kStorage, kKind>(epilogue, channel, sums, output, residual, output_bytes,
                               residual_bytes);
}

/// One block of kVectors vectors at kPixels pixels.
template <class Machine, EpilogueKind kKind, int kPixels, int kVectors>
inline void ConvBlock(const ConvKernel& kernel, int32_t vector, const int8_t* weights,
                      const uint8_t* input, uint8_t* output, const uint8_t* residual,
                      ptrdiff_t output_bytes, ptrdiff_t residual_bytes) {
  const int64_t channel = vector * kChannelGroup;
  v128_t sums[kPixels][kVectors];
  for (int v = 0; v < kVectors; ++v) {
    const v128_t bias = wasm_v128_load(kernel.bias + channel + v * kChannelGroup);
    for (int p = 0; p < kPixels; ++p) sums[p][v] = bias;
  }
  Machine::template Accumulate<kPixels, kVectors>(kernel, input, weights, sums);
  if constexpr (NeedsRegisters(kKind)) {
    v128_t stored[kPixels][kVectors];
    std::copy_n(&sums[0][0], kPixels * kVectors, &stored[0][0]);
    FinishStored<Machine::kStorage, kKind, kPixels, kVectors>(
        kernel.epilogue, channel, stored, output, residual, output_bytes, residual_bytes);
  } else {
    FinishBlock<Machine::kStorage, kKind>(kernel.epilogue, channel, sums, output, residual,
                                          output_bytes, residual_bytes);
  }
}

// What ConvBlockRow loops over: a block's place in a row, in bytes.
struct BlockRow {
  int32_t vector;
  const int8_t* weights;
  const uint8_t* input;
  uint8_t* output;
  const uint8_t* residual;
  ptrdiff_t output_bytes;  // from a pixel to the next
  ptrdiff_t residual_bytes;
};

template <class Machine, EpilogueKind kKind, int kPixels, int kVectors>
inline void ConvBlockAt(const ConvKernel& kernel, const BlockRow& row, int64_t x) {
  ConvBlock<Machine, kKind, kPixels, kVectors>(
      kernel, row.vector, row.weights, row.input + x * kernel.input_pixel,
      row.output + x * row.output_bytes, row.residual + x * row.residual_bytes, row.output_bytes,
      row.residual_bytes);
}

// Rows narrower than a block of pixels, where speed does not matter.
template <class Machine, int kVectors>
[[gnu::noinline]] void ConvNarrowRow(const ConvKernel& kernel, const BlockRow& row, int64_t width) {
  for (int64_t x = 0; x < width; ++x) {
    ConvBlockAt<Machine, EpilogueKind::kGeneral, 1, kVectors>(kernel, row, x);
  }
}

// A function of its own: browsers run slow code until they have compiled a function well, and then
// compile only the widths that a network has. Its first tile takes a tenth less time for it.
template <class Machine, EpilogueKind kKind, int kVectors>
[[gnu::noinline]] void ConvBlockRow(const ConvKernel& kernel, int32_t vector, const int8_t* weights,
                                    const uint8_t* input, uint8_t* output, const uint8_t* residual,
                                    int64_t width) {
  constexpr int kPixels = Machine::Pixels(kVectors);
  const bool floats = kernel.epilogue.output == ConvEpilogue::Output::kFloats;
  const ptrdiff_t element = floats ? sizeof(float) : 1;
  const ptrdiff_t residual_element = ResidualElementBytes(kernel.epilogue);
  const BlockRow row = {vector,
                        weights,
                        input,
                        output + kernel.vector_offsets[vector] * element,
                        residual + vector * kChannelGroup * residual_element,
                        kernel.output_pixel * element,
                        kernel.residual_pixel * residual_element};
  if (width < kPixels) {
    ConvNarrowRow<Machine, kVectors>(kernel, row, width);
    return;
  }
  for (int64_t x = 0; x < width; x += kPixels) {
    // The last block moves back instead of becoming smaller: some pixels are computed twice.
    ConvBlockAt<Machine, kKind, kPixels, kVectors>(kernel, row, std::min(x, width - kPixels));
  }
}

template <class Machine, EpilogueKind kKind>
void ConvRowOfKind(const ConvKernel& kernel, const uint8_t* input, uint8_t* output,
                   const uint8_t* residual, int64_t width) {
  const int64_t vector_bytes = int64_t{kernel.runs} * kernel.steps_per_run * 16;
  constexpr int32_t kBlock = Machine::kBlockVectors;
  // Few layers but the last end in so narrow a block: specialized ones would be bytes to download
  // for nothing.
  constexpr EpilogueKind kRare =
      kKind == EpilogueKind::kPicture ? EpilogueKind::kPicture : EpilogueKind::kGeneral;
  for (int32_t vector = 0; vector < kernel.vectors; vector += kBlock) {
    const int8_t* weights = kernel.weights + vector * vector_bytes;
    const auto row = [&]<EpilogueKind kOwn, int kVectors>() {
      ConvBlockRow<Machine, kOwn, kVectors>(kernel, vector, weights, input, output, residual,
                                            width);
    };
    const int32_t left = kernel.vectors - vector;
    if (left >= kBlock) {
      row.template operator()<kKind, kBlock>();
    } else if (kBlock > 3 && left == 3) {
      row.template operator()<kKind, 3>();
    } else if (kBlock > 2 && left == 2) {
      row.template operator()<kRare, 2>();
    } else {
      row.template operator()<kRare, 1>();
    }
  }
}

/// A ConvRow.
template <class Machine>
void SimdConvRow(const ConvKernel& kernel, const uint8_t* input, void* output, const void* residual,
                 int64_t width) {
  auto* out = static_cast<uint8_t*>(output);
  const auto* added = static_cast<const uint8_t*>(residual);
  const EpilogueKind kind = KindOf(kernel.epilogue);
  if constexpr (Machine::kSpecialized) {
    if (kind == EpilogueKind::kPlain) {
      return ConvRowOfKind<Machine, EpilogueKind::kPlain>(kernel, input, out, added, width);
    }
    if (kind == EpilogueKind::kPRelu) {
      return ConvRowOfKind<Machine, EpilogueKind::kPRelu>(kernel, input, out, added, width);
    }
    if (kind == EpilogueKind::kAdd) {
      return ConvRowOfKind<Machine, EpilogueKind::kAdd>(kernel, input, out, added, width);
    }
    if (kind == EpilogueKind::kPicture) {
      return ConvRowOfKind<Machine, EpilogueKind::kPicture>(kernel, input, out, added, width);
    }
  }
  ConvRowOfKind<Machine, EpilogueKind::kGeneral>(kernel, input, out, added, width);
}

/// Accumulate for machines with a dot product of four bytes: Dot(weights, codes, sums). If they
/// have kShortSums, their PairSums(weights, codes) are sums of two products each, in 16 bits.
template <class Machine>
struct FourByteDot {
  template <int kPixels, int kVectors>
  static void Accumulate(const ConvKernel& kernel, const uint8_t* input, const int8_t* weights,
                         v128_t (&sums)[kPixels][kVectors]) {
    int32_t run = 0;
    if constexpr (Machine::kShortSums) {
      v128_t ones = wasm_i16x8_const_splat(1);
      __asm__ volatile("" : "+r"(ones));
      for (; run < kernel.short_runs; ++run) {
        AddShort(input + kernel.run_offsets[run], kernel.input_pixel, weights, ones, sums);
        weights += 2 * 16 * kVectors;
      }
    }
    for (; run < kernel.runs; ++run) {
      const uint8_t* codes = input + kernel.run_offsets[run];
      const uint8_t* const end = codes + kernel.steps_per_run * 4;
      // Unrolled, V8's register allocator spills: see docs/internals.md.
#pragma clang loop unroll(disable)
      for (; codes != end; codes += 4) {
        AddStep(codes, kernel.input_pixel, weights, sums);
        weights += 16 * kVectors;
      }
    }
  }

 private:
  template <int kPixels, int kVectors>
  static void AddStep(const uint8_t* codes, ptrdiff_t pixel, const int8_t* weights,
                      v128_t (&sums)[kPixels][kVectors]) {
    v128_t w[kVectors];
    for (int v = 0; v < kVectors; ++v) w[v] = wasm_v128_load(weights + 16 * v);
    for (int p = 0; p < kPixels; ++p) {
      const v128_t x = wasm_v128_load32_splat(codes + p * pixel);
      for (int v = 0; v < kVectors; ++v) sums[p][v] = Machine::Dot(w[v], x, sums[p][v]);
    }
  }

  // Two steps, whose products are widened to 32 bits once for both.
  template <int kPixels, int kVectors>
  static void AddShort(const uint8_t* codes, ptrdiff_t pixel, const int8_t* weights, v128_t ones,
                       v128_t (&sums)[kPixels][kVectors]) {
    v128_t first[kPixels];
    v128_t second[kPixels];
    for (int p = 0; p < kPixels; ++p) {
      first[p] = wasm_v128_load32_splat(codes + p * pixel);
      second[p] = wasm_v128_load32_splat(codes + p * pixel + 4);
    }
    for (int v = 0; v < kVectors; ++v) {
      const v128_t w0 = wasm_v128_load(weights + 16 * v);
      const v128_t w1 = wasm_v128_load(weights + 16 * (kVectors + v));
      for (int p = 0; p < kPixels; ++p) {
        const v128_t both =
            wasm_i16x8_add(Machine::PairSums(w0, first[p]), Machine::PairSums(w1, second[p]));
        sums[p][v] = wasm_i32x4_add(sums[p][v], wasm_i32x4_dot_i16x8(both, ones));
      }
    }
  }
};

/// Accumulate for simd128 alone, whose dot product is of two 16-bit numbers. WeightLayout::pairs.
template <Storage kStorage>
struct PairDot {
  template <int kPixels, int kVectors>
  static void Accumulate(const ConvKernel& kernel, const uint8_t* input, const int8_t* weights,
                         v128_t (&sums)[kPixels][kVectors]) {
    const ptrdiff_t pixel = kernel.input_pixel;
    for (int32_t run = 0; run < kernel.runs; ++run) {
      const uint8_t* codes = input + kernel.run_offsets[run];
      const uint8_t* const end = codes + kernel.steps_per_run * 4;
      // Two steps from one load of eight bytes while there are two.
      for (; end - codes >= 8; codes += 8) {
        for (int half = 0; half < 4; half += 2) {
          Step<kPixels, kVectors>(weights, sums, [&](int p) {
            const v128_t wide = Extend(wasm_v128_load64_zero(codes + p * pixel));
            return half == 0 ? Pairs{wasm_i32x4_shuffle(wide, wide, 0, 0, 0, 0),
                                     wasm_i32x4_shuffle(wide, wide, 1, 1, 1, 1)}
                             : Pairs{wasm_i32x4_shuffle(wide, wide, 2, 2, 2, 2),
                                     wasm_i32x4_shuffle(wide, wide, 3, 3, 3, 3)};
          });
          weights += 16 * kVectors;
        }
      }
      for (; codes != end; codes += 4) {
        Step<kPixels, kVectors>(weights, sums, [&](int p) {
          const v128_t wide = Extend(wasm_v128_load32_zero(codes + p * pixel));
          return Pairs{wasm_i32x4_shuffle(wide, wide, 0, 0, 0, 0),
                       wasm_i32x4_shuffle(wide, wide, 1, 1, 1, 1)};
        });
        weights += 16 * kVectors;
      }
    }
  }

 private:
  // Codes 0, 1 and codes 2, 3 of a step as 16-bit numbers, in every lane.
  struct Pairs {
    v128_t first;
    v128_t second;
  };

  static v128_t Extend(v128_t bytes) {
    return kStorage == Storage::kSigned ? wasm_i16x8_extend_low_i8x16(bytes)
                                        : wasm_u16x8_extend_low_u8x16(bytes);
  }

  template <int kPixels, int kVectors, typename PairsOf>
  static void Step(const int8_t* weights, v128_t (&sums)[kPixels][kVectors], PairsOf pairs_of) {
    Pairs pairs[kPixels];
    for (int p = 0; p < kPixels; ++p) pairs[p] = pairs_of(p);
    for (int v = 0; v < kVectors; ++v) {
      const v128_t first = wasm_i16x8_load8x8(weights + 16 * v);
      const v128_t second = wasm_i16x8_load8x8(weights + 16 * v + 8);
      for (int p = 0; p < kPixels; ++p) {
        sums[p][v] = wasm_i32x4_add(sums[p][v], wasm_i32x4_dot_i16x8(pairs[p].first, first));
        sums[p][v] = wasm_i32x4_add(sums[p][v], wasm_i32x4_dot_i16x8(pairs[p].second, second));
      }
    }
  }
};

}  // namespace tessera::simd

#endif  // TESSERA_KERNELS_SIMD_CONV_H_
