#include "kernels/conv.h"

#include <algorithm>

namespace tessera {

std::vector<int8_t> PackConvWeights(std::span<const int8_t> weights, int64_t outputs, int32_t runs,
                                    int32_t steps_per_run, const WeightLayout& layout) {
  const int64_t vectors = RoundUpToGroup(outputs) / kChannelGroup;
  const int64_t steps = int64_t{runs} * steps_per_run;
  std::vector<int8_t> packed;
  packed.reserve(static_cast<size_t>(vectors * steps * 16));
  const auto weight = [&](int64_t output, int64_t step, int64_t input) {
    if (output >= outputs) return int8_t{0};
    return weights[static_cast<size_t>((output * steps + step) * kChannelGroup + input)];
  };
  for (int64_t first = 0; first < vectors; first += layout.block_vectors) {
    const int64_t last = std::min<int64_t>(first + layout.block_vectors, vectors);
    for (int64_t step = 0; step < steps; ++step) {
      for (int64_t vector = first; vector < last; ++vector) {
        for (int64_t i = 0; i < 16; ++i) {
          const int64_t output = layout.pairs ? i / 2 % 4 : i / 4;
          const int64_t input = layout.pairs ? i / 8 * 2 + i % 2 : i % 4;
          packed.push_back(weight(vector * kChannelGroup + output, step, input));
        }
      }
    }
  }
  return packed;
}

}  // namespace tessera
