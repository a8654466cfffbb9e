#include <algorithm>
#include <cmath>
#include <optional>

#include "graph/passes.h"
#include "graph/passes/uses.h"
#include "graph/rational.h"
#include "graph/resize_phases.h"

namespace tessera {
namespace {

// Weights become the square of it as many.
constexpr int64_t kMostRepeats = 4;

// How often the Resize repeats every pixel in each direction, when that is all it does.
std::optional<int64_t> Repeats(const Resize& resize) {
  const auto align_corners = Resize::Coordinates::kAlignCorners;
  if (resize.mode != Resize::Mode::kNearest || resize.coordinates == align_corners) return {};
  const std::optional<Rational> factor = ScaleToRational(resize.scale[0]);
  if (!factor || !factor->IsWhole() || resize.scale[0] != resize.scale[1]) return {};
  for (const ResizePhase& phase : ResizePhases(resize, *factor)) {
    if (phase.first != 0) return {};
  }
  return factor->numerator();
}

// The zeros before an axis, when the output is as long as the input.
std::optional<int64_t> PadBefore(const Conv& conv, size_t axis) {
  const int64_t reach = conv.kernel[axis] - 1;
  switch (conv.auto_pad) {
    case Conv::AutoPad::kSameUpper:
      return reach / 2;
    case Conv::AutoPad::kSameLower:
      return reach - reach / 2;
    case Conv::AutoPad::kExplicit:
      if (conv.pads_begin[axis] + conv.pads_end[axis] == reach) return conv.pads_begin[axis];
      break;
    case Conv::AutoPad::kValid:
      if (reach == 0) return 0;
      break;
  }
  return {};
}

// One axis of a convolution over pixels that are repeated `repeats` times, as seen from before the
// repetition.
struct MergedAxis {
  int64_t repeats = 1;
  int64_t pad = 0;     // of the convolution
  int64_t before = 0;  // pixels that the merged kernel sees before its own and after it
  int64_t after = 0;

  MergedAxis(int64_t kernel, int64_t pad_before, int64_t repeated)
      : repeats(repeated),
        pad(pad_before),
        before(-Rational(-pad, repeats).Floor()),
        after(Rational(repeats - 1 + kernel - 1 - pad, repeats).Floor()) {}

  int64_t kernel() const { return before + 1 + after; }
  // The merged kernel's tap that holds the pixel which `tap` sees from the p-th repetition.
  int64_t Tap(int64_t p, int64_t tap) const {
    return Rational(p + tap - pad, repeats).Floor() + before;
  }
};

struct MergedKernel {
  MergedAxis rows;
  MergedAxis columns;

  // OIHW to (O * repeats * repeats)IHW: outputs in DepthToSpace's kCrd order. Taps that see the
  // same pixel add up.
  std::vector<float> Weights(const Value& weights) const {
    const Shape& shape = weights.shape;
    const std::vector<float>& from = weights.constant->floats;
    const int64_t repeats = rows.repeats;
    const int64_t area = rows.kernel() * columns.kernel();
    std::vector<double> sums(static_cast<size_t>(shape[0] * repeats * repeats * shape[1] * area));
    size_t source = 0;
    for (int64_t o = 0; o < shape[0]; ++o) {
      for (int64_t i = 0; i < shape[1]; ++i) {
        for (int64_t y = 0; y < shape[2]; ++y) {
          for (int64_t x = 0; x < shape[3]; ++x, ++source) {
            for (int64_t p = 0; p < repeats * repeats; ++p) {
              const int64_t row = rows.Tap(p / repeats, y);
              const int64_t column = columns.Tap(p % repeats, x);
              const int64_t output = o * repeats * repeats + p;
              sums[static_cast<size_t>((output * shape[1] + i) * area + row * columns.kernel() +
                                       column)] += static_cast<double>(from[source]);
            }
          }
        }
      }
    }
    return {sums.begin(), sums.end()};
  }
};

std::vector<float> Repeated(const std::vector<float>& elements, int64_t times) {
  std::vector<float> repeated;
  for (const float element : elements) {
    repeated.insert(repeated.end(), static_cast<size_t>(times), element);
  }
  return repeated;
}

ValueId AddConstant(Graph& graph, std::string name, Shape shape, std::vector<float> elements) {
  Value value;
  value.name = std::move(name);
  value.shape = std::move(shape);
  value.constant = MakeConstant(std::move(elements));
  return graph.AddValue(std::move(value));
}

std::optional<MergedKernel> Merge(const Graph& graph, const Conv& conv, const Node& node,
                                  const Resize& resize) {
  constexpr std::array<int64_t, 2> kOne = {1, 1};
  // Sums of 8-bit codes are no 8-bit codes.
  const bool quantized = graph.value(node.inputs[1]).constant->quantized.has_value();
  if (conv.stride != kOne || conv.dilation != kOne || conv.groups != 1 || quantized) return {};
  const std::optional<int64_t> repeats = Repeats(resize);
  const std::optional<int64_t> top = PadBefore(conv, 0);
  const std::optional<int64_t> left = PadBefore(conv, 1);
  if (!repeats || *repeats < 2 || *repeats > kMostRepeats || !top || !left) return {};
  return MergedKernel{MergedAxis(conv.kernel[0], *top, *repeats),
                      MergedAxis(conv.kernel[1], *left, *repeats)};
}

// The nodes that compute what resize and then conv did.
void Emit(Graph& graph, const Node& resize, const Node& node, const MergedKernel& merged,
          std::vector<Node>& nodes) {
  Conv conv = std::get<Conv>(node.operation);
  const int64_t repeats = merged.rows.repeats;
  const Value& weights = graph.value(node.inputs[1]);
  const int64_t outputs = weights.shape[0] * repeats * repeats;
  conv.kernel = {merged.rows.kernel(), merged.columns.kernel()};
  conv.auto_pad = Conv::AutoPad::kExplicit;
  conv.pads_begin = {merged.rows.before, merged.columns.before};
  conv.pads_end = {merged.rows.after, merged.columns.after};

  std::vector<float> kernel = merged.Weights(weights);
  std::vector<ValueId> inputs = {resize.inputs[0]};
  inputs.push_back(AddConstant(graph, node.name + ".merged_weight",
                               {outputs, weights.shape[1], conv.kernel[0], conv.kernel[1]},
                               std::move(kernel)));
  if (node.inputs.size() > 2 && node.inputs[2] != kNoValue) {
    std::vector<float> bias =
        Repeated(graph.value(node.inputs[2]).constant->floats, repeats * repeats);
    inputs.push_back(AddConstant(graph, node.name + ".merged_bias", {outputs}, std::move(bias)));
  }
  Value small;
  small.name = node.name + ".merged";
  small.shape = graph.value(resize.inputs[0]).shape;
  small.shape[1] = outputs;
  const ValueId output = graph.AddValue(std::move(small));
  nodes.push_back({node.name, conv, std::move(inputs), output});
  nodes.push_back(
      {resize.name, DepthToSpace{repeats, DepthToSpace::Order::kCrd}, {output}, node.output});
}

}  // namespace

Status MergeUpsampling(Graph& graph) {
  const std::vector<int> uses = CountUses(graph);
  std::vector<const Node*> resizes(graph.values.size(), nullptr);
  std::vector<Node> nodes;
  for (const Node& node : graph.nodes) {
    if (std::holds_alternative<Resize>(node.operation) &&
        uses[static_cast<size_t>(node.output)] == 1) {
      resizes[static_cast<size_t>(node.output)] = &node;
    }
    const auto* conv = std::get_if<Conv>(&node.operation);
    const Node* resize = conv ? resizes[static_cast<size_t>(node.inputs[0])] : nullptr;
    const std::optional<MergedKernel> merged =
        resize ? Merge(graph, *conv, node, std::get<Resize>(resize->operation)) : std::nullopt;
    if (merged) {
      Emit(graph, *resize, node, *merged, nodes);
    } else {
      nodes.push_back(node);
    }
  }
  graph.nodes = std::move(nodes);
  return RemoveDeadNodes(graph);
}

}  // namespace tessera
