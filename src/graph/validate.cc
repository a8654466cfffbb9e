#include "graph/validate.h"

#include <optional>
#include <string>

#include "core/checked_math.h"

namespace tessera {
namespace {

Status Broken(std::string message) {
  return Status(StatusCode::kInternal, "broken graph: " + std::move(message));
}

// Fewest and most inputs.
struct Arity {
  size_t fewest;
  size_t most;
};

struct ArityOf {
  Arity operator()(const Conv&) const { return {2, 3}; }
  Arity operator()(const Clip&) const { return {1, 1}; }
  Arity operator()(const LeakyRelu&) const { return {1, 1}; }
  Arity operator()(const PRelu&) const { return {2, 2}; }
  Arity operator()(const Binary&) const { return {2, 2}; }
  Arity operator()(const Concat&) const { return {1, SIZE_MAX}; }
  Arity operator()(const DepthToSpace&) const { return {1, 1}; }
  Arity operator()(const Resize&) const { return {1, 1}; }
  Arity operator()(const Pad&) const { return {1, 1}; }
  Arity operator()(const BatchNormalization&) const { return {5, 5}; }
  Arity operator()(const Transpose&) const { return {1, 1}; }
  Arity operator()(const SpaceToDepth&) const { return {1, 1}; }
  Arity operator()(const SelectChannels&) const { return {1, 1}; }
  Arity operator()(const Pool&) const { return {1, 1}; }
  Arity operator()(const Reduce&) const { return {1, 1}; }
  Arity operator()(const Softmax&) const { return {1, 1}; }
  Arity operator()(const Reshape&) const { return {1, 1}; }
  Arity operator()(const Slice&) const { return {1, 1}; }
  Arity operator()(const Gather&) const { return {1, 1}; }
  Arity operator()(const Expand&) const { return {1, 1}; }
  Arity operator()(const MatMul&) const { return {2, 2}; }
  Arity operator()(const Relayout&) const { return {1, 1}; }
  Arity operator()(const Unary&) const { return {1, 1}; }
  Arity operator()(const FakeQuantize&) const { return {1, 1}; }
};

Status CheckConstant(const Value& value) {
  size_t count = 1;
  for (const int64_t extent : value.shape) {
    const auto product = CheckedProduct({static_cast<int64_t>(count), extent});
    if (!product) return Broken("constant '" + value.name + "' has an impossible shape");
    count = *product;
  }
  const std::optional<QuantizedWeights>& quantized = value.constant->quantized;
  if (quantized) {
    const size_t channels = value.shape.empty() ? 1 : static_cast<size_t>(value.shape[0]);
    const size_t scales = quantized->scales.size();
    if (quantized->codes.size() != count || (scales != 1 && scales != channels)) {
      return Broken("the codes of constant '" + value.name + "' do not fill its shape");
    }
  }
  const bool is_float = value.type == ElementType::kFloat32;
  const size_t found = is_float ? value.constant->floats.size() : value.constant->ints.size();
  if (found == count) return Status::Ok();
  return Broken("constant '" + value.name + "' does not fill its shape");
}

bool IsPerChannel(const Value& value) {
  const Shape& shape = value.shape;
  if (shape.empty()) return true;
  return shape.size() == 4 && shape[0] == 1 && shape[2] == 1 && shape[3] == 1;
}

bool IsForPlain(const Operation& operation) {
  return std::holds_alternative<Transpose>(operation) ||
         std::holds_alternative<Reshape>(operation) || std::holds_alternative<Slice>(operation) ||
         std::holds_alternative<Gather>(operation) || std::holds_alternative<Expand>(operation) ||
         std::holds_alternative<MatMul>(operation);
}

Status CheckSimplified(const Graph& graph, const Node& node) {
  if (std::holds_alternative<BatchNormalization>(node.operation)) {
    return AtNode(node, Broken("a pass should have removed this node"));
  }
  if (graph.value(node.output).plain) return Status::Ok();
  if (IsForPlain(node.operation)) return AtNode(node, Broken("works on an image"));
  const auto* concat = std::get_if<Concat>(&node.operation);
  if (concat && concat->axis != 1) return AtNode(node, Broken("does not join channels"));
  if (std::holds_alternative<Conv>(node.operation)) return Status::Ok();
  for (const ValueId id : node.inputs) {
    if (graph.value(id).constant && !IsPerChannel(graph.value(id))) {
      return AtNode(node, Broken("a constant is not per channel"));
    }
  }
  return Status::Ok();
}

}  // namespace

Status Validate(const Graph& graph) {
  const auto known = [&](ValueId id) {
    return id >= 0 && static_cast<size_t>(id) < graph.values.size();
  };
  if (!known(graph.input) || !known(graph.output)) return Broken("no input or no output");
  std::vector<bool> ready(graph.values.size(), false);
  for (size_t i = 0; i < graph.values.size(); ++i) {
    if (!graph.values[i].constant) continue;
    TESSERA_RETURN_IF_ERROR(CheckConstant(graph.values[i]));
    ready[i] = true;
  }
  ready[static_cast<size_t>(graph.input)] = true;
  for (const Node& node : graph.nodes) {
    const Arity arity = std::visit(ArityOf(), node.operation);
    if (node.inputs.size() < arity.fewest || node.inputs.size() > arity.most) {
      return AtNode(node, Broken("wrong number of inputs"));
    }
    for (const ValueId id : node.inputs) {
      if (!known(id) || !ready[static_cast<size_t>(id)]) {
        return AtNode(node, Broken("reads a value that is not there yet"));
      }
    }
    if (!known(node.output) || ready[static_cast<size_t>(node.output)]) {
      return AtNode(node, Broken("its output has another producer"));
    }
    ready[static_cast<size_t>(node.output)] = true;
  }
  if (ready[static_cast<size_t>(graph.output)]) return Status::Ok();
  return Broken("nothing produces the output");
}

Status ValidateSimplified(const Graph& graph) {
  TESSERA_RETURN_IF_ERROR(Validate(graph));
  for (const Node& node : graph.nodes) {
    TESSERA_RETURN_IF_ERROR(CheckSimplified(graph, node));
  }
  return Status::Ok();
}

}  // namespace tessera
