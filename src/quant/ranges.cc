#include "quant/ranges.h"

#include <cmath>
#include <limits>

namespace tessera {
namespace {

constexpr float kSteps = 255.0f;
// Ends are tried at these shares of the whole range; less was never better on real networks.
constexpr int kTried = 15;
constexpr float kSmallestShare = 0.5f;

float TriedShare(int i) {
  return 1.0f - (1.0f - kSmallestShare) * static_cast<float>(i) / (kTried - 1);
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

Quantization LeastErrorQuantization(std::span<const Histogram* const> histograms) {
  Range whole;
  for (const Histogram* histogram : histograms) whole.Include(histogram->range());
  Quantization best = QuantizationOf(whole);
  double least = std::numeric_limits<double>::infinity();
  // One end that is zero has nothing to try.
  const int lows = whole.low < 0.0f ? kTried : 1;
  const int highs = whole.high > 0.0f ? kTried : 1;
  for (int low = 0; low < lows; ++low) {
    for (int high = 0; high < highs; ++high) {
      const Quantization tried =
          QuantizationOf({whole.low * TriedShare(low), whole.high * TriedShare(high)});
      double error = 0.0;
      for (const Histogram* histogram : histograms) {
        error += RoundingError(*histogram, tried);
      }
      if (error >= least) continue;
      least = error;
      best = tried;
    }
  }
  return best;
}

}  // namespace tessera
