#ifndef TESSERA_ENGINE_PLAIN_TENSOR_H_
#define TESSERA_ENGINE_PLAIN_TENSOR_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/checked_math.h"
#include "engine/step.h"
#include "graph/graph.h"

namespace tessera {

/// A float32 tensor of any rank in planned memory, outermost axis first.
struct PlainTensor {
  float* data = nullptr;
  Shape shape;
};

inline int64_t CountElements(const Shape& shape) {
  int64_t count = 1;
  for (const int64_t extent : shape) count *= extent;
  return count;
}

/// Elements from one index of an axis to the next, per axis.
inline std::vector<int64_t> StridesOf(const Shape& shape) {
  std::vector<int64_t> strides(shape.size(), 1);
  for (size_t i = shape.size(); i-- > 1;) strides[i - 1] = strides[i] * shape[i];
  return strides;
}

/// What a value with a known shape needs in memory as floats, or nothing when that overflows.
inline std::optional<size_t> FloatBytes(const Value& value) {
  size_t bytes = sizeof(float);
  for (const int64_t extent : value.shape) {
    const auto product = CheckedProduct({static_cast<int64_t>(bytes), extent});
    if (!product) return std::nullopt;
    bytes = *product;
  }
  return bytes;
}

/// A value with a known shape at `data`; one that is plain as a single row of its elements.
inline Tensor TensorAt(const Value& value, std::byte* data) {
  auto* floats = reinterpret_cast<float*>(data);
  const Shape& shape = value.shape;
  if (value.plain) return Tensor{floats, 1, CountElements(shape), 1};
  return Tensor{floats, shape[2], shape[3], shape[1]};
}

}  // namespace tessera

#endif  // TESSERA_ENGINE_PLAIN_TENSOR_H_
