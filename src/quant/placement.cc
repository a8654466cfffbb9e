#include "quant/placement.h"

#include <cmath>
#include <numeric>
#include <optional>
#include <string>
#include <utility>

namespace tessera {
namespace {

size_t Index(ValueId id) { return static_cast<size_t>(id); }

bool IsActivation(const Operation& operation) {
  return std::holds_alternative<Clip>(operation) || std::holds_alternative<LeakyRelu>(operation) ||
         std::holds_alternative<PRelu>(operation);
}

// The codes of the output are codes of the inputs, or zero.
bool MovesValues(const Operation& operation) {
  if (const auto* resize = std::get_if<Resize>(&operation)) {
    return resize->mode == Resize::Mode::kNearest;
  }
  if (const auto* pad = std::get_if<Pad>(&operation)) return pad->value == 0.0f;
  return std::holds_alternative<DepthToSpace>(operation) ||
         std::holds_alternative<Concat>(operation);
}

class Planner {
 public:
  explicit Planner(const Graph& graph)
      : graph_(graph),
        readers_(graph.values.size()),
        producer_(graph.values.size(), kNoIndex),
        root_(graph.values.size(), kNoValue),
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
    FindRoots();
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
      size_t latest = kNoIndex;
      for (const ValueId id : node.inputs) {
        const size_t before = producer_[Index(id)];
        if (before == kNoIndex || !OnlyReader(id) || !EndsConvolution(before)) continue;
        if (latest == kNoIndex || before > latest) latest = before;
      }
      if (latest != kNoIndex) fused_[latest] = true;
    }
  }

  // A function of each element alone, the same for all channels.
  bool IsElementwise(const Node& node) const {
    const Operation& operation = node.operation;
    if (!IsActivation(operation) && !std::holds_alternative<Binary>(operation) &&
        !std::holds_alternative<Unary>(operation)) {
      return false;
    }
    for (const ValueId id : node.inputs) {
      const Value& value = graph_.value(id);
      if (value.constant && value.constant->floats.size() != 1) return false;
    }
    return true;
  }

  // Per value the one tensor that it is an elementwise function of, or itself.
  void FindRoots() {
    root_[Index(graph_.input)] = graph_.input;
    for (const Node& node : graph_.nodes) {
      ValueId root = kNoValue;
      bool single = IsElementwise(node);
      for (const ValueId id : node.inputs) {
        if (!IsTensor(id)) continue;
        const size_t before = producer_[Index(id)];
        if (before != kNoIndex && fused_[before]) single = false;
        if (root != kNoValue && root_[Index(id)] != root) single = false;
        root = root_[Index(id)];
      }
      root_[Index(node.output)] = single ? root : node.output;
    }
  }

  // Every reader computes more of the same elementwise function.
  bool IsInsideFunction(const Node& node) const {
    const ValueId root = root_[Index(node.output)];
    if (root == node.output || node.output == graph_.output) return false;
    for (const size_t reader : readers_[Index(node.output)]) {
      if (root_[Index(graph_.nodes[reader].output)] != root) return false;
    }
    return true;
  }

  void FindSites() {
    if (FeedsConvolution(graph_.input)) AddSite(graph_.input, kNoIndex);
    for (size_t i = 0; i < graph_.nodes.size(); ++i) {
      const Node& node = graph_.nodes[i];
      if (!plan_.feeds_convolution[i] || fused_[i] || IsInsideFunction(node)) continue;
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
  std::vector<std::vector<size_t>> readers_;  // per value: the nodes that read it, once per use
  std::vector<size_t> producer_;              // per value
  std::vector<ValueId> root_;                 // per value
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

bool IsClipped(const Conv& conv) { return std::isfinite(conv.min) || std::isfinite(conv.max); }

}  // namespace

QuantizationPlan PlanQuantization(const Graph& graph) { return Planner(graph).Plan(); }

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
