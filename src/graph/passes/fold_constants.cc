#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "core/checked_math.h"
#include "graph/arithmetic.h"
#include "graph/infer_node.h"
#include "graph/passes.h"
#include "graph/passes/uses.h"
#include "graph/track_quantization.h"

namespace tessera {
namespace {

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

Status FoldBinary(Graph& graph, const Node& node, Binary::Kind kind) {
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

void FoldFakeQuantize(Graph& graph, const Node& node, const Quantization& quantization) {
  const Value& x = graph.value(node.inputs[0]);
  std::vector<float> elements = x.constant->floats;
  for (float& element : elements) element = FakeQuantized(quantization, element);
  Value& output = graph.value(node.output);
  output.shape = x.shape;
  output.constant = MakeConstant(std::move(elements));
}

bool IsConstant(const Graph& graph, ValueId id) { return graph.value(id).constant != nullptr; }

// The importer lets no constant in where only tensors may be; folding must not either.
Status CheckTensorInputs(const Graph& graph, const Node& node) {
  if (std::holds_alternative<Binary>(node.operation)) return Status::Ok();
  const bool all = std::holds_alternative<Concat>(node.operation);
  for (size_t i = 0; i < (all ? node.inputs.size() : 1); ++i) {
    if (!IsConstant(graph, node.inputs[i])) continue;
    return AtNode(
        node, Status(StatusCode::kModelOp,
                     "input " + std::to_string(i) + " is a constant; it must come from the image"));
  }
  return Status::Ok();
}

}  // namespace

Status FoldConstants(Graph& graph) {
  std::vector<bool> removed(graph.nodes.size(), false);
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    const auto* binary = std::get_if<Binary>(&node.operation);
    const auto* fake = std::get_if<FakeQuantize>(&node.operation);
    if (binary && IsConstant(graph, node.inputs[0]) && IsConstant(graph, node.inputs[1])) {
      TESSERA_RETURN_IF_ERROR(FoldBinary(graph, node, binary->kind));
    } else if (fake && IsConstant(graph, node.inputs[0])) {
      FoldFakeQuantize(graph, node, fake->quantization);
    } else {
      TESSERA_RETURN_IF_ERROR(CheckTensorInputs(graph, node));
      continue;
    }
    removed[i] = true;
  }
  EraseNodes(graph, removed);
  if (!graph.value(graph.output).constant) return Status::Ok();
  return Status(StatusCode::kUnsupported, "the network's output does not depend on its input");
}

}  // namespace tessera
