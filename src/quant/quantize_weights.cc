#include "quant/quantize_weights.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <utility>

namespace tessera {
namespace {

constexpr int kTried = 21;
constexpr float kSmallestShare = 0.8f;
// No channel's scale is smaller than this share of the layer's largest: the bias is counted in
// steps of the scale, and must fit 32 bits.
constexpr float kSmallestScale = 1e-6f;

float LargestMagnitude(std::span<const float> weights) {
  float largest = 0.0f;
  for (const float weight : weights) largest = std::max(largest, std::abs(weight));
  return largest;
}

float CodeOf(float weight, float scale, float limit) {
  return std::clamp(std::nearbyint(weight / scale), -limit, limit);
}

double SquaredError(std::span<const float> weights, float scale, float limit) {
  double sum = 0.0;
  for (const float weight : weights) {
    const double error = weight - CodeOf(weight, scale, limit) * scale;
    sum += error * error;
  }
  return sum;
}

float BestScale(std::span<const float> weights, float limit, float smallest) {
  const float whole = std::max(LargestMagnitude(weights) / limit, smallest);
  float best = whole;
  double least = std::numeric_limits<double>::infinity();
  for (int i = 0; i < kTried; ++i) {
    const float share = 1.0f - (1.0f - kSmallestShare) * static_cast<float>(i) / (kTried - 1);
    const float scale = std::max(whole * share, smallest);
    const double error = SquaredError(weights, scale, limit);
    if (error >= least) continue;
    least = error;
    best = scale;
  }
  return best;
}

}  // namespace

QuantizedWeights QuantizeWeights(std::span<const float> weights, size_t outputs, int32_t limit) {
  const auto highest = static_cast<float>(limit);
  const float largest = LargestMagnitude(weights) / highest;
  const float smallest =
      largest > 0.0f ? std::max(largest * kSmallestScale, std::numeric_limits<float>::min()) : 1.0f;
  const size_t per_output = weights.size() / outputs;
  QuantizedWeights result;
  result.codes.reserve(weights.size());
  for (size_t o = 0; o < outputs; ++o) {
    const auto channel = weights.subspan(o * per_output, per_output);
    const float scale = BestScale(channel, highest, smallest);
    result.scales.push_back(scale);
    for (const float weight : channel) {
      result.codes.push_back(static_cast<int8_t>(CodeOf(weight, scale, highest)));
    }
  }
  return result;
}

std::vector<float> Dequantize(const QuantizedWeights& weights) {
  const size_t per_scale = weights.codes.size() / weights.scales.size();
  std::vector<float> floats;
  floats.reserve(weights.codes.size());
  for (size_t i = 0; i < weights.codes.size(); ++i) {
    floats.push_back(static_cast<float>(weights.codes[i]) * weights.scales[i / per_scale]);
  }
  return floats;
}

std::shared_ptr<const Constant> MakeQuantizedConstant(QuantizedWeights weights) {
  std::vector<float> floats = Dequantize(weights);
  return std::make_shared<const Constant>(Constant{std::move(floats), {}, std::move(weights)});
}

void QuantizeConvolutionWeights(Graph& graph, int64_t bits) {
  for (Node& node : graph.nodes) {
    if (!std::holds_alternative<Conv>(node.operation)) continue;
    Value value = graph.value(node.inputs[1]);
    value.constant = MakeQuantizedConstant(QuantizeWeights(
        value.constant->floats, static_cast<size_t>(value.shape[0]), LargestCode(bits)));
    value.name = node.name + ".weights";
    node.inputs[1] = graph.AddValue(std::move(value));
  }
}

}  // namespace tessera
