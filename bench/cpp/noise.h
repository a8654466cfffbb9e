#ifndef TESSERA_BENCH_NOISE_H_
#define TESSERA_BENCH_NOISE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tessera::bench {

/// `count` values made by `of` from whole numbers in -64..63, the same each time.
template <typename T>
std::vector<T> Noise(size_t count, T (*of)(int)) {
  std::vector<T> values(count);
  uint32_t state = 1;
  for (T& value : values) {
    state = state * 1664525u + 1013904223u;
    value = of(static_cast<int>(state >> 25) - 64);
  }
  return values;
}

/// Weights of 7 bits. Like those of trained networks, most of them are small.
inline std::vector<int8_t> NoiseWeights(size_t count) {
  const std::vector<int> noise = Noise<int>(3 * count, [](int value) { return value; });
  std::vector<int8_t> weights(count);
  for (size_t i = 0; i < count; ++i) {
    weights[i] = static_cast<int8_t>((noise[3 * i] + noise[3 * i + 1] + noise[3 * i + 2]) / 3);
  }
  return weights;
}

}  // namespace tessera::bench

#endif  // TESSERA_BENCH_NOISE_H_
