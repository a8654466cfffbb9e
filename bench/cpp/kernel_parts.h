#ifndef TESSERA_BENCH_KERNEL_PARTS_H_
#define TESSERA_BENCH_KERNEL_PARTS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "catalog.h"
#include "kernels/kernel_set.h"

namespace tessera::bench {

/// Our kernels load whole vectors, past the last channel of the last pixel.
inline constexpr int64_t kSlack = 64;

template <typename T>
size_t SizeOf(T count) {
  return static_cast<size_t>(count);
}

// For Noise().
inline int8_t ToWeight(int noise) { return static_cast<int8_t>(noise); }
inline uint8_t ToCode(int noise) { return static_cast<uint8_t>(noise); }

/// What an epilogue points to, the same for every channel.
struct Scaling {
  Scaling(int64_t vectors, Storage storage, After after)
      : bias(SizeOf(vectors * kChannelGroup), 100),
        multiplier(SizeOf(vectors * kChannelGroup), 0.002F),
        negative_multiplier(SizeOf(vectors * kChannelGroup), 0.0005F) {
    epilogue.multiplier = multiplier.data();
    if (after == After::kPRelu) epilogue.negative_multiplier = negative_multiplier.data();
    if (after == After::kResidual) {
      epilogue.residual = ConvEpilogue::Residual::kCodes;
      epilogue.residual_zero_point = StoredValue(storage, 128);
      epilogue.residual_scale = 0.5F;
    }
    epilogue.low = 0.0F;
    epilogue.high = 255.0F;
    epilogue.clamps = false;  // no sum of such weights is beyond kStoredRange
    epilogue.zero_point = StoredValue(storage, 0);
  }

  std::vector<int32_t> bias;
  std::vector<float> multiplier;
  std::vector<float> negative_multiplier;
  ConvEpilogue epilogue;
};

}  // namespace tessera::bench

#endif  // TESSERA_BENCH_KERNEL_PARTS_H_
