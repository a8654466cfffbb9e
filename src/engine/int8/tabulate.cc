#include "engine/int8/tabulate.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "engine/int8/code_tensor.h"
#include "graph/arithmetic.h"

namespace tessera::int8 {
namespace {

// A region of elementwise nodes is a handful; a longer one is not worth following.
constexpr int kMaxDepth = 16;

// What a value is for each code of the input, for one channel or for each.
using Samples = std::vector<float>;  // 256 * channels, channels outermost

class Tabulator {
 public:
  Tabulator(const Graph& graph, const std::vector<std::optional<Quantization>>& quantization)
      : graph_(graph), quantization_(quantization) {
    for (const Node& node : graph.nodes) producer_[node.output] = &node;
  }

  ValueId input() const { return input_; }

  // Empty when the value cannot be tabulated.
  Samples Evaluate(ValueId value, int depth) {
    const Value& known = graph_.value(value);
    if (known.constant) return Spread(known.constant->floats);
    if (quantization_[static_cast<size_t>(value)]) return Codes(value);
    const auto found = producer_.find(value);
    if (found == producer_.end() || depth > kMaxDepth) return {};
    return Run(*found->second, depth);
  }

 private:
  static Samples Spread(const std::vector<float>& per_channel) {
    Samples samples;
    for (const float element : per_channel) samples.insert(samples.end(), 256, element);
    return samples;
  }

  Samples Codes(ValueId value) {
    if (input_ != kNoValue && input_ != value) return {};
    input_ = value;
    const Quantization& quantization = *quantization_[static_cast<size_t>(value)];
    Samples samples;
    for (int32_t code = quantization.lowest(); code <= quantization.highest(); ++code) {
      samples.push_back(quantization.scale * static_cast<float>(code - quantization.zero_point));
    }
    return samples;
  }

  Samples Run(const Node& node, int depth) {
    Samples a = Evaluate(node.inputs[0], depth + 1);
    if (a.empty()) return {};
    if (const auto* clip = std::get_if<Clip>(&node.operation)) {
      for (float& x : a) x = std::clamp(x, clip->min, clip->max);
      return a;
    }
    if (const auto* leaky = std::get_if<LeakyRelu>(&node.operation)) {
      for (float& x : a) x = x < 0.0f ? x * leaky->alpha : x;
      return a;
    }
    if (const auto* unary = std::get_if<Unary>(&node.operation)) {
      for (float& x : a) x = static_cast<float>(Apply(*unary, static_cast<double>(x)));
      return a;
    }
    const bool is_prelu = std::holds_alternative<PRelu>(node.operation);
    const auto* binary = std::get_if<Binary>(&node.operation);
    if (!is_prelu && !binary) return {};
    Samples b = Evaluate(node.inputs[1], depth + 1);
    if (b.empty()) return {};
    const size_t count = std::max(a.size(), b.size());
    if (count % a.size() != 0 || count % b.size() != 0) return {};
    Samples y(count);
    for (size_t i = 0; i < count; ++i) {
      const float p = a[i % a.size()];
      const float q = b[i % b.size()];
      y[i] = is_prelu ? (p < 0.0f ? p * q : p) : Apply(binary->kind, p, q);
    }
    return y;
  }

  const Graph& graph_;
  const std::vector<std::optional<Quantization>>& quantization_;
  std::map<ValueId, const Node*> producer_;
  ValueId input_ = kNoValue;
};

}  // namespace

std::optional<Tabulation> Tabulate(const Graph& graph,
                                   const std::vector<std::optional<Quantization>>& quantization,
                                   ValueId value, const Quantization& output) {
  Tabulator tabulator(graph, quantization);
  const Samples samples = tabulator.Evaluate(value, 0);
  if (samples.empty() || tabulator.input() == kNoValue) return std::nullopt;
  // A wider tensor than the input would be a broadcast, not a function of each element.
  if (graph.value(tabulator.input()).shape != graph.value(value).shape) return std::nullopt;
  Tabulation tabulation;
  tabulation.input = tabulator.input();
  for (const float x : samples) tabulation.tables.push_back(ByteOf(output, x));
  return tabulation;
}

}  // namespace tessera::int8
