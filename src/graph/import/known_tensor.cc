#include "graph/import/known_tensor.h"

#include <algorithm>
#include <cmath>

namespace tessera {
namespace {

// Element steps of each axis, innermost last.
std::vector<size_t> Strides(const Shape& shape) {
  std::vector<size_t> strides(shape.size(), 1);
  for (size_t axis = shape.size(); axis-- > 1;) {
    strides[axis - 1] = strides[axis] * static_cast<size_t>(shape[axis]);
  }
  return strides;
}

size_t Count(const Shape& shape) {
  size_t count = 1;
  for (const int64_t extent : shape) count *= static_cast<size_t>(extent);
  return count;
}

// The source of each element of `shape` when a step along axis i moves by steps[i].
std::vector<size_t> Walk(const Shape& shape, const std::vector<size_t>& steps) {
  std::vector<size_t> source(Count(shape));
  std::vector<int64_t> position(shape.size(), 0);
  size_t offset = 0;
  for (size_t& element : source) {
    element = offset;
    for (size_t axis = shape.size(); axis-- > 0;) {
      offset += steps[axis];
      if (++position[axis] < shape[axis]) break;
      offset -= steps[axis] * static_cast<size_t>(shape[axis]);
      position[axis] = 0;
    }
  }
  return source;
}

// An exporter's float as the fraction that it stands for.
std::optional<Rational> ToFraction(float number) {
  constexpr float kLargest = 1 << 20;
  if (!(std::abs(number) < kLargest)) return std::nullopt;
  if (number == std::floor(number)) return Rational(static_cast<int64_t>(number));
  if (number < 0.0f) {
    const auto positive = ToFraction(-number);
    return positive ? std::optional(-*positive) : std::nullopt;
  }
  return ScaleToRational(static_cast<double>(number));
}

}  // namespace

bool KnownTensor::IsConstant() const {
  return std::all_of(extents.begin(), extents.end(),
                     [](const Extent& extent) { return extent.IsConstant(); });
}

std::optional<std::vector<Extent>> KnownTensor::Extents() const {
  if (floats.empty()) return extents;
  std::vector<Extent> fractions;
  for (const float number : floats) {
    const std::optional<Rational> fraction = ToFraction(number);
    if (!fraction) return std::nullopt;
    fractions.emplace_back(*fraction);
  }
  return fractions;
}

std::optional<std::vector<int64_t>> KnownTensor::Integers() const {
  if (!floats.empty()) return std::nullopt;
  std::vector<int64_t> integers;
  for (const Extent& extent : extents) {
    const std::optional<int64_t> whole = extent.Whole();
    if (!whole) return std::nullopt;
    integers.push_back(*whole);
  }
  return integers;
}

KnownTensor Rearranged(const KnownTensor& x, Shape shape, const std::vector<size_t>& source) {
  KnownTensor y;
  y.shape = std::move(shape);
  y.is_floating = x.is_floating;
  for (const size_t element : source) {
    if (x.floats.empty()) {
      y.extents.push_back(x.extents[element]);
    } else {
      y.floats.push_back(x.floats[element]);
    }
  }
  return y;
}

std::vector<size_t> TransposeSource(const Shape& shape, const std::vector<int64_t>& permutation) {
  const std::vector<size_t> strides = Strides(shape);
  Shape target;
  std::vector<size_t> steps;
  for (const int64_t axis : permutation) {
    target.push_back(shape[static_cast<size_t>(axis)]);
    steps.push_back(strides[static_cast<size_t>(axis)]);
  }
  return Walk(target, steps);
}

std::vector<size_t> TakeSource(const Shape& shape, size_t axis,
                               const std::vector<int64_t>& indices) {
  const size_t inner = Strides(shape)[axis];
  const auto extent = static_cast<size_t>(shape[axis]);
  const size_t outer = extent == 0 ? 0 : Count(shape) / (inner * extent);
  std::vector<size_t> source;
  for (size_t block = 0; block < outer; ++block) {
    for (const int64_t index : indices) {
      for (size_t i = 0; i < inner; ++i) {
        source.push_back((block * extent + static_cast<size_t>(index)) * inner + i);
      }
    }
  }
  return source;
}

std::vector<size_t> BroadcastSource(const Shape& shape, const Shape& target) {
  const std::vector<size_t> strides = Strides(shape);
  std::vector<size_t> steps(target.size(), 0);
  for (size_t i = 0; i < shape.size(); ++i) {
    const size_t axis = target.size() - shape.size() + i;
    if (shape[i] != 1) steps[axis] = strides[i];
  }
  return Walk(target, steps);
}

}  // namespace tessera
