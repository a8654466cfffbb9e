#include "graph/channel_means.h"

#include <cmath>
#include <vector>

namespace tessera {
namespace {

constexpr size_t kColors = 3;
// A shift comes within the first few nodes, after a Transpose or a division.
constexpr size_t kNodesToLookAt = 4;

using Means = std::array<float, kColors>;

const std::vector<float>* ThreeFloats(const Graph& graph, ValueId id) {
  if (id == kNoValue || !graph.value(id).constant) return nullptr;
  const std::vector<float>& floats = graph.value(id).constant->floats;
  return floats.size() == kColors ? &floats : nullptr;
}

std::optional<Means> OfBinary(const Graph& graph, const Node& node, Binary::Kind kind) {
  const std::vector<float>* constant = ThreeFloats(graph, node.inputs[1]);
  if (!constant || (kind != Binary::Kind::kSub && kind != Binary::Kind::kAdd)) return std::nullopt;
  const float sign = kind == Binary::Kind::kSub ? 1.0f : -1.0f;
  return Means{sign * (*constant)[0], sign * (*constant)[1], sign * (*constant)[2]};
}

// EDSR's MeanShift: a 1x1 convolution that only scales each channel and adds a bias.
std::optional<Means> OfConv(const Graph& graph, const Node& node) {
  const Value& weights = graph.value(node.inputs[1]);
  if (weights.shape != Shape{3, 3, 1, 1} || node.inputs.size() < 3) return std::nullopt;
  const std::vector<float>* bias = ThreeFloats(graph, node.inputs[2]);
  if (!weights.constant || !bias) return std::nullopt;
  Means means;
  for (size_t i = 0; i < kColors; ++i) {
    for (size_t j = 0; j < kColors; ++j) {
      const float weight = weights.constant->floats[i * kColors + j];
      if ((i == j) != (weight != 0.0f)) return std::nullopt;
    }
    means[i] = -(*bias)[i] / weights.constant->floats[i * kColors + i];
  }
  return means;
}

}  // namespace

std::optional<Means> ChannelMeansOf(const Graph& graph) {
  ValueId at = graph.input;
  for (size_t i = 0; i < graph.nodes.size() && i < kNodesToLookAt; ++i) {
    const Node& node = graph.nodes[i];
    if (node.inputs.empty() || node.inputs[0] != at) continue;
    at = node.output;
    std::optional<Means> means;
    if (const auto* binary = std::get_if<Binary>(&node.operation)) {
      means = OfBinary(graph, node, binary->kind);
    } else if (std::holds_alternative<Conv>(node.operation)) {
      means = OfConv(graph, node);
      if (!means) return std::nullopt;
    }
    if (means) return means;
  }
  return std::nullopt;
}

std::optional<Color> OrderOfMeans(const Means& means) {
  // Green and blue over red: of DIV2K and of ImageNet.
  constexpr std::array<std::array<float, 2>, 2> kKnown = {
      {{0.4371f / 0.4488f, 0.4040f / 0.4488f}, {116.779f / 123.68f, 103.939f / 123.68f}}};
  constexpr float kNear = 0.015f;
  const auto fits = [&](float red, float green, float blue) {
    for (const auto& known : kKnown) {
      if (red > 0.0f && std::abs(green / red - known[0]) < kNear &&
          std::abs(blue / red - known[1]) < kNear) {
        return true;
      }
    }
    return false;
  };
  if (fits(means[0], means[1], means[2])) return Color::kRgb;
  if (fits(means[2], means[1], means[0])) return Color::kBgr;
  return std::nullopt;
}

}  // namespace tessera
