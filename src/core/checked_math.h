#ifndef TESSERA_CORE_CHECKED_MATH_H_
#define TESSERA_CORE_CHECKED_MATH_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>

namespace tessera {

/// The product of non-negative `factors`, or nothing when a factor is negative or the product does
/// not fit a size_t. wasm32 has 32-bit sizes, so every product of image or tensor extents that
/// reaches an allocation goes through here.
inline std::optional<size_t> CheckedProduct(std::initializer_list<int64_t> factors) {
  size_t product = 1;
  for (int64_t factor : factors) {
    if (factor < 0) return std::nullopt;
    if (static_cast<uint64_t>(factor) > SIZE_MAX) return std::nullopt;
    if (__builtin_mul_overflow(product, static_cast<size_t>(factor), &product)) return std::nullopt;
  }
  return product;
}

/// a + b, or nothing on overflow.
inline std::optional<size_t> CheckedSum(size_t a, size_t b) {
  size_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) return std::nullopt;
  return sum;
}

/// What numbers beyond it become below: a file may state any.
inline constexpr int64_t kSaturated = int64_t{1} << 62;

constexpr int64_t Saturated(int64_t number) { return std::clamp(number, -kSaturated, kSaturated); }

/// a * b, or the end of +-kSaturated that is nearer.
constexpr int64_t SaturatedProduct(int64_t a, int64_t b) {
  int64_t product = 0;
  if (!__builtin_mul_overflow(a, b, &product)) return Saturated(product);
  return (a < 0) == (b < 0) ? kSaturated : -kSaturated;
}

/// a + b, likewise; both within +-kSaturated.
constexpr int64_t SaturatedSum(int64_t a, int64_t b) {
  int64_t sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return Saturated(sum);
  return a < 0 ? -kSaturated : kSaturated;
}

}  // namespace tessera

#endif  // TESSERA_CORE_CHECKED_MATH_H_
