#include "engine/int8/lower.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/int8/code_steps.h"
#include "engine/int8/conv_steps.h"
#include "engine/int8/sum_steps.h"
#include "engine/int8/tabulate.h"
#include "graph/passes/uses.h"
#include "graph/rational.h"
#include "graph/resize_phases.h"
#include "graph/track_quantization.h"

namespace tessera::int8 {
namespace {

constexpr size_t kNoNode = SIZE_MAX;
constexpr int64_t kColors = 3;  // channels of a network of colours
constexpr int64_t kLuma = 1;
constexpr float kInfinity = std::numeric_limits<float>::infinity();

Range Intersect(const Range& a, const Range& b) {
  // Bounds that cross: everything becomes b's nearer bound, as a Clip after a Clip makes it.
  return {std::clamp(a.min, b.min, b.max), std::clamp(a.max, b.min, b.max)};
}

bool IsRelu(const Range& range) { return range.min == 0.0f && range.max == kInfinity; }

// Other kinds of two tensors run in float.
bool CombinesCodes(Binary::Kind kind) {
  return kind == Binary::Kind::kAdd || kind == Binary::Kind::kSub || kind == Binary::Kind::kMul;
}

// What TrackQuantization finds, of the tensors that the engine can keep as codes: images, and not
// what only steps in float can make.
std::vector<std::optional<Quantization>> CodesOf(const Graph& graph) {
  std::vector<std::optional<Quantization>> known = TrackQuantization(graph);
  for (const Node& node : graph.nodes) {
    std::optional<Quantization>& output = known[static_cast<size_t>(node.output)];
    if (graph.value(node.output).plain) output.reset();
    if (!output || std::holds_alternative<FakeQuantize>(node.operation)) continue;
    const bool readable = std::all_of(node.inputs.begin(), node.inputs.end(), [&](ValueId id) {
      return known[static_cast<size_t>(id)].has_value();
    });
    if (!readable || !CanMove(node.operation)) output.reset();
  }
  return known;
}

// Goes through the nodes backwards, so that what a tensor is needed as (codes, floats) is known
// when its producer is reached; instructions come out last first.
class Lowering {
 public:
  explicit Lowering(const Graph& graph)
      : graph_(graph),
        uses_(CountUses(graph)),
        producer_(graph.values.size(), kNoNode),
        needs_codes_(graph.values.size(), false),
        needs_floats_(graph.values.size(), false) {
    for (size_t i = 0; i < graph.nodes.size(); ++i) {
      producer_[static_cast<size_t>(graph.nodes[i].output)] = i;
    }
    program_.quantization = CodesOf(graph);
    program_.placements.assign(graph.nodes.size(), Placement::kFused);
  }

  Program Run() && {
    LowerOutput();
    for (size_t i = graph_.nodes.size(); i-- > 0;) LowerNode(i);
    if (Flag(needs_floats_, graph_.input)) {
      Emit({.operation = ReadFloats{graph_.input}, .writes_floats = graph_.input});
    }
    std::reverse(program_.instructions.begin(), program_.instructions.end());
    return std::move(program_);
  }

 private:
  // A convolution seen from the value that its chain of single-use nodes ends in.
  struct Chain {
    FusedConv conv;
    bool slopes_follow_shuffle = false;
  };

  static bool Flag(const std::vector<bool>& flags, ValueId id) {
    return flags[static_cast<size_t>(id)];
  }
  const std::optional<Quantization>& Tracked(ValueId id) const {
    return program_.quantization[static_cast<size_t>(id)];
  }
  bool IsConstant(ValueId id) const { return graph_.value(id).constant != nullptr; }
  const Shape& ShapeOf(ValueId id) const { return graph_.value(id).shape; }
  int Uses(ValueId id) const { return uses_[static_cast<size_t>(id)]; }

  const Node* Producer(ValueId id) const {
    const size_t index = producer_[static_cast<size_t>(id)];
    return index == kNoNode ? nullptr : &graph_.nodes[index];
  }
  template <typename T>
  const T* ProducedBy(ValueId id) const {
    const Node* node = Producer(id);
    return node ? std::get_if<T>(&node->operation) : nullptr;
  }
  size_t IndexOf(const Node& node) const {
    return static_cast<size_t>(&node - graph_.nodes.data());
  }

  void Emit(Instruction instruction) {
    for (ValueId id : instruction.reads_codes) needs_codes_[static_cast<size_t>(id)] = true;
    for (ValueId id : instruction.reads_floats) needs_floats_[static_cast<size_t>(id)] = true;
    program_.instructions.push_back(std::move(instruction));
  }

  void LowerOutput() {
    const ValueId output = graph_.output;
    if (LowerToPixels()) return;
    if (Tracked(output)) {
      Emit({.operation = WriteCodes{output}, .reads_codes = {output}});
    } else {
      Emit({.operation = WriteFloats{output}, .reads_floats = {output}});
    }
  }

  void LowerNode(size_t index) {
    const Node& node = graph_.nodes[index];
    const ValueId output = node.output;
    if (Flag(needs_floats_, output) && Tracked(output)) {
      Emit(
          {.operation = DequantizeCodes{output}, .reads_codes = {output}, .writes_floats = output});
    } else if (Flag(needs_floats_, output)) {
      LowerToFloats(index);
    }
    if (Flag(needs_codes_, output)) LowerToCodes(index);
  }

  void LowerToFloats(size_t index) {
    const Node& node = graph_.nodes[index];
    if (auto chain = MatchConv(node)) {
      Instruction instruction = {.operation = ConvToFloats{chain->conv, node.output},
                                 .reads_codes = {chain->conv.input},
                                 .writes_floats = node.output};
      program_.placements[index] = Placement::kInt8;
      Emit(std::move(instruction));
      return;
    }
    Instruction instruction = {.operation = RunFloat{index}, .writes_floats = node.output};
    for (ValueId id : node.inputs) {
      if (id != kNoValue && !IsConstant(id)) instruction.reads_floats.push_back(id);
    }
    program_.placements[index] = Placement::kFloat;
    Emit(std::move(instruction));
  }

  void LowerToCodes(size_t index) {
    const Node& node = graph_.nodes[index];
    program_.placements[index] = Placement::kInt8;
    if (!std::holds_alternative<FakeQuantize>(node.operation)) {
      LowerMove(index, node.output);
      return;
    }
    const ValueId input = node.inputs[0];
    if (input == graph_.input) {
      Emit({.operation = ReadCodes{node.output}, .writes_codes = node.output});
      return;
    }
    if (LowerConv(node) || LowerCombine(node) || LowerConcat(node) || LowerTable(node) ||
        LowerPairTable(node) || LowerSum(node)) {
      return;
    }
    Emit({.operation = QuantizeFloats{input, node.output},
          .reads_codes = {},
          .reads_floats = {input},
          .writes_codes = node.output});
  }

  void LowerMove(size_t index, ValueId output) {
    Instruction instruction = {.operation = MoveCodes{index, output}, .writes_codes = output};
    for (ValueId id : graph_.nodes[index].inputs) instruction.reads_codes.push_back(id);
    Emit(std::move(instruction));
  }

  // --- convolutions ---

  // The Conv itself, if it can run on codes.
  std::optional<Chain> MatchConv(const Node& node) const {
    const auto* conv = std::get_if<Conv>(&node.operation);
    if (!conv || !Tracked(node.inputs[0])) return std::nullopt;
    const Constant& weights = *graph_.value(node.inputs[1]).constant;
    if (!weights.quantized || !SumsFit(node, *weights.quantized)) return std::nullopt;
    Chain chain;
    chain.conv.node = IndexOf(node);
    chain.conv.input = node.inputs[0];
    chain.conv.range = {conv->min, conv->max};
    return chain;
  }

  // Sums of products, and the bias in their units, must stay well inside 32 bits.
  bool SumsFit(const Node& node, const QuantizedWeights& weights) const {
    constexpr double kMost = 1 << 30;
    const auto outputs = static_cast<size_t>(ShapeOf(node.inputs[1])[0]);
    const size_t per_output = weights.codes.size() / outputs;
    const float input_scale = Tracked(node.inputs[0])->scale;
    const bool has_bias = node.inputs.size() > 2 && node.inputs[2] != kNoValue;
    for (size_t o = 0; o < outputs; ++o) {
      double sum = 0.0;
      for (size_t i = 0; i < per_output; ++i) {
        sum += 255.0 * std::abs(weights.codes[o * per_output + i]);
      }
      const double unit =
          static_cast<double>(input_scale) * weights.scales[weights.scales.size() == 1 ? 0 : o];
      if (has_bias) {
        sum += std::abs(graph_.value(node.inputs[2]).constant->floats[o] / unit);
      }
      if (!(sum < kMost)) return false;
    }
    return true;
  }

  // Walks from `value` back to a Conv through an activation, clips and one DepthToSpace.
  std::optional<Chain> MatchChain(ValueId value) const {
    Range range;
    std::optional<DepthToSpace> shuffle;
    const Node* activation = nullptr;
    bool slopes_follow_shuffle = false;
    for (;;) {
      const Node* node = Producer(value);
      if (!node || Uses(value) != 1) return std::nullopt;
      if (std::holds_alternative<Conv>(node->operation)) {
        std::optional<Chain> chain = MatchConv(*node);
        if (!chain || (activation && !chain->conv.range.Unbounded())) return std::nullopt;
        chain->conv.range = Intersect(chain->conv.range, range);
        chain->conv.shuffle = shuffle;
        chain->slopes_follow_shuffle = slopes_follow_shuffle;
        if (activation) SetSlopes(*activation, *chain);
        return chain;
      }
      if (const auto* clip = std::get_if<Clip>(&node->operation)) {
        if (activation) return std::nullopt;
        range = Intersect({clip->min, clip->max}, range);
      } else if (IsSloped(*node)) {
        if (activation) return std::nullopt;
        activation = node;
      } else if (const auto* to_space = std::get_if<DepthToSpace>(&node->operation)) {
        if (shuffle) return std::nullopt;
        shuffle = *to_space;
        slopes_follow_shuffle = activation != nullptr;
      } else {
        return std::nullopt;
      }
      value = node->inputs[0];
    }
  }

  bool IsSloped(const Node& node) const {
    if (std::holds_alternative<LeakyRelu>(node.operation)) return true;
    return std::holds_alternative<PRelu>(node.operation) && IsConstant(node.inputs[1]);
  }

  // Slopes per output channel of the Conv, whether the activation comes before or after the
  // shuffle.
  void SetSlopes(const Node& activation, Chain& chain) const {
    const Shape& weights = ShapeOf(graph_.nodes[chain.conv.node].inputs[1]);
    const int64_t outputs = weights[0];
    std::vector<float> slopes = {0.0f};
    if (const auto* leaky = std::get_if<LeakyRelu>(&activation.operation)) {
      slopes[0] = leaky->alpha;
    } else {
      slopes = graph_.value(activation.inputs[1]).constant->floats;
    }
    for (int64_t o = 0; o < outputs; ++o) {
      int64_t channel = o;
      if (chain.conv.shuffle && chain.slopes_follow_shuffle) {
        const int64_t area = chain.conv.shuffle->block * chain.conv.shuffle->block;
        const bool crd = chain.conv.shuffle->order == DepthToSpace::Order::kCrd;
        channel = crd ? o / area : o % (outputs / area);
      }
      chain.conv.slopes.push_back(slopes[slopes.size() == 1 ? 0 : static_cast<size_t>(channel)]);
    }
  }

  void EmitConv(const Chain& chain, ValueId output) {
    Instruction instruction = {.operation = ConvToCodes{chain.conv, output},
                               .reads_codes = {chain.conv.input},
                               .writes_codes = output};
    if (chain.conv.residual != kNoValue) instruction.reads_codes.push_back(chain.conv.residual);
    program_.placements[chain.conv.node] = Placement::kInt8;
    Emit(std::move(instruction));
  }

  bool LowerConv(const Node& quantize) {
    auto chain = MatchChain(quantize.inputs[0]);
    if (chain && chain->conv.shuffle && !CanStoreShuffled(ShapeOf(quantize.output)[1])) {
      return false;
    }
    if (chain) {
      chain->conv.final_range = std::exchange(chain->conv.range, Range{});
      EmitConv(*chain, quantize.output);
      return true;
    }
    return LowerResidual(quantize);
  }

  // FakeQuantize <- [Clip] <- Add(convolution, codes).
  bool LowerResidual(const Node& quantize) {
    Range range;
    ValueId value = quantize.inputs[0];
    while (const auto* clip = ProducedBy<Clip>(value)) {
      if (Uses(value) != 1) return false;
      range = Intersect({clip->min, clip->max}, range);
      value = Producer(value)->inputs[0];
    }
    const auto* binary = ProducedBy<Binary>(value);
    if (!binary || binary->kind != Binary::Kind::kAdd || Uses(value) != 1) return false;
    const Node& add = *Producer(value);
    for (size_t side = 0; side < 2; ++side) {
      const ValueId residual = add.inputs[1 - side];
      if (IsConstant(residual) || IsConstant(add.inputs[side]) || !Tracked(residual)) continue;
      if (ShapeOf(residual) != ShapeOf(add.inputs[side])) continue;
      auto chain = MatchAddend(add.inputs[side]);
      if (!chain) continue;
      chain->conv.residual = residual;
      chain->conv.final_range = range;
      EmitConv(*chain, quantize.output);
      return true;
    }
    return false;
  }

  // The convolution's side of an Add, possibly rounded to codes before the addition.
  std::optional<Chain> MatchAddend(ValueId value) const {
    std::optional<Quantization> inner;
    if (const auto* fake = ProducedBy<FakeQuantize>(value)) {
      if (Uses(value) != 1) return std::nullopt;
      inner = fake->quantization;
      value = Producer(value)->inputs[0];
    }
    auto chain = MatchChain(value);
    if (!chain || chain->conv.shuffle) return std::nullopt;
    chain->conv.inner = inner;
    if (inner || chain->conv.range.Unbounded()) return chain;
    if (!IsRelu(chain->conv.range) || !chain->conv.slopes.empty()) return std::nullopt;
    // A Relu before an addition is a slope of zero.
    const size_t outputs =
        static_cast<size_t>(ShapeOf(graph_.nodes[chain->conv.node].inputs[1])[0]);
    chain->conv.slopes.assign(outputs, 0.0f);
    chain->conv.range = Range{};
    return chain;
  }

  // --- the network's end ---

  bool LowerToPixels() {
    const int64_t channels = ShapeOf(graph_.output)[1];
    if ((channels != kColors && channels != kLuma) || Tracked(graph_.output)) return false;
    Range range;
    ValueId value = graph_.output;
    while (const auto* clip = ProducedBy<Clip>(value)) {
      if (Uses(value) != 1) return false;
      range = Intersect({clip->min, clip->max}, range);
      value = Producer(value)->inputs[0];
    }
    ConvToPixels to_pixels;
    std::optional<DepthToSpace> outer;
    if (const auto* to_space = ProducedBy<DepthToSpace>(value); to_space && Uses(value) == 1) {
      const ValueId inside = Producer(value)->inputs[0];
      if (ProducedBy<Binary>(inside)) {
        outer = *to_space;
        value = inside;
      }
    }
    std::optional<Chain> chain = MatchChain(value);
    if (!chain) chain = MatchAnchored(value, outer, to_pixels);
    if (!chain) return false;
    // A range before the addition cannot be applied after it.
    if (to_pixels.anchor != ConvToPixels::Anchor::kNone && !chain->conv.range.Unbounded()) {
      return false;
    }
    if (outer && chain->conv.shuffle) return false;
    if (outer) chain->conv.shuffle = outer;
    chain->conv.final_range = Intersect(std::exchange(chain->conv.range, Range{}), range);
    to_pixels.conv = chain->conv;
    EmitPixels(std::move(to_pixels));
    return true;
  }

  void EmitPixels(ConvToPixels to_pixels) {
    Instruction instruction = {.operation = {}, .reads_codes = {to_pixels.conv.input}};
    if (to_pixels.anchor == ConvToPixels::Anchor::kTensor) {
      instruction.reads_floats = {to_pixels.anchor_value};
    }
    program_.placements[to_pixels.conv.node] = Placement::kInt8;
    instruction.operation = std::move(to_pixels);
    Emit(std::move(instruction));
  }

  // value = Add(convolution, anchor), before the DepthToSpace `outer` or without one.
  std::optional<Chain> MatchAnchored(ValueId value, const std::optional<DepthToSpace>& outer,
                                     ConvToPixels& to_pixels) {
    const auto* binary = ProducedBy<Binary>(value);
    if (!binary || binary->kind != Binary::Kind::kAdd || Uses(value) != 1) return std::nullopt;
    const Node& add = *Producer(value);
    for (size_t side = 0; side < 2; ++side) {
      const ValueId anchor = add.inputs[1 - side];
      if (IsConstant(anchor) || IsConstant(add.inputs[side])) continue;
      if (ShapeOf(anchor) != ShapeOf(add.inputs[side])) continue;
      auto chain = MatchChain(add.inputs[side]);
      if (!chain) continue;
      to_pixels.anchor = ConvToPixels::Anchor::kTensor;
      to_pixels.anchor_value = anchor;
      to_pixels.anchor_is_shuffled = !outer;
      const ValueId picture = RepeatedPicture(anchor, outer);
      // The repeating is done by the shuffle: the convolution must see the picture's own extents.
      // A picture's luma is computed once, for all its places.
      const bool colors = ShapeOf(graph_.output)[1] == kColors;
      if (colors && picture != kNoValue &&
          SameExtents(picture, graph_.nodes[chain->conv.node].output)) {
        to_pixels.anchor = ConvToPixels::Anchor::kNearest;
        to_pixels.anchor_value = picture;
      }
      return chain;
    }
    return std::nullopt;
  }

  bool SameExtents(ValueId a, ValueId b) const {
    return ShapeOf(a)[2] == ShapeOf(b)[2] && ShapeOf(a)[3] == ShapeOf(b)[3];
  }

  bool IsPicture(ValueId id) const {
    if (id == graph_.input) return true;
    return ProducedBy<FakeQuantize>(id) && Producer(id)->inputs[0] == graph_.input;
  }

  // The picture whose pixels `anchor` repeats once `outer` has spread them, or nothing.
  ValueId RepeatedPicture(ValueId anchor, const std::optional<DepthToSpace>& outer) const {
    if (IsPicture(anchor)) return anchor;
    const Node* node = Producer(anchor);
    const ValueId source = node->inputs[0];
    if (!IsPicture(source)) return kNoValue;
    if (const auto* resize = std::get_if<Resize>(&node->operation)) {
      return !outer && RepeatsPixels(*resize) ? source : kNoValue;
    }
    if (!outer || !std::holds_alternative<Concat>(node->operation)) return kNoValue;
    // Copies of the picture side by side are its pixels repeated if phases are the outer channel
    // index; with another order the general way is right too.
    const bool same = std::all_of(node->inputs.begin(), node->inputs.end(),
                                  [&](ValueId id) { return id == source; });
    return same && outer->order == DepthToSpace::Order::kDcr ? source : kNoValue;
  }

  static bool RepeatsPixels(const Resize& resize) {
    if (resize.mode != Resize::Mode::kNearest || resize.scale[0] != resize.scale[1] ||
        resize.coordinates == Resize::Coordinates::kAlignCorners) {
      return false;
    }
    const auto factor = ScaleToRational(resize.scale[0]);
    if (!factor || !factor->IsWhole()) return false;
    const std::vector<ResizePhase> phases = ResizePhases(resize, *factor);
    return std::all_of(phases.begin(), phases.end(), [](const ResizePhase& phase) {
      return phase.first == 0 && phase.count == 1;
    });
  }

  // --- everything else on codes ---

  bool LowerCombine(const Node& quantize) {
    Range range;
    ValueId value = quantize.inputs[0];
    while (const auto* clip = ProducedBy<Clip>(value)) {
      range = Intersect({clip->min, clip->max}, range);
      value = Producer(value)->inputs[0];
    }
    const auto* binary = ProducedBy<Binary>(value);
    if (!binary || !CombinesCodes(binary->kind)) return false;
    const ValueId a = Producer(value)->inputs[0];
    const ValueId b = Producer(value)->inputs[1];
    if (a == b || !Tracked(a) || !Tracked(b) || ShapeOf(a) != ShapeOf(b)) return false;
    Emit({.operation = CombineCodes{binary->kind, a, b, range, quantize.output},
          .reads_codes = {a, b},
          .writes_codes = quantize.output});
    return true;
  }

  // FakeQuantize <- Concat of codes with other parameters.
  bool LowerConcat(const Node& quantize) {
    const Node* concat = Producer(quantize.inputs[0]);
    if (!concat || !std::holds_alternative<Concat>(concat->operation)) return false;
    for (ValueId id : concat->inputs) {
      if (!Tracked(id)) return false;
    }
    LowerMove(IndexOf(*concat), quantize.output);
    return true;
  }

  bool LowerTable(const Node& quantize) {
    std::optional<Tabulation> tabulation =
        Tabulate(graph_, program_.quantization, quantize.inputs[0], *Tracked(quantize.output));
    if (!tabulation) return false;
    const ValueId input = tabulation->input;
    Emit({.operation = ApplyTable{input, quantize.output, std::move(tabulation->tables)},
          .reads_codes = {input},
          .writes_codes = quantize.output});
    return true;
  }

  bool LowerSum(const Node& quantize) {
    const Node* node = Producer(quantize.inputs[0]);
    if (!node || !SumsCodes(node->operation) || !Tracked(node->inputs[0])) return false;
    const ValueId input = node->inputs[0];
    Emit({.operation = SumCodes{IndexOf(*node), input, quantize.output},
          .reads_codes = {input},
          .writes_codes = quantize.output});
    return true;
  }

  bool LowerPairTable(const Node& quantize) {
    std::optional<PairTabulation> pair =
        TabulatePair(graph_, program_.quantization, quantize.inputs[0], *Tracked(quantize.output));
    if (!pair) return false;
    const ValueId a = pair->a;
    const ValueId b = pair->b;
    Emit({.operation = ApplyPairTable{a, b, quantize.output, std::move(pair->table)},
          .reads_codes = {a, b},
          .writes_codes = quantize.output});
    return true;
  }

  const Graph& graph_;
  std::vector<int> uses_;
  std::vector<size_t> producer_;  // per value: the index of its node
  std::vector<bool> needs_codes_;
  std::vector<bool> needs_floats_;
  Program program_;
};

}  // namespace

bool HasQuantization(const Graph& graph) {
  return std::any_of(graph.nodes.begin(), graph.nodes.end(), [](const Node& node) {
    return std::holds_alternative<FakeQuantize>(node.operation);
  });
}

std::vector<Placement> FindPlacements(const Model& model) {
  Graph shaped = model.graph;
  // Any size that the network takes will do.
  const int64_t multiple = model.tiling.size_multiple;
  const int64_t extent =
      std::max(model.tiling.smallest, (model.tiling.overlap / multiple + 16) * multiple);
  if (!HasQuantization(shaped) || !InferShapes(shaped, extent, extent).ok()) {
    return std::vector<Placement>(shaped.nodes.size(), Placement::kFloat);
  }
  return Lower(shaped).placements;
}

Program Lower(const Graph& graph) { return Lowering(graph).Run(); }

}  // namespace tessera::int8
