#include <cmath>

#include "core/checked_math.h"
#include "graph/infer_node.h"
#include "graph/passes.h"
#include "graph/passes/uses.h"

namespace tessera {
namespace {

float Apply(Binary::Kind kind, float a, float b) {
  switch (kind) {
    case Binary::Kind::kAdd:
      return a + b;
    case Binary::Kind::kSub:
      return a - b;
    case Binary::Kind::kMul:
      return a * b;
    case Binary::Kind::kDiv:
      return a / b;
  }
  return 0.0f;
}

// The element of `operand` that broadcasting pairs with element `index` of a tensor of `shape`.
float BroadcastElement(const Value& operand, const Shape& shape, size_t index) {
  size_t offset = 0;
  size_t stride = 1;
  for (size_t i = 0; i < shape.size(); ++i) {  // from the innermost axis
    const auto extent = static_cast<size_t>(shape[shape.size() - 1 - i]);
    const size_t position = index % extent;
    index /= extent;
    if (i >= operand.shape.size()) continue;
    const auto own = static_cast<size_t>(operand.shape[operand.shape.size() - 1 - i]);
    if (own != 1) offset += position * stride;
    stride *= own;
  }
  return operand.constant->floats[offset];
}

Status Fold(Graph& graph, const Node& node, Binary::Kind kind) {
  const Value& a = graph.value(node.inputs[0]);
  const Value& b = graph.value(node.inputs[1]);
  TESSERA_ASSIGN_OR_RETURN(Shape shape, InferNode(graph, node));
  size_t count = 1;
  for (const int64_t extent : shape) {
    const auto product = CheckedProduct({static_cast<int64_t>(count), extent});
    // Two long vectors, [N, 1] and [1, N], would make a matrix far larger than the file.
    constexpr size_t kMaxElements = size_t{1} << 24;
    if (!product || *product > kMaxElements) {
      return AtNode(node, Status(StatusCode::kUnsupported, "makes a constant that is too large"));
    }
    count = *product;
  }
  std::vector<float> elements(count);
  for (size_t i = 0; i < count; ++i) {
    elements[i] = Apply(kind, BroadcastElement(a, shape, i), BroadcastElement(b, shape, i));
    if (std::isfinite(elements[i])) continue;
    return AtNode(node,
                  Status(StatusCode::kModelFormat, "makes a constant that is not a finite number"));
  }
  Value& output = graph.value(node.output);
  output.shape = std::move(shape);
  output.constant = MakeConstant(std::move(elements));
  return Status::Ok();
}

}  // namespace

Status FoldConstants(Graph& graph) {
  std::vector<bool> removed(graph.nodes.size(), false);
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    const auto* binary = std::get_if<Binary>(&node.operation);
    if (!binary) continue;
    if (!graph.value(node.inputs[0]).constant || !graph.value(node.inputs[1]).constant) continue;
    TESSERA_RETURN_IF_ERROR(Fold(graph, node, binary->kind));
    removed[i] = true;
  }
  EraseNodes(graph, removed);
  if (!graph.value(graph.output).constant) return Status::Ok();
  return Status(StatusCode::kUnsupported, "the network's output does not depend on its input");
}

}  // namespace tessera
