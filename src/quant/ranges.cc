#include "quant/ranges.h"

#include <cmath>
#include <limits>
#include <utility>

namespace tessera {
namespace {

constexpr float kSteps = 255.0f;
// Ends are tried at these shares of the whole range; less was never better on real networks.
constexpr int kTried = 15;
constexpr float kSmallestShare = 0.5f;

float TriedShare(int i, float smallest) {
  return 1.0f - (1.0f - smallest) * static_cast<float>(i) / (kTried - 1);
}

}  // namespace

Histogram::Histogram(Range range)
    : range_(range),
      bins_per_unit_(range.width() > 0.0f ? kBins / range.width() : 0.0f),
      counts_(kBins, 0) {}

void Histogram::Add(std::span<const float> values) {
  constexpr float kLast = kBins - 1;
  for (const float value : values) {
    const float bin = std::clamp((value - range_.low) * bins_per_unit_, 0.0f, kLast);
    ++counts_[static_cast<size_t>(bin)];
  }
}

void Histogram::AddSpread(float low, float high, int64_t count) {
  constexpr int64_t kLast = kBins - 1;
  const auto bin_of = [&](float value) {
    const float bin = (value - range_.low) * bins_per_unit_;
    return std::clamp<int64_t>(static_cast<int64_t>(bin), 0, kLast);
  };
  const int64_t first = bin_of(low);
  const int64_t bins = std::max<int64_t>(bin_of(std::nextafter(high, low)) - first, 0) + 1;
  for (int64_t i = 0; i < bins; ++i) {
    counts_[static_cast<size_t>(first + i)] += count * (i + 1) / bins - count * i / bins;
  }
}

void ChannelHistograms::Counts::GrowTo(int wanted) {
  if (wanted <= exponent) return;
  std::vector<uint32_t> grown(2 * kHalf, 0);
  // Further than all bins together: everything is beside zero.
  const int shift = std::min(wanted - exponent, 31);
  for (int64_t i = 0; i < 2 * kHalf; ++i) {
    grown[static_cast<size_t>(((i - kHalf) >> shift) + kHalf)] += bins[static_cast<size_t>(i)];
  }
  bins = std::move(grown);
  exponent = wanted;
  bins_per_unit = std::ldexp(1.0f, -exponent);
}

void ChannelHistograms::Counts::Add(float value) {
  if (value < range.low || value > range.high) {
    range.Include(value);
    int power = 0;
    std::frexp(value, &power);  // |value| < 2^power, which is kHalf bins of 2^(power - 11)
    static_assert(kHalf == int64_t{1} << 11);
    GrowTo(power - 11);
  }
  const auto bin = static_cast<int64_t>(std::floor(value * bins_per_unit));
  ++bins[static_cast<size_t>(bin + kHalf)];
}

void ChannelHistograms::Counts::Merge(const Counts& other) {
  range.Include(other.range);
  Counts grown = other;
  grown.GrowTo(exponent);
  GrowTo(grown.exponent);
  for (size_t i = 0; i < bins.size(); ++i) bins[i] += grown.bins[i];
}

void ChannelHistograms::Add(std::span<const float> values, size_t channels) {
  const size_t separate = detail_ == Detail::kTensor ? 1 : channels;
  counts_.resize(separate);
  size_t channel = 0;
  for (const float value : values) {
    counts_[channel].Add(value);
    if (++channel == separate) channel = 0;
  }
}

void ChannelHistograms::Merge(const ChannelHistograms& other) {
  counts_.resize(std::max(counts_.size(), other.counts_.size()));
  for (size_t i = 0; i < other.counts_.size(); ++i) counts_[i].Merge(other.counts_[i]);
}

std::vector<Range> ChannelHistograms::ranges() const {
  std::vector<Range> ranges;
  for (const Counts& counts : counts_) ranges.push_back(counts.range);
  return ranges;
}

Histogram ChannelHistograms::Joined(std::span<const float> factors) const {
  const auto factor = [&](size_t channel) { return factors.empty() ? 1.0f : factors[channel]; };
  Range whole;
  for (size_t c = 0; c < counts_.size(); ++c) {
    whole.Include(counts_[c].range.low * factor(c));
    whole.Include(counts_[c].range.high * factor(c));
  }
  Histogram joined(whole);
  for (size_t c = 0; c < counts_.size(); ++c) {
    const Counts& counts = counts_[c];
    for (size_t i = 0; i < counts.bins.size(); ++i) {
      if (counts.bins[i] == 0) continue;
      const auto bin = static_cast<float>(static_cast<int64_t>(i) - kHalf);
      const float a = std::ldexp(bin, counts.exponent) * factor(c);
      const float b = std::ldexp(bin + 1.0f, counts.exponent) * factor(c);
      joined.AddSpread(std::min(a, b), std::max(a, b), counts.bins[i]);
    }
  }
  return joined;
}

Quantization QuantizationOf(const Range& range) {
  Quantization quantization;
  quantization.is_signed = false;
  const float scale = range.width() / kSteps;
  // A tensor that is always zero, or as good as: any scale will do.
  if (!(scale >= std::numeric_limits<float>::min())) return quantization;
  quantization.scale = scale;
  quantization.zero_point = static_cast<int32_t>(
      std::clamp(std::nearbyint(-range.low / scale), 0.0f, static_cast<float>(kSteps)));
  return quantization;
}

double RoundingError(const Histogram& histogram, const Quantization& quantization) {
  const auto zero_point = static_cast<float>(quantization.zero_point);
  const float low = static_cast<float>(quantization.lowest()) - zero_point;
  const float high = static_cast<float>(quantization.highest()) - zero_point;
  double sum = 0.0;
  for (size_t bin = 0; bin < Histogram::kBins; ++bin) {
    if (histogram.count(bin) == 0) continue;
    const float value = histogram.value(bin);
    const float code = std::clamp(std::nearbyint(value / quantization.scale), low, high);
    const double error = value - code * quantization.scale;
    sum += static_cast<double>(histogram.count(bin)) * error * error;
  }
  return sum;
}

double RoundingError(const Histogram& histogram, const Quantization& quantization,
                     const ElementFunction& f) {
  std::vector<float> reals;
  for (int32_t code = quantization.lowest(); code <= quantization.highest(); ++code) {
    reals.push_back(quantization.scale * static_cast<float>(code - quantization.zero_point));
  }
  const std::vector<float> rounded = f(reals);
  std::vector<float> values(Histogram::kBins);
  for (size_t bin = 0; bin < Histogram::kBins; ++bin) values[bin] = histogram.value(bin);
  const std::vector<float> exact = f(values);
  const auto last = static_cast<float>(reals.size() - 1);
  const auto zero = static_cast<float>(quantization.zero_point - quantization.lowest());
  double sum = 0.0;
  for (size_t bin = 0; bin < Histogram::kBins; ++bin) {
    if (histogram.count(bin) == 0) continue;
    const float code =
        std::clamp(std::nearbyint(values[bin] / quantization.scale) + zero, 0.0f, last);
    const double error = exact[bin] - rounded[static_cast<size_t>(code)];
    sum += static_cast<double>(histogram.count(bin)) * error * error;
  }
  return sum;
}

namespace {

// `error` of each range that is tried within `whole`, whose ends are cut to no less than the given
// shares of them.
template <typename Error>
Quantization LeastError(const Range& whole, float smallest_low, const Error& error) {
  Quantization best = QuantizationOf(whole);
  double least = std::numeric_limits<double>::infinity();
  // One end that is zero has nothing to try.
  const int lows = whole.low < 0.0f ? kTried : 1;
  const int highs = whole.high > 0.0f ? kTried : 1;
  for (int low = 0; low < lows; ++low) {
    for (int high = 0; high < highs; ++high) {
      const Quantization tried = QuantizationOf({whole.low * TriedShare(low, smallest_low),
                                                 whole.high * TriedShare(high, kSmallestShare)});
      const double tried_error = error(tried);
      if (tried_error >= least) continue;
      least = tried_error;
      best = tried;
    }
  }
  return best;
}

}  // namespace

Quantization LeastErrorQuantization(std::span<const Histogram* const> histograms) {
  Range whole;
  for (const Histogram* histogram : histograms) whole.Include(histogram->range());
  return LeastError(whole, kSmallestShare, [&](const Quantization& tried) {
    double error = 0.0;
    for (const Histogram* histogram : histograms) error += RoundingError(*histogram, tried);
    return error;
  });
}

Quantization LeastErrorQuantization(const Histogram& histogram, const ElementFunction& f) {
  return LeastError(histogram.range(), 0.0f,
                    [&](const Quantization& tried) { return RoundingError(histogram, tried, f); });
}

}  // namespace tessera
