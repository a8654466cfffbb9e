#include "quant/equalize.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "quant/placement.h"

namespace tessera {
namespace {

// Scaling one pair by its weights changes what the pairs around it see, so all are gone over until
// they settle.
constexpr int kRounds = 20;
// Channels that hardly do anything are not blown up without bound.
constexpr double kLargestStep = 1024.0;
// Nor are slopes, which become their inverse when a channel is turned over.
constexpr float kSmallestTurned = 1.0f / 256.0f;

bool ScalesWithInput(const Operation& operation) {
  if (const auto* clip = std::get_if<Clip>(&operation)) {
    return clip->min == 0.0f && std::isinf(clip->max);
  }
  return std::holds_alternative<LeakyRelu>(operation) || std::holds_alternative<PRelu>(operation);
}

// The only reader of each value, or nothing when there are several.
std::vector<std::optional<size_t>> OnlyReaders(const Graph& graph) {
  std::vector<int> uses(graph.values.size(), 0);
  std::vector<std::optional<size_t>> reader(graph.values.size());
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    for (const ValueId id : graph.nodes[i].inputs) {
      if (id == kNoValue) continue;
      ++uses[static_cast<size_t>(id)];
      reader[static_cast<size_t>(id)] = i;
    }
  }
  ++uses[static_cast<size_t>(graph.output)];
  for (size_t i = 0; i < uses.size(); ++i) {
    if (uses[i] != 1) reader[i].reset();
  }
  return reader;
}

// The weights and bias of one convolution while they are changed.
struct Layer {
  const Conv* conv = nullptr;
  std::vector<float> weights;
  std::vector<float> bias;  // may be empty
  size_t outputs = 0;
  size_t inputs_per_group = 0;
  size_t taps = 0;

  Layer(const Graph& graph, const Node& node) : conv(&std::get<Conv>(node.operation)) {
    const Value& w = graph.value(node.inputs[1]);
    outputs = static_cast<size_t>(w.shape[0]);
    inputs_per_group = static_cast<size_t>(w.shape[1]);
    taps = static_cast<size_t>(w.shape[2] * w.shape[3]);
    weights = w.constant->floats;
    const bool has_bias = node.inputs.size() > 2 && node.inputs[2] != kNoValue;
    if (has_bias) bias = graph.value(node.inputs[2]).constant->floats;
  }

  // Calls f for every weight that writes output channel o.
  template <typename F>
  void ForOutput(size_t o, const F& f) {
    const size_t per_output = inputs_per_group * taps;
    for (size_t i = 0; i < per_output; ++i) f(weights[o * per_output + i]);
  }

  // Calls f for every weight that reads input channel `input`.
  template <typename F>
  void ForInput(size_t input, const F& f) {
    const size_t outputs_per_group = outputs / static_cast<size_t>(conv->groups);
    const size_t group = input / inputs_per_group;
    const size_t i = input % inputs_per_group;
    for (size_t o = group * outputs_per_group; o < (group + 1) * outputs_per_group; ++o) {
      for (size_t tap = 0; tap < taps; ++tap) {
        f(weights[(o * inputs_per_group + i) * taps + tap]);
      }
    }
  }
};

ValueId StoreFloats(Graph& graph, ValueId old, std::string name, std::vector<float> floats) {
  Value value = graph.value(old);
  value.name = std::move(name);
  value.constant = MakeConstant(std::move(floats));
  return graph.AddValue(std::move(value));
}

void StoreLayer(Graph& graph, Node& node, Layer layer) {
  node.inputs[1] =
      StoreFloats(graph, node.inputs[1], node.name + ".weights", std::move(layer.weights));
  if (layer.bias.empty()) return;
  node.inputs[2] = StoreFloats(graph, node.inputs[2], node.name + ".bias", std::move(layer.bias));
}

// The step of a channel whose ranges are r1 and r2.
double Step(double r1, double r2) {
  if (!(r1 > 0.0) || !(r2 > 0.0)) return 1.0;
  return std::clamp(std::sqrt(r1 / r2), 1.0 / kLargestStep, kLargestStep);
}

void Scale(Layer& first, Layer& second, size_t channel, double step) {
  first.ForOutput(channel, [&](float& w) { w = static_cast<float>(w / step); });
  second.ForInput(channel, [&](float& w) { w = static_cast<float>(w * step); });
  if (!first.bias.empty()) first.bias[channel] = static_cast<float>(first.bias[channel] / step);
}

// Turns the sign of a channel over, `slope` being how much of its negative values the activation
// between the layers lets through: PRelu(slope, x) = -slope * PRelu(1 / slope, -x).
// Returns what the activation is multiplied by.
float TurnOver(Layer& first, float& slope, Layer& second, size_t channel, Range& range) {
  first.ForOutput(channel, [](float& w) { w = -w; });
  if (!first.bias.empty()) first.bias[channel] = -first.bias[channel];
  second.ForInput(channel, [&](float& w) { w *= -slope; });
  slope = 1.0f / slope;
  range = {-range.high * slope, -range.low * slope};
  return -slope;
}

// The largest weight that reads a channel, each in proportion to the largest of its output.
std::vector<double> LargestProportions(Layer& layer, size_t channels) {
  Layer relative = layer;
  for (size_t o = 0; o < layer.outputs; ++o) {
    float largest = 0.0f;
    relative.ForOutput(o, [&](float w) { largest = std::max(largest, std::abs(w)); });
    if (largest > 0.0f) relative.ForOutput(o, [&](float& w) { w /= largest; });
  }
  std::vector<double> proportions(channels);
  for (size_t channel = 0; channel < channels; ++channel) {
    double& largest = proportions[channel];
    relative.ForInput(channel, [&](float w) { largest = std::max<double>(largest, std::abs(w)); });
  }
  return proportions;
}

// The layers of all pairs, which are stored back in the end.
class PairedLayers {
 public:
  explicit PairedLayers(Graph& graph)
      : graph_(graph), pairs_(FindConvolutionPairs(graph)), layers_(graph.nodes.size()) {
    for (const ConvolutionPair& pair : pairs_) {
      for (const size_t node : {pair.first, pair.second}) {
        if (!layers_[node]) layers_[node].emplace(graph, graph.nodes[node]);
      }
    }
  }

  const std::vector<ConvolutionPair>& pairs() const { return pairs_; }
  Layer& at(size_t node) { return *layers_[node]; }

  // How much of negative values the activation of a pair lets through, per channel. Nothing where
  // that cannot be changed channel by channel.
  std::optional<std::vector<float>> Slopes(const ConvolutionPair& pair) {
    const size_t channels = at(pair.first).outputs;
    if (pair.activation == pair.first) return std::vector<float>(channels, 1.0f);
    const Node& node = graph_.nodes[pair.activation];
    if (!std::holds_alternative<PRelu>(node.operation)) return std::nullopt;
    const Constant* constant = graph_.value(node.inputs[1]).constant.get();
    if (!constant) return std::nullopt;
    if (constant->floats.size() == channels) return constant->floats;
    return std::vector<float>(channels, constant->floats[0]);
  }

  void StoreSlopes(const ConvolutionPair& pair, std::vector<float> slopes) {
    if (pair.activation == pair.first) return;
    Node& node = graph_.nodes[pair.activation];
    const auto channels = static_cast<int64_t>(slopes.size());
    node.inputs[1] = StoreFloats(graph_, node.inputs[1], node.name + ".slopes", std::move(slopes));
    graph_.value(node.inputs[1]).shape = {1, channels, 1, 1};  // one for all becomes one for each
  }

  void Store() && {
    for (size_t i = 0; i < layers_.size(); ++i) {
      if (layers_[i]) StoreLayer(graph_, graph_.nodes[i], std::move(*layers_[i]));
    }
  }

 private:
  Graph& graph_;
  std::vector<ConvolutionPair> pairs_;
  std::vector<std::optional<Layer>> layers_;  // per node
};

// Turns over every channel of a pair that reaches further below zero than above.
void TurnOverWhatIsBelow(PairedLayers& layers, const ConvolutionPair& pair,
                         std::vector<Range>& channels, std::vector<float>& factors) {
  std::optional<std::vector<float>> slopes = layers.Slopes(pair);
  if (!slopes) return;
  for (size_t channel = 0; channel < slopes->size(); ++channel) {
    Range& range = channels[channel];
    float& slope = (*slopes)[channel];
    if (-range.low <= range.high || slope < kSmallestTurned) continue;
    factors[channel] *=
        TurnOver(layers.at(pair.first), slope, layers.at(pair.second), channel, range);
  }
  layers.StoreSlopes(pair, *std::move(slopes));
}

}  // namespace

std::vector<ConvolutionPair> FindConvolutionPairs(const Graph& graph) {
  const std::vector<std::optional<size_t>> reader = OnlyReaders(graph);
  const auto is_conv = [&](size_t node) {
    return std::holds_alternative<Conv>(graph.nodes[node].operation);
  };
  std::vector<ConvolutionPair> pairs;
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    if (!is_conv(i)) continue;
    std::optional<size_t> next = reader[static_cast<size_t>(graph.nodes[i].output)];
    size_t activation = i;
    if (next && ScalesWithInput(graph.nodes[*next].operation)) {
      activation = *next;
      next = reader[static_cast<size_t>(graph.nodes[*next].output)];
    }
    if (next && is_conv(*next)) pairs.push_back({i, activation, *next});
  }
  return pairs;
}

ChannelFactors EqualizeWeights(Graph& graph) {
  PairedLayers layers(graph);
  ChannelFactors factors(graph.nodes.size());
  for (int round = 0; round < kRounds; ++round) {
    for (const ConvolutionPair& pair : layers.pairs()) {
      Layer& first = layers.at(pair.first);
      Layer& second = layers.at(pair.second);
      std::vector<float>& multiplied = factors[pair.activation];
      multiplied.resize(first.outputs, 1.0f);
      for (size_t channel = 0; channel < first.outputs; ++channel) {
        float writes = 0.0f;
        float reads = 0.0f;
        first.ForOutput(channel, [&](float w) { writes = std::max(writes, std::abs(w)); });
        second.ForInput(channel, [&](float w) { reads = std::max(reads, std::abs(w)); });
        const double step = Step(writes, reads);
        Scale(first, second, channel, step);
        multiplied[channel] = static_cast<float>(multiplied[channel] / step);
      }
    }
  }
  std::move(layers).Store();
  return factors;
}

ChannelFactors EqualizeActivations(Graph& graph, std::vector<std::vector<Range>> ranges) {
  PairedLayers layers(graph);
  ChannelFactors factors(graph.nodes.size());
  for (const ConvolutionPair& pair : layers.pairs()) {
    std::vector<Range>& channels = ranges[pair.activation];
    std::vector<float>& multiplied = factors[pair.activation];
    multiplied.assign(channels.size(), 1.0f);
    TurnOverWhatIsBelow(layers, pair, channels, multiplied);
    Layer& first = layers.at(pair.first);
    Layer& second = layers.at(pair.second);
    const std::vector<double> reads = LargestProportions(second, first.outputs);
    for (size_t channel = 0; channel < first.outputs; ++channel) {
      const float magnitude = std::max(-channels[channel].low, channels[channel].high);
      const double step = Step(magnitude, reads[channel]);
      Scale(first, second, channel, step);
      multiplied[channel] = static_cast<float>(multiplied[channel] / step);
    }
  }
  std::move(layers).Store();
  return factors;
}

}  // namespace tessera
