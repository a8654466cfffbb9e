#include "quant/placement.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <string>
#include <utility>

#include "engine/int8/code_steps.h"
#include "graph/model.h"

namespace tessera {
namespace {

size_t Index(ValueId id) { return static_cast<size_t>(id); }

bool IsActivation(const Operation& operation) {
  return std::holds_alternative<Clip>(operation) || std::holds_alternative<LeakyRelu>(operation) ||
         std::holds_alternative<PRelu>(operation);
}

// The codes of the output are codes of the inputs, or zero.
bool MovesValues(const Operation& operation) {
  const auto* pad = std::get_if<Pad>(&operation);
  if (pad && pad->mode == Pad::Mode::kConstant && pad->value != 0.0f) return false;
  return int8::CanMove(operation);
}

// The graph with extents for an image of some size, or as it is where that size does not fit. The
// size has many divisors, and no window of a network is as large.
Graph Shaped(const Graph& graph) {
  constexpr int64_t kExtent = 1920;
  Graph shaped = graph;
  return InferShapes(shaped, kExtent, kExtent).ok() ? shaped : graph;
}

class Planner {
 public:
  explicit Planner(const Graph& graph)
      : graph_(graph),
        shaped_(Shaped(graph)),
        readers_(graph.values.size()),
        producer_(graph.values.size(), kNoIndex),
        fused_(graph.nodes.size(), false),
        site_of_(graph.values.size(), kNoIndex) {
    for (size_t i = 0; i < graph.nodes.size(); ++i) {
      for (const ValueId id : graph.nodes[i].inputs) {
        if (IsTensor(id)) readers_[Index(id)].push_back(i);
      }
      producer_[Index(graph.nodes[i].output)] = i;
    }
  }

  QuantizationPlan Plan() && {
    FindWhatFeedsConvolutions();
    FuseActivations();
    FuseAdditions();
    FindFunctions();
    FindSites();
    GroupSites();
    return std::move(plan_);
  }

 private:
  bool IsTensor(ValueId id) const { return id != kNoValue && !graph_.value(id).constant; }

  void FindWhatFeedsConvolutions() {
    plan_.feeds_convolution.assign(graph_.nodes.size(), false);
    for (size_t i = graph_.nodes.size(); i-- > 0;) {
      plan_.feeds_convolution[i] = FeedsConvolution(graph_.nodes[i].output);
    }
  }

  bool FeedsConvolution(ValueId id) const {
    for (const size_t reader : readers_[Index(id)]) {
      if (std::holds_alternative<Conv>(graph_.nodes[reader].operation)) return true;
      if (plan_.feeds_convolution[reader]) return true;
    }
    return false;
  }

  // The only node that reads it.
  std::optional<size_t> OnlyReader(ValueId id) const {
    if (readers_[Index(id)].size() != 1 || id == graph_.output) return std::nullopt;
    return readers_[Index(id)].front();
  }

  void FuseActivations() {
    for (size_t i = 0; i < graph_.nodes.size(); ++i) {
      if (!std::holds_alternative<Conv>(graph_.nodes[i].operation)) continue;
      const auto reader = OnlyReader(graph_.nodes[i].output);
      fused_[i] = reader && IsActivation(graph_.nodes[*reader].operation);
    }
  }

  // A convolution, or an activation that is fused with one.
  bool EndsConvolution(size_t node) const {
    const Node& last = graph_.nodes[node];
    if (std::holds_alternative<Conv>(last.operation)) return true;
    if (!IsActivation(last.operation)) return false;
    const size_t before = producer_[Index(last.inputs[0])];
    return before != kNoIndex && fused_[before];
  }

  // Of two convolutions that are added, the later one is fused: when it runs, the other is there.
  void FuseAdditions() {
    for (const Node& node : graph_.nodes) {
      const auto* binary = std::get_if<Binary>(&node.operation);
      if (!binary || binary->kind != Binary::Kind::kAdd) continue;
      if (!IsTensor(node.inputs[0]) || !IsTensor(node.inputs[1])) continue;
      // What is repeated along an axis is not added by a convolution.
      if (shaped_.value(node.inputs[0]).shape != shaped_.value(node.inputs[1]).shape) continue;
      size_t latest = kNoIndex;
      for (const ValueId id : node.inputs) {
        const size_t before = producer_[Index(id)];
        if (before == kNoIndex || !OnlyReader(id) || !EndsConvolution(before)) continue;
        if (latest == kNoIndex || before > latest) latest = before;
      }
      if (latest != kNoIndex) fused_[latest] = true;
    }
  }

  static bool IsElementwise(const Operation& operation) {
    return IsActivation(operation) || std::holds_alternative<Binary>(operation) ||
           std::holds_alternative<Unary>(operation);
  }

  // The tensors that a value is an elementwise function of.
  struct Function {
    std::vector<ValueId> leaves;
    bool per_channel = false;  // constants differ from channel to channel
  };

  bool IsWhole(ValueId value) const {
    const Function& function = functions_[Index(value)];
    return function.leaves.size() == 1 && function.leaves[0] == value;
  }

  // What a node computes as a function of what its inputs are functions of, or of its output alone.
  // Tables are made for one tensor, with constants per channel too, or for two without.
  Function FunctionOf(const Node& node) const {
    Function alone = {{node.output}, false};
    if (!IsElementwise(node.operation) || graph_.value(node.output).plain) return alone;
    Function function;
    for (const ValueId id : node.inputs) {
      if (id == kNoValue) continue;
      if (const auto& constant = graph_.value(id).constant) {
        function.per_channel = function.per_channel || constant->floats.size() != 1;
        continue;
      }
      const size_t before = producer_[Index(id)];
      if (before != kNoIndex && fused_[before]) return alone;
      const Function& input = functions_[Index(id)];
      function.per_channel = function.per_channel || input.per_channel;
      for (const ValueId leaf : input.leaves) {
        const bool known = std::find(function.leaves.begin(), function.leaves.end(), leaf) !=
                           function.leaves.end();
        if (!known) function.leaves.push_back(leaf);
      }
    }
    const size_t most = function.per_channel ? 1 : 2;
    return function.leaves.empty() || function.leaves.size() > most ? alone : function;
  }

  // A value that has to be rounded is a leaf for what follows, which may then be too much for one
  // table, or little enough. So the first one in the graph's order is rounded, and all is looked at
  // anew, until nothing changes: x / sqrt(variance + epsilon) is a function of x and the variance,
  // and the root is not rounded itself, perhaps to zero.
  void FindFunctions() {
    rounded_.assign(graph_.values.size(), false);
    functions_.assign(graph_.values.size(), {});
    for (bool changed = true; changed;) {
      functions_[Index(graph_.input)] = {{graph_.input}, false};
      for (const Node& node : graph_.nodes) {
        const bool rounded = rounded_[Index(node.output)];
        functions_[Index(node.output)] =
            rounded ? Function{{node.output}, false} : FunctionOf(node);
      }
      const auto first = std::find_if(graph_.nodes.begin(), graph_.nodes.end(), [&](const Node& n) {
        return !rounded_[Index(n.output)] && !IsInsideFunction(n);
      });
      changed = first != graph_.nodes.end();
      if (changed) rounded_[Index(first->output)] = true;
    }
  }

  // Every reader computes more of the same elementwise function.
  bool IsInsideFunction(const Node& node) const {
    if (node.output == graph_.output || IsWhole(node.output)) return false;
    const std::vector<size_t>& readers = readers_[Index(node.output)];
    return std::none_of(readers.begin(), readers.end(),
                        [&](size_t reader) { return StartsAnew(graph_.nodes[reader]); });
  }

  // A node whose output is no function of its inputs.
  bool StartsAnew(const Node& node) const {
    const Function function = FunctionOf(node);
    return function.leaves.size() == 1 && function.leaves[0] == node.output;
  }

  // Where everything that reads a value, a site, leads to by elementwise nodes of this value alone.
  ValueId FunctionOnly(ValueId site) const {
    ValueId end = kNoValue;
    std::vector<ValueId> open = {site};
    for (size_t i = 0; i < open.size(); ++i) {
      for (const size_t reader : readers_[Index(open[i])]) {
        const Node& node = graph_.nodes[reader];
        const Function function = FunctionOf(node);
        if (function.per_channel || function.leaves != std::vector<ValueId>{site}) return kNoValue;
        if (!rounded_[Index(node.output)]) {
          open.push_back(node.output);
        } else if (end == kNoValue || end == node.output) {
          end = node.output;
        } else {
          return kNoValue;
        }
      }
    }
    return end;
  }

  void FindSites() {
    if (FeedsConvolution(graph_.input)) AddSite(graph_.input, kNoIndex);
    for (size_t i = 0; i < graph_.nodes.size(); ++i) {
      const Node& node = graph_.nodes[i];
      if (!plan_.feeds_convolution[i] || fused_[i] || !rounded_[Index(node.output)]) continue;
      // Tensors that are no images are computed in float, and so is what makes images of them.
      if (graph_.value(node.output).plain) continue;
      if (!MovesValues(node.operation)) AddSite(node.output, i);
    }
  }

  void AddSite(ValueId value, size_t producer) {
    QuantizationSite site;
    site.value = value;
    site.producer = producer;
    site.group = plan_.sites.size();
    for (const size_t reader : readers_[Index(value)]) {
      if (!std::holds_alternative<Concat>(graph_.nodes[reader].operation)) site.read_alone = true;
    }
    site.function = FunctionOnly(value);
    site_of_[Index(value)] = plan_.sites.size();
    plan_.sites.push_back(site);
  }

  void GroupSites() {
    for (size_t i = 0; i < graph_.nodes.size(); ++i) {
      const Node& node = graph_.nodes[i];
      if (!plan_.feeds_convolution[i] || !MovesValues(node.operation)) continue;
      // What moves a site's codes stands for that site, for the Concats after it.
      for (const ValueId id : node.inputs) {
        const size_t site = site_of_[Index(id)];
        if (site == kNoIndex) continue;
        size_t& own = site_of_[Index(node.output)];
        if (own == kNoIndex) own = site;
        Join(own, site);
      }
    }
    NumberGroups();
  }

  void Join(size_t a, size_t b) {
    const size_t to = plan_.sites[a].group;
    const size_t from = plan_.sites[b].group;
    for (QuantizationSite& site : plan_.sites) {
      if (site.group == from) site.group = to;
    }
  }

  void NumberGroups() {
    std::vector<size_t> number(plan_.sites.size(), kNoIndex);
    for (QuantizationSite& site : plan_.sites) {
      size_t& group = number[site.group];
      if (group == kNoIndex) group = plan_.groups++;
      site.group = group;
    }
  }

  const Graph& graph_;
  Graph shaped_;
  std::vector<std::vector<size_t>> readers_;  // per value: the nodes that read it, once per use
  std::vector<size_t> producer_;              // per value
  std::vector<Function> functions_;           // per value
  std::vector<bool> rounded_;                 // per value: not inside a function
  std::vector<bool> fused_;                   // per node: rounded only after the node that reads it
  std::vector<size_t> site_of_;               // per value: the site whose codes it holds
  QuantizationPlan plan_;
};

// Copies a graph node by node, with FakeQuantize nodes between.
class Inserter {
 public:
  Inserter(const Graph& graph, const QuantizationPlan& plan,
           const std::vector<SiteQuantization>& quantizations)
      : graph_(graph), plan_(plan), quantizations_(quantizations) {
    result_.graph = graph;
    result_.graph.nodes.clear();
    rounded_.assign(graph.values.size(), kNoValue);
    codes_.resize(graph.values.size());
    joined_.resize(graph.values.size());
  }

  QuantizedGraph Insert() && {
    RoundSite(graph_.input);
    for (size_t i = 0; i < graph_.nodes.size(); ++i) {
      Node node = graph_.nodes[i];
      for (ValueId& id : node.inputs) {
        if (id != kNoValue) id = Rounded(node, id, plan_.feeds_convolution[i]);
      }
      const bool joins = std::holds_alternative<Concat>(node.operation);
      if (joins && plan_.feeds_convolution[i]) JoinCodes(graph_.nodes[i], node);
      PassCodes(graph_.nodes[i]);
      result_.graph.nodes.push_back(std::move(node));
      RoundSite(graph_.nodes[i].output);
    }
    return std::move(result_);
  }

 private:
  // What `node` reads in place of `id`.
  ValueId Rounded(const Node& node, ValueId id, bool feeds_convolution) const {
    const ValueId rounded = rounded_[Index(id)];
    if (rounded == kNoValue) return id;
    const bool exact =
        id == graph_.input && !feeds_convolution && !std::holds_alternative<Conv>(node.operation);
    return exact ? id : rounded;
  }

  void RoundSite(ValueId id) {
    if (next_ == plan_.sites.size() || plan_.sites[next_].value != id) return;
    const SiteQuantization& quantization = quantizations_[next_++];
    codes_[Index(id)] = quantization.own;
    joined_[Index(id)] = quantization.joined;
    result_.site_nodes.push_back(result_.graph.nodes.size());
    rounded_[Index(id)] = Round(id, quantization.own, graph_.value(id).name + ".quantized");
  }

  ValueId Round(ValueId id, const Quantization& quantization, std::string name) {
    Value value;
    value.name = name;
    value.shape = result_.graph.value(id).shape;
    Node node;
    node.name = std::move(name);
    node.operation = FakeQuantize{quantization};
    node.inputs = {id};
    node.output = result_.graph.AddValue(std::move(value));
    result_.graph.nodes.push_back(node);
    return node.output;
  }

  // Rounds what a Concat reads once more where its codes are not those of the other inputs.
  // `before` is the node as it was.
  void JoinCodes(const Node& before, Node& node) {
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      const auto& joined = joined_[Index(before.inputs[i])];
      if (!joined || codes_[Index(before.inputs[i])] == joined) continue;
      node.inputs[i] = Round(node.inputs[i], *joined, node.name + ".quantized" + std::to_string(i));
    }
  }

  // What moves values hands on their codes.
  void PassCodes(const Node& node) {
    if (!MovesValues(node.operation)) return;
    const size_t from = Index(node.inputs[0]);
    const bool joins = std::holds_alternative<Concat>(node.operation);
    codes_[Index(node.output)] = joins ? joined_[from] : codes_[from];
    joined_[Index(node.output)] = joined_[from];
  }

  const Graph& graph_;
  const QuantizationPlan& plan_;
  const std::vector<SiteQuantization>& quantizations_;
  QuantizedGraph result_;
  size_t next_ = 0;               // site
  std::vector<ValueId> rounded_;  // per value of the graph as it was: its rounded form
  // Per value as it was: the codes it has, and those it should have in a Concat.
  std::vector<std::optional<Quantization>> codes_;
  std::vector<std::optional<Quantization>> joined_;
};

// A constant of one element per channel behind a shuffle, for the channels before it.
ValueId SpreadOverPhases(Graph& graph, ValueId constant, const DepthToSpace& shuffle) {
  Value value = graph.value(constant);
  const std::vector<float> behind = value.constant->floats;
  if (behind.size() == 1) return constant;
  const size_t area = static_cast<size_t>(shuffle.block * shuffle.block);
  const bool crd = shuffle.order == DepthToSpace::Order::kCrd;
  std::vector<float> before;
  for (size_t c = 0; c < behind.size() * area; ++c) {
    before.push_back(behind[crd ? c / area : c % behind.size()]);
  }
  value.shape = {1, static_cast<int64_t>(before.size()), 1, 1};
  value.constant = MakeConstant(std::move(before));
  return graph.AddValue(std::move(value));
}

bool IsClipped(const Conv& conv) { return std::isfinite(conv.min) || std::isfinite(conv.max); }

}  // namespace

QuantizationPlan PlanQuantization(const Graph& graph) { return Planner(graph).Plan(); }

void MoveActivationsBeforeShuffles(Graph& graph) {
  std::vector<int> uses(graph.values.size(), 0);
  std::vector<size_t> producer(graph.values.size(), kNoIndex);
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    for (const ValueId id : graph.nodes[i].inputs) {
      if (id != kNoValue) ++uses[Index(id)];
    }
    producer[Index(graph.nodes[i].output)] = i;
  }
  for (Node& activation : graph.nodes) {
    if (!IsActivation(activation.operation)) continue;
    const ValueId shuffled = activation.inputs[0];
    const size_t before = producer[Index(shuffled)];
    if (before == kNoIndex || uses[Index(shuffled)] != 1 || shuffled == graph.output) continue;
    Node& shuffle = graph.nodes[before];
    const auto* to_space = std::get_if<DepthToSpace>(&shuffle.operation);
    if (!to_space) continue;
    if (std::holds_alternative<PRelu>(activation.operation)) {
      if (!graph.value(activation.inputs[1]).constant) continue;
      activation.inputs[1] = SpreadOverPhases(graph, activation.inputs[1], *to_space);
    }
    // The nodes change places; the value between them becomes the activation's.
    const DepthToSpace moved = *to_space;
    const ValueId input = shuffle.inputs[0];
    graph.value(shuffled).shape = graph.value(input).shape;
    shuffle.operation = activation.operation;
    shuffle.inputs = activation.inputs;
    shuffle.inputs[0] = input;
    activation.operation = moved;
    activation.inputs = {shuffled};
    std::swap(shuffle.name, activation.name);
  }
}

QuantizedGraph InsertFakeQuantize(const Graph& graph, const QuantizationPlan& plan,
                                  const std::vector<SiteQuantization>& quantizations) {
  return Inserter(graph, plan, quantizations).Insert();
}

void SplitActivations(Graph& graph) {
  std::vector<Node> nodes;
  for (Node& node : graph.nodes) {
    auto* conv = std::get_if<Conv>(&node.operation);
    if (!conv || !IsClipped(*conv)) {
      nodes.push_back(std::move(node));
      continue;
    }
    Node clip;
    clip.name = node.name + ".clip";
    clip.operation = Clip{conv->min, conv->max};
    clip.output = node.output;
    conv->min = Conv().min;
    conv->max = Conv().max;
    Value value;
    value.name = node.name + ".unclipped";
    value.shape = graph.value(clip.output).shape;
    node.output = graph.AddValue(std::move(value));
    clip.inputs = {node.output};
    nodes.push_back(std::move(node));
    nodes.push_back(std::move(clip));
  }
  graph.nodes = std::move(nodes);
}

}  // namespace tessera
