#include "graph/track_quantization.h"

#include <algorithm>
#include <cmath>

namespace tessera {
namespace {

using Known = std::vector<std::optional<Quantization>>;

// True when every element of the output is an element of an input, or `extra`.
struct OnlyMoves {
  bool moves = false;
  std::optional<float> extra;
};

struct OnlyMovesOf {
  OnlyMoves operator()(const Transpose&) const { return {true, {}}; }
  OnlyMoves operator()(const DepthToSpace&) const { return {true, {}}; }
  OnlyMoves operator()(const Concat&) const { return {true, {}}; }
  OnlyMoves operator()(const Resize& resize) const {
    return {resize.mode == Resize::Mode::kNearest, {}};
  }
  OnlyMoves operator()(const Pad& pad) const {
    if (pad.mode != Pad::Mode::kConstant) return {true, {}};
    return {true, pad.value};
  }
  OnlyMoves operator()(const SpaceToDepth&) const { return {true, {}}; }
  OnlyMoves operator()(const SelectChannels&) const { return {true, {}}; }
  OnlyMoves operator()(const Reshape&) const { return {true, {}}; }
  OnlyMoves operator()(const Slice&) const { return {true, {}}; }
  OnlyMoves operator()(const Gather&) const { return {true, {}}; }
  OnlyMoves operator()(const Expand&) const { return {true, {}}; }
  OnlyMoves operator()(const Relayout&) const { return {true, {}}; }
  OnlyMoves operator()(const Pool& pool) const { return {pool.kind == Pool::Kind::kMax, {}}; }
  template <typename Operation>
  OnlyMoves operator()(const Operation&) const {
    return {};
  }
};

// The quantization that all inputs share.
std::optional<Quantization> OfInputs(const Node& node, const Known& known) {
  const std::optional<Quantization> first = known[static_cast<size_t>(node.inputs[0])];
  const bool same = std::all_of(node.inputs.begin(), node.inputs.end(), [&](ValueId id) {
    return known[static_cast<size_t>(id)] == first;
  });
  return same ? first : std::nullopt;
}

std::optional<Quantization> OfOutput(const Node& node, const Known& known) {
  if (const auto* fake = std::get_if<FakeQuantize>(&node.operation)) return fake->quantization;
  const OnlyMoves operation = std::visit(OnlyMovesOf(), node.operation);
  if (!operation.moves) return std::nullopt;
  const std::optional<Quantization> inherited = OfInputs(node, known);
  if (!inherited || !operation.extra) return inherited;
  const bool representable = FakeQuantized(*inherited, *operation.extra) == *operation.extra;
  return representable ? inherited : std::nullopt;
}

}  // namespace

float CodeOf(const Quantization& quantization, float x) {
  const auto low = static_cast<float>(quantization.lowest() - quantization.zero_point);
  const auto high = static_cast<float>(quantization.highest() - quantization.zero_point);
  return std::clamp(std::nearbyint(x / quantization.scale), low, high);
}

float FakeQuantized(const Quantization& quantization, float x) {
  return CodeOf(quantization, x) * quantization.scale;
}

std::vector<std::optional<Quantization>> TrackQuantization(const Graph& graph) {
  Known known(graph.values.size());
  for (const Node& node : graph.nodes) {
    known[static_cast<size_t>(node.output)] = OfOutput(node, known);
  }
  return known;
}

}  // namespace tessera
