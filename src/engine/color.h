#ifndef TESSERA_ENGINE_COLOR_H_
#define TESSERA_ENGINE_COLOR_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "graph/graph.h"

namespace tessera {

inline constexpr int64_t kColorChannels = 3;

/// What each of the 256 bytes means to the network, per channel of the network.
inline std::array<std::array<float, 256>, 3> ByteToFloat(const ModelInfo& info) {
  std::array<std::array<float, 256>, 3> table;
  const auto [low, high] = info.input_range;
  for (size_t c = 0; c < 3; ++c) {
    for (size_t byte = 0; byte < 256; ++byte) {
      const float value = low + static_cast<float>(byte) / 255.0f * (high - low);
      table[c][byte] = (value - info.mean[c]) / info.stddev[c];
    }
  }
  return table;
}

/// The network's channel that the RGBA pixel's channel c feeds.
inline int64_t NetworkChannel(const ModelInfo& info, int64_t c) {
  return info.bgr ? kColorChannels - 1 - c : c;
}

}  // namespace tessera

#endif  // TESSERA_ENGINE_COLOR_H_
