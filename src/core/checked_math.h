#ifndef TESSERA_CORE_CHECKED_MATH_H_
#define TESSERA_CORE_CHECKED_MATH_H_

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

}  // namespace tessera

#endif  // TESSERA_CORE_CHECKED_MATH_H_
