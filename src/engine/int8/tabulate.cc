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

constexpr size_t kCodes = 256;

class Evaluator {
 public:
  Evaluator(const Graph& graph, const std::vector<Leaf>& leaves)
      : graph_(graph), leaves_(leaves), count_(leaves[0].samples.size()) {
    for (const Node& node : graph.nodes) producer_[node.output] = &node;
  }

  // Empty when the value cannot be evaluated.
  Samples Evaluate(ValueId value, int depth) {
    for (const Leaf& leaf : leaves_) {
      if (leaf.value == value) return leaf.samples;
    }
    const Value& known = graph_.value(value);
    if (known.constant) return Spread(known.constant->floats);
    const auto found = producer_.find(value);
    if (found == producer_.end() || depth > kMaxDepth) return {};
    return Run(*found->second, depth);
  }

 private:
  Samples Spread(const std::vector<float>& per_channel) const {
    Samples samples;
    for (const float element : per_channel) samples.insert(samples.end(), count_, element);
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
  const std::vector<Leaf>& leaves_;
  size_t count_;
  std::map<ValueId, const Node*> producer_;
};

// Nodes whose every output element depends on the elements at the same place alone.
bool IsElementwise(const Node& node) {
  return std::holds_alternative<Clip>(node.operation) ||
         std::holds_alternative<LeakyRelu>(node.operation) ||
         std::holds_alternative<PRelu>(node.operation) ||
         std::holds_alternative<Binary>(node.operation) ||
         std::holds_alternative<Unary>(node.operation);
}

// Finds the values of codes that elementwise nodes start from.
class LeafFinder {
 public:
  LeafFinder(const Graph& graph, const Tracked& tracked) : graph_(graph), tracked_(tracked) {
    for (const Node& node : graph.nodes) producer_[node.output] = &node;
  }

  const std::vector<ValueId>& leaves() const { return leaves_; }

  // False when there is something else.
  bool Find(ValueId value, int depth = 0) {
    if (graph_.value(value).constant) return true;
    if (tracked_[static_cast<size_t>(value)]) {
      const bool known = std::find(leaves_.begin(), leaves_.end(), value) != leaves_.end();
      if (!known) leaves_.push_back(value);
      return true;
    }
    const auto found = producer_.find(value);
    if (found == producer_.end() || depth > kMaxDepth || !IsElementwise(*found->second)) {
      return false;
    }
    return std::all_of(found->second->inputs.begin(), found->second->inputs.end(),
                       [&](ValueId id) { return id == kNoValue || Find(id, depth + 1); });
  }

 private:
  const Graph& graph_;
  const Tracked& tracked_;
  std::map<ValueId, const Node*> producer_;
  std::vector<ValueId> leaves_;
};

// What each code stands for, `each` times, all of it `times` times.
Samples Reals(const Quantization& quantization, size_t each, size_t times) {
  Samples samples;
  for (size_t time = 0; time < times; ++time) {
    for (int32_t code = quantization.lowest(); code <= quantization.highest(); ++code) {
      const float real = quantization.scale * static_cast<float>(code - quantization.zero_point);
      samples.insert(samples.end(), each, real);
    }
  }
  return samples;
}

std::vector<uint8_t> Quantized(const Samples& samples, const Quantization& output) {
  std::vector<uint8_t> codes;
  codes.reserve(samples.size());
  for (const float x : samples) codes.push_back(ByteOf(output, x));
  return codes;
}

bool Broadcasts(const Shape& from, const Shape& to) {
  for (size_t axis = 1; axis < 4; ++axis) {
    if (from[axis] != to[axis] && from[axis] != 1) return false;
  }
  return true;
}

}  // namespace

Samples EvaluateElementwise(const Graph& graph, const std::vector<Leaf>& leaves, ValueId value) {
  return Evaluator(graph, leaves).Evaluate(value, 0);
}

std::optional<Tabulation> Tabulate(const Graph& graph, const Tracked& tracked, ValueId value,
                                   const Quantization& output) {
  LeafFinder finder(graph, tracked);
  if (!finder.Find(value) || finder.leaves().size() != 1) return std::nullopt;
  const ValueId input = finder.leaves()[0];
  // A wider tensor than the input would be a broadcast, not a function of each element.
  if (graph.value(input).shape != graph.value(value).shape) return std::nullopt;
  const Quantization& codes = *tracked[static_cast<size_t>(input)];
  const Samples samples = EvaluateElementwise(graph, {{input, Reals(codes, 1, 1)}}, value);
  if (samples.empty()) return std::nullopt;
  return Tabulation{input, Quantized(samples, output)};
}

std::optional<PairTabulation> TabulatePair(const Graph& graph, const Tracked& tracked,
                                           ValueId value, const Quantization& output) {
  LeafFinder finder(graph, tracked);
  if (!finder.Find(value) || finder.leaves().size() != 2) return std::nullopt;
  const ValueId a = finder.leaves()[0];
  const ValueId b = finder.leaves()[1];
  const Shape& shape = graph.value(value).shape;
  if (!Broadcasts(graph.value(a).shape, shape) || !Broadcasts(graph.value(b).shape, shape)) {
    return std::nullopt;
  }
  const Samples samples =
      EvaluateElementwise(graph,
                          {{a, Reals(*tracked[static_cast<size_t>(a)], kCodes, 1)},
                           {b, Reals(*tracked[static_cast<size_t>(b)], 1, kCodes)}},
                          value);
  // More would be a table for each channel.
  if (samples.size() != kCodes * kCodes) return std::nullopt;
  return PairTabulation{a, b, Quantized(samples, output)};
}

}  // namespace tessera::int8
