#ifndef TESSERA_QUANT_RANGES_H_
#define TESSERA_QUANT_RANGES_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "graph/graph.h"

namespace tessera {

/// The values a tensor takes. Always holds zero, which padding puts beside every tensor.
struct Range {
  float low = 0.0f;
  float high = 0.0f;

  float width() const { return high - low; }
  void Include(float value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
  void Include(const Range& other) {
    Include(other.low);
    Include(other.high);
  }
};

/// How often a tensor takes which values.
class Histogram {
 public:
  static constexpr size_t kBins = 4096;

  /// Values outside `range` count as its nearest end.
  explicit Histogram(Range range);

  void Add(std::span<const float> values);

  const Range& range() const { return range_; }
  int64_t count(size_t bin) const { return counts_[bin]; }
  /// The middle of a bin.
  float value(size_t bin) const {
    return range_.low + (static_cast<float>(bin) + 0.5f) * range_.width() / kBins;
  }

 private:
  Range range_;
  float bins_per_unit_;
  std::vector<int64_t> counts_;
};

/// Unsigned codes for a range, with a code for zero itself. The ends move by half a step at most.
Quantization QuantizationOf(const Range& range);

/// The sum of (x - rounded x)^2 over a histogram.
double RoundingError(const Histogram& histogram, const Quantization& quantization);

/// The codes with the least error for tensors that share them: rare values far out are cut off
/// where that makes the steps between the others enough smaller. At least one histogram.
Quantization LeastErrorQuantization(std::span<const Histogram* const> histograms);

}  // namespace tessera

#endif  // TESSERA_QUANT_RANGES_H_
