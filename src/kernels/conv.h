#ifndef TESSERA_KERNELS_CONV_H_
#define TESSERA_KERNELS_CONV_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/aligned_buffer.h"
#include "core/status.h"

namespace tessera {

/// Codes are processed in groups of four channels: what a dot product adds up into one lane. The
/// bytes from one pixel to the next are a multiple of this, so that no channel count needs a tail.
inline constexpr int64_t kChannelGroup = 4;

constexpr int64_t RoundUpToGroup(int64_t channels) {
  return (channels + kChannelGroup - 1) / kChannelGroup * kChannelGroup;
}

/// What follows the integer sums of a convolution. With f = float(sum), per output channel c:
///
///   v = f * multiplier[c]                        f * negative_multiplier[c] where f < 0, if given
///   v = round(clamp(v, inner)) * inner.scale     if inner
///   v = v + (residual - residual_zero_point) * residual_scale       residual codes, if given
///   v = v + residual                                                residual floats, if given
///   v = clamp(v, low, high)
///
/// round is half to even. Codes and bytes store round(v) + zero_point; floats store v. Every
/// product and sum is one IEEE operation, so that all implementations give the same bits.
struct ConvEpilogue {
  enum class Output : uint8_t {
    kCodes,   // 8-bit codes as the machine stores them
    kBytes,   // plain 0..255
    kFloats,  // 4 bytes each
  };
  enum class Residual : uint8_t { kNone, kCodes, kFloats };

  const float* multiplier = nullptr;
  const float* negative_multiplier = nullptr;  // null: as multiplier (no PReLU)
  bool inner = false;
  float inner_low = 0.0f;
  float inner_high = 0.0f;
  float inner_scale = 1.0f;
  Residual residual = Residual::kNone;
  int32_t residual_zero_point = 0;  // of the stored value
  float residual_scale = 0.0f;
  Output output = Output::kCodes;
  // In output codes less the zero point, whole numbers within [-255, 255] for codes.
  float low = 0.0f;
  float high = 0.0f;
  // False where storing 8 bits, which saturates, clamps as well: low and high are the ends of the
  // codes, and v lies within kStoredRange.
  bool clamps = true;
  int32_t zero_point = 0;  // of the stored value
};

/// Numbers within +-kStoredRange are rounded and saturated right by kernels that do not clamp.
inline constexpr float kStoredRange = 1 << 21;

/// One group of a convolution, ready to run on rows. All offsets are bytes.
struct ConvKernel {
  // The window of an output pixel is read as runs of consecutive bytes: run r starts at
  // run_offsets[r] from the window's first byte and has steps_per_run steps of four bytes.
  const int32_t* run_offsets = nullptr;
  int32_t runs = 0;
  int32_t steps_per_run = 0;
  int32_t short_runs = 0;   // the first so many runs have short sums: PackedConv
  int32_t input_pixel = 0;  // from one output pixel's window to the next one's

  const int8_t* weights = nullptr;  // packed by PackConv for the same implementation
  const int32_t* bias = nullptr;    // per output channel, a multiple of four of them
  int32_t vectors = 0;              // output channels / 4, rounded up

  ConvEpilogue epilogue;
  // Output channels 4 * v .. 4 * v + 3 of a pixel go to output + vector_offsets[v], in elements.
  // Within a block (KernelSet::block_vectors) they are consecutive.
  const int32_t* vector_offsets = nullptr;
  int32_t output_pixel = 0;    // elements
  int32_t residual_pixel = 0;  // elements; residual channels are consecutive
};

/// Computes `width` output pixels of one row. `input` is the first pixel's window, `output` and
/// `residual` the first pixel's first channel; the residual must not overlap the output.
using ConvRow = void (*)(const ConvKernel& kernel, const uint8_t* input, void* output,
                         const void* residual, int64_t width);

/// How an implementation wants its weights.
struct WeightLayout {
  int32_t block_vectors = 1;  // vectors of four output channels that are computed together
  // false: a vector's 16 bytes are [output][input]; true: [input / 2][output][input % 2].
  bool pairs = false;
  // Where a sum of four products, two of a step and two of the next, fits 16 bits, it is cheaper.
  bool short_sums = false;
};

/// An output pixel's window as runs of steps, as in ConvKernel.
struct ConvWindow {
  std::vector<int32_t> run_offsets;
  int32_t steps_per_run = 0;
};

/// A window and its weights, ready for an implementation.
struct PackedConv {
  ConvWindow window;
  // Runs, from the first one, of two steps each. With unsigned codes, products 0 and 1 of both
  // steps stay within 16 bits when they are added up, and so do 2 and 3, for all outputs.
  int32_t short_runs = 0;
  std::vector<int8_t> weights;  // [block][run][step][vector][16 bytes]
};

/// Arranges weights of `outputs` channels. `weights` are [output][run][4 * steps]; the outputs that
/// fill the last vector get zeros.
PackedConv PackConv(const ConvWindow& window, std::span<const int8_t> weights, int64_t outputs,
                    const WeightLayout& layout);

/// A kernel that reads the window and weights of `packed`, which must outlive it; the rest of it is
/// left to fill in.
ConvKernel KernelReading(const PackedConv& packed);

/// A depthwise convolution: each output channel reads its own input channel at every tap.
struct DepthwiseKernel {
  const int32_t* tap_offsets = nullptr;  // bytes from the window's first byte, a multiple of 4 taps
  int32_t tap_groups = 0;                // taps / 4, rounded up
  int32_t input_pixel = 0;               // bytes
  const int8_t* weights = nullptr;       // [tap group][channel][4 taps], channels rounded up to 4
  const int32_t* bias = nullptr;
  int32_t vectors = 0;
  ConvEpilogue epilogue;
  int32_t output_pixel = 0;    // elements
  int32_t residual_pixel = 0;  // elements
};

using DepthwiseRow = void (*)(const DepthwiseKernel& kernel, const uint8_t* input, void* output,
                              const void* residual, int64_t width);

}  // namespace tessera

#endif  // TESSERA_KERNELS_CONV_H_
