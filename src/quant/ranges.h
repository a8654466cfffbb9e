#ifndef TESSERA_QUANT_RANGES_H_
#define TESSERA_QUANT_RANGES_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
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
  /// Counts `count` values spread evenly from `low` to `high`.
  void AddSpread(float low, float high, int64_t count);

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

/// How often each channel of a tensor takes which values, over a range that grows as they come.
class ChannelHistograms {
 public:
  /// One histogram for all channels together, or one for each.
  enum class Detail : uint8_t { kTensor, kChannels };

  explicit ChannelHistograms(Detail detail = Detail::kTensor) : detail_(detail) {}

  /// Adds pixels of `channels` values each.
  void Add(std::span<const float> values, size_t channels);
  /// Adds what another one of the same detail has counted.
  void Merge(const ChannelHistograms& other);

  /// Per channel, or one for all.
  std::vector<Range> ranges() const;
  /// Of the whole tensor, had each channel been multiplied by its factor (none: by 1).
  Histogram Joined(std::span<const float> factors = {}) const;

 private:
  static constexpr int64_t kHalf = 2048;  // bins on each side of zero

  // Bins are 2^exponent wide, so that two neighbours make one when the range doubles, and the order
  // in which values come changes nothing.
  struct Counts {
    Range range;
    int exponent = -126;
    float bins_per_unit = 0x1p126f;
    std::vector<uint32_t> bins = std::vector<uint32_t>(2 * kHalf);

    void Add(float value);
    // Makes bins at least 2^wanted wide.
    void GrowTo(int wanted);
    void Merge(const Counts& other);
  };

  Detail detail_;
  std::vector<Counts> counts_;
};

/// Unsigned codes for a range, with a code for zero itself. The ends move by half a step at most.
Quantization QuantizationOf(const Range& range);

/// What is computed of each element of a tensor before anything else sees it.
using ElementFunction = std::function<std::vector<float>(const std::vector<float>&)>;

/// The sum of (x - rounded x)^2 over a histogram.
double RoundingError(const Histogram& histogram, const Quantization& quantization);
/// The sum of (f(x) - f(rounded x))^2.
double RoundingError(const Histogram& histogram, const Quantization& quantization,
                     const ElementFunction& f);

/// The codes with the least error for tensors that share them: rare values far out are cut off
/// where that makes the steps between the others enough smaller. At least one histogram.
Quantization LeastErrorQuantization(std::span<const Histogram* const> histograms);

/// The codes with the least error in f(x), for a tensor that nothing else reads: where f is flat,
/// as x * sigmoid(x) is far below zero, nothing is lost by cutting values off.
Quantization LeastErrorQuantization(const Histogram& histogram, const ElementFunction& f);

}  // namespace tessera

#endif  // TESSERA_QUANT_RANGES_H_
