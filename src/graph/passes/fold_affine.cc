#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "graph/passes.h"
#include "graph/passes/uses.h"

namespace tessera {
namespace {

// y = factor * x + offset with one element, or one per channel, in each.
struct Affine {
  ValueId x = kNoValue;
  std::vector<double> factor = {1.0};
  std::vector<double> offset = {0.0};

  size_t Channels() const { return std::max(factor.size(), offset.size()); }
  double Factor(size_t channel) const { return factor[factor.size() == 1 ? 0 : channel]; }
  double Offset(size_t channel) const { return offset[offset.size() == 1 ? 0 : channel]; }
};

// The node as x * factor + offset, if it is arithmetic between a tensor and a constant.
std::optional<Affine> AsAffine(const Graph& graph, const Node& node) {
  const auto* binary = std::get_if<Binary>(&node.operation);
  if (!binary) return std::nullopt;
  const bool constant_first = graph.value(node.inputs[0]).constant != nullptr;
  const Value& constant = graph.value(node.inputs[constant_first ? 0 : 1]);
  if (!constant.constant) return std::nullopt;
  const std::vector<float>& floats = constant.constant->floats;
  std::vector<double> elements(floats.begin(), floats.end());

  Affine affine;
  affine.x = node.inputs[constant_first ? 1 : 0];
  switch (binary->kind) {
    case Binary::Kind::kAdd:
      affine.offset = std::move(elements);
      return affine;
    case Binary::Kind::kSub:
      if (constant_first) {
        affine.factor = {-1.0};
      } else {
        for (double& element : elements) element = -element;
      }
      affine.offset = std::move(elements);
      return affine;
    case Binary::Kind::kMul:
      affine.factor = std::move(elements);
      return affine;
    case Binary::Kind::kDiv:
      if (constant_first) return std::nullopt;
      for (double& element : elements) element = 1.0 / element;
      affine.factor = std::move(elements);
      return affine;
    default:
      return std::nullopt;
  }
  return std::nullopt;
}

bool AllFinite(const std::vector<float>& elements) {
  for (const float element : elements) {
    if (!std::isfinite(element)) return false;
  }
  return true;
}

// A convolution's parameters in a form that can be changed: constants may be shared between nodes,
// so a change always makes new ones.
struct Parameters {
  std::vector<float> weights;
  std::optional<QuantizedWeights> quantized;
  std::vector<float> bias;  // zeros when the node has none
  size_t outputs = 0;
  size_t inputs_per_group = 0;
  size_t taps = 0;

  Parameters(const Graph& graph, const Node& conv) {
    const Value& w = graph.value(conv.inputs[1]);
    outputs = static_cast<size_t>(w.shape[0]);
    inputs_per_group = static_cast<size_t>(w.shape[1]);
    taps = static_cast<size_t>(w.shape[2] * w.shape[3]);
    weights = w.constant->floats;
    quantized = w.constant->quantized;
    bias.assign(outputs, 0.0f);
    if (conv.inputs.size() > 2) bias = graph.value(conv.inputs[2]).constant->floats;
  }

  bool Store(Graph& graph, Node& conv) && {
    if (!AllFinite(weights) || !AllFinite(bias)) return false;
    Value w;
    w.name = graph.value(conv.inputs[1]).name;
    w.shape = graph.value(conv.inputs[1]).shape;
    w.constant =
        std::make_shared<const Constant>(Constant{std::move(weights), {}, std::move(quantized)});
    Value b;
    b.name = conv.inputs.size() > 2 ? graph.value(conv.inputs[2]).name : conv.name + ".bias";
    b.shape = {static_cast<int64_t>(outputs)};
    b.constant = MakeConstant(std::move(bias));
    conv.inputs = {conv.inputs[0], graph.AddValue(std::move(w)), graph.AddValue(std::move(b))};
    return true;
  }
};

bool HasNoActivation(const Conv& conv) { return std::isinf(conv.min) && std::isinf(conv.max); }

bool HasNoPadding(const Conv& conv) {
  if (conv.auto_pad == Conv::AutoPad::kValid) return true;
  constexpr std::array<int64_t, 2> kNone = {0, 0};
  return conv.auto_pad == Conv::AutoPad::kExplicit && conv.pads_begin == kNone &&
         conv.pads_end == kNone;
}

// Multiplies the weights of each output channel, by its scale, so that they remain 8-bit codes.
// False when they cannot: codes have no -(-128), and scales are positive.
bool MultiplyCodes(Parameters& parameters, const Affine& affine) {
  QuantizedWeights& quantized = *parameters.quantized;
  if (quantized.scales.size() == 1)
    quantized.scales.resize(parameters.outputs, quantized.scales[0]);
  const size_t per_output = parameters.inputs_per_group * parameters.taps;
  for (size_t o = 0; o < parameters.outputs; ++o) {
    const double factor = affine.Factor(o);
    float& scale = quantized.scales[o];
    scale = static_cast<float>(scale * std::abs(factor));
    if (!(scale > 0.0f) || !std::isfinite(scale)) return false;
    for (size_t i = o * per_output; i < (o + 1) * per_output; ++i) {
      int8_t& code = quantized.codes[i];
      if (factor < 0.0) {
        if (code == INT8_MIN) return false;
        code = static_cast<int8_t>(-code);
      }
      parameters.weights[i] = static_cast<float>(code) * scale;
    }
  }
  return true;
}

void MultiplyFloats(Parameters& parameters, const Affine& affine) {
  const size_t per_output = parameters.inputs_per_group * parameters.taps;
  for (size_t o = 0; o < parameters.outputs; ++o) {
    for (size_t i = o * per_output; i < (o + 1) * per_output; ++i) {
      float& weight = parameters.weights[i];
      weight = static_cast<float>(weight * affine.Factor(o));
    }
  }
}

// True when the affine changes no weights: then they keep their codes and even their one scale.
bool OnlyAdds(const Affine& affine) {
  return std::all_of(affine.factor.begin(), affine.factor.end(),
                     [](double factor) { return factor == 1.0; });
}

// conv then affine: scales each output channel's weights. False when it cannot be done.
bool FoldIntoPrevious(Graph& graph, Node& conv, const Affine& affine) {
  if (!HasNoActivation(std::get<Conv>(conv.operation))) return false;
  Parameters parameters(graph, conv);
  if (affine.Channels() != 1 && affine.Channels() != parameters.outputs) return false;
  if (!OnlyAdds(affine)) {
    if (!parameters.quantized) {
      MultiplyFloats(parameters, affine);
    } else if (!MultiplyCodes(parameters, affine)) {
      return false;
    }
  }
  for (size_t o = 0; o < parameters.outputs; ++o) {
    float& bias = parameters.bias[o];
    bias = static_cast<float>(bias * affine.Factor(o) + affine.Offset(o));
  }
  return std::move(parameters).Store(graph, conv);
}

// affine then conv without padding: scales each input channel's weights; the offset adds up to a
// bias.
bool FoldIntoNext(Graph& graph, Node& node, const Affine& affine) {
  const Conv& conv = std::get<Conv>(node.operation);
  if (!HasNoPadding(conv)) return false;
  Parameters parameters(graph, node);
  // Codes have one scale per output channel, so that input channels cannot be multiplied.
  if (parameters.quantized) return false;
  const size_t groups = static_cast<size_t>(conv.groups);
  const auto channels = static_cast<int64_t>(parameters.inputs_per_group * groups);
  // An operand with more channels than the tensor widens it: that is not per-channel arithmetic.
  if (graph.value(affine.x).shape[1] != channels) return false;
  const size_t outputs_per_group = parameters.outputs / groups;
  for (size_t o = 0; o < parameters.outputs; ++o) {
    const size_t first_input = o / outputs_per_group * parameters.inputs_per_group;
    double bias = parameters.bias[o];
    for (size_t i = 0; i < parameters.inputs_per_group; ++i) {
      for (size_t tap = 0; tap < parameters.taps; ++tap) {
        float& weight =
            parameters.weights[(o * parameters.inputs_per_group + i) * parameters.taps + tap];
        bias += weight * affine.Offset(first_input + i);
        weight = static_cast<float>(weight * affine.Factor(first_input + i));
      }
    }
    parameters.bias[o] = static_cast<float>(bias);
  }
  return std::move(parameters).Store(graph, node);
}

constexpr size_t kNoNode = SIZE_MAX;

class AffineFolder {
 public:
  explicit AffineFolder(Graph& graph)
      : graph_(graph),
        uses_(CountUses(graph)),
        producer_(graph.values.size(), kNoNode),
        removed_(graph.nodes.size(), false) {}

  void Fold() {
    for (size_t i = 0; i < graph_.nodes.size(); ++i) {
      if (std::holds_alternative<Conv>(graph_.nodes[i].operation)) AbsorbBefore(graph_.nodes[i]);
      if (!MergeIntoPrevious(i)) producer_[static_cast<size_t>(graph_.nodes[i].output)] = i;
    }
    EraseNodes(graph_, removed_);
  }

 private:
  size_t ProducerOf(ValueId id) const {
    const auto index = static_cast<size_t>(id);
    // Constants that folding has added come after the values that existed at the start.
    return index < producer_.size() ? producer_[index] : kNoNode;
  }

  bool MergeIntoPrevious(size_t index) {
    const Node& node = graph_.nodes[index];
    const auto affine = AsAffine(graph_, node);
    if (!affine || uses_[static_cast<size_t>(affine->x)] != 1) return false;
    const size_t previous = ProducerOf(affine->x);
    if (previous == kNoNode) return false;
    Node& conv = graph_.nodes[previous];
    if (!std::holds_alternative<Conv>(conv.operation)) return false;
    const ValueId output = node.output;
    if (!FoldIntoPrevious(graph_, conv, *affine)) return false;
    conv.output = output;
    producer_[static_cast<size_t>(output)] = previous;
    removed_[index] = true;
    return true;
  }

  void AbsorbBefore(Node& conv) {
    for (;;) {
      const size_t previous = ProducerOf(conv.inputs[0]);
      if (previous == kNoNode || uses_[static_cast<size_t>(conv.inputs[0])] != 1) return;
      const auto affine = AsAffine(graph_, graph_.nodes[previous]);
      if (!affine || !FoldIntoNext(graph_, conv, *affine)) return;
      conv.inputs[0] = affine->x;
      removed_[previous] = true;
    }
  }

  Graph& graph_;
  std::vector<int> uses_;
  std::vector<size_t> producer_;  // per value: the index of its node
  std::vector<bool> removed_;     // per node
};

}  // namespace

Status FoldAffine(Graph& graph) {
  AffineFolder(graph).Fold();
  return Status::Ok();
}

}  // namespace tessera
