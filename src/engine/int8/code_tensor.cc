#include "engine/int8/code_tensor.h"

#include <algorithm>
#include <cmath>

namespace tessera::int8 {

uint8_t ByteOf(const Quantization& quantization, float x) {
  const auto zero = static_cast<float>(quantization.zero_point - quantization.lowest());
  const float code = std::nearbyint(x / quantization.scale) + zero;
  return static_cast<uint8_t>(std::min(std::max(0.0f, code), 255.0f));
}

}  // namespace tessera::int8
