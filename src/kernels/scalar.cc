// The oracle: every line follows the description in conv.h, without regard to speed.
#include <algorithm>
#include <cmath>

#include "kernels/kernel_set.h"

namespace tessera {
namespace {

template <Storage kStorage>
int32_t Load(const uint8_t* byte) {
  return kStorage == Storage::kSigned ? static_cast<int8_t>(*byte) : *byte;
}

template <Storage kStorage>
float Finish(const ConvEpilogue& epilogue, int64_t channel, int32_t sum, const void* residual,
             int64_t residual_index) {
  const float f = static_cast<float>(sum);
  const float* multiplier =
      f < 0.0f && epilogue.negative_multiplier ? epilogue.negative_multiplier : epilogue.multiplier;
  float v = f * multiplier[channel];
  if (epilogue.inner) {
    v = std::clamp(v, epilogue.inner_low, epilogue.inner_high);
    v = std::nearbyint(v) * epilogue.inner_scale;
  }
  if (epilogue.residual == ConvEpilogue::Residual::kCodes) {
    const int32_t code = Load<kStorage>(static_cast<const uint8_t*>(residual) + residual_index);
    v = v + static_cast<float>(code - epilogue.residual_zero_point) * epilogue.residual_scale;
  } else if (epilogue.residual == ConvEpilogue::Residual::kFloats) {
    v = v + static_cast<const float*>(residual)[residual_index];
  }
  return std::clamp(v, epilogue.low, epilogue.high);
}

void Store(const ConvEpilogue& epilogue, float v, void* output, int64_t index) {
  if (epilogue.output == ConvEpilogue::Output::kFloats) {
    static_cast<float*>(output)[index] = v;
    return;
  }
  const auto code = static_cast<int32_t>(std::nearbyint(v)) + epilogue.zero_point;
  static_cast<uint8_t*>(output)[index] = static_cast<uint8_t>(code);
}

template <Storage kStorage>
void ScalarConvRow(const ConvKernel& kernel, const uint8_t* input, void* output,
                   const void* residual, int64_t width) {
  const int64_t steps = int64_t{kernel.runs} * kernel.steps_per_run;
  for (int64_t x = 0; x < width; ++x, input += kernel.input_pixel) {
    for (int64_t channel = 0; channel < kernel.vectors * kChannelGroup; ++channel) {
      const int64_t vector = channel / kChannelGroup;
      const int64_t lane = channel % kChannelGroup;
      const int8_t* weights = kernel.weights + vector * steps * 16 + lane * kChannelGroup;
      int32_t sum = kernel.bias[channel];
      for (int32_t run = 0; run < kernel.runs; ++run) {
        const uint8_t* codes = input + kernel.run_offsets[run];
        for (int32_t step = 0; step < kernel.steps_per_run; ++step, codes += 4, weights += 16) {
          for (int64_t i = 0; i < kChannelGroup; ++i) sum += weights[i] * Load<kStorage>(codes + i);
        }
      }
      const float v = Finish<kStorage>(kernel.epilogue, channel, sum, residual,
                                       x * kernel.residual_pixel + channel);
      Store(kernel.epilogue, v, output,
            x * kernel.output_pixel + kernel.vector_offsets[vector] + lane);
    }
  }
}

template <Storage kStorage>
void ScalarDepthwiseRow(const DepthwiseKernel& kernel, const uint8_t* input, void* output,
                        const void* residual, int64_t width) {
  const int64_t channels = kernel.vectors * kChannelGroup;
  for (int64_t x = 0; x < width; ++x, input += kernel.input_pixel) {
    for (int64_t channel = 0; channel < channels; ++channel) {
      int32_t sum = kernel.bias[channel];
      for (int64_t tap = 0; tap < int64_t{kernel.tap_groups} * 4; ++tap) {
        const int8_t weight = kernel.weights[(tap / 4 * channels + channel) * 4 + tap % 4];
        sum += weight * Load<kStorage>(input + kernel.tap_offsets[tap] + channel);
      }
      const float v = Finish<kStorage>(kernel.epilogue, channel, sum, residual,
                                       x * kernel.residual_pixel + channel);
      Store(kernel.epilogue, v, output, x * kernel.output_pixel + channel);
    }
  }
}

// clang-tidy takes implicit conversions in a template's initializer for casts.
// NOLINTBEGIN(google-readability-casting)
template <Storage kStorage>
constexpr KernelSet kSet = {
    .name = "scalar",
    .storage = kStorage,
    .layout = {},
    .saturates = false,
    .exact = nullptr,
    .conv_row = ScalarConvRow<kStorage>,
    .depthwise_row = ScalarDepthwiseRow<kStorage>,
};
// NOLINTEND(google-readability-casting)

}  // namespace

const KernelSet& ScalarKernels(Storage storage) {
  return storage == Storage::kSigned ? kSet<Storage::kSigned> : kSet<Storage::kUnsigned>;
}

}  // namespace tessera
