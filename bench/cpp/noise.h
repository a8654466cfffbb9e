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

}  // namespace tessera::bench

#endif  // TESSERA_BENCH_NOISE_H_
