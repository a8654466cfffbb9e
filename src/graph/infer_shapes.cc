#include <string>

#include "core/checked_math.h"
#include "graph/infer_node.h"
#include "graph/model.h"

namespace tessera {
namespace {

// Tiles are some hundred pixels wide; this only keeps the arithmetic far from overflow.
constexpr int64_t kMaxInputExtent = 1 << 16;

Status CheckBytes(const Node& node, const Shape& shape) {
  if (CheckedProduct({shape[0], shape[1], shape[2], shape[3], sizeof(float)})) return Status::Ok();
  return AtNode(node, Status(StatusCode::kImageTooLarge,
                             "a tensor of " + ShapeToString(shape) + " cannot be addressed"));
}

// Broadcasting over the image would let a 1-pixel-high image through where any other fails.
Status CheckSameImage(const Graph& graph, const Node& node) {
  if (!std::holds_alternative<Binary>(node.operation)) return Status::Ok();
  const Value& a = graph.value(node.inputs[0]);
  const Value& b = graph.value(node.inputs[1]);
  if (a.constant || b.constant) return Status::Ok();
  if (a.shape[2] == b.shape[2] && a.shape[3] == b.shape[3]) return Status::Ok();
  return AtNode(node, Status(StatusCode::kInvalidArgument,
                             "shapes " + ShapeToString(a.shape) + " and " + ShapeToString(b.shape) +
                                 " differ in height or width; the image must be a multiple of the "
                                 "network's size multiple"));
}

}  // namespace

Status InferShapes(Graph& graph, int64_t height, int64_t width) {
  if (height < 1 || width < 1) {
    return Status(StatusCode::kInvalidArgument, "an image needs at least one pixel");
  }
  if (height > kMaxInputExtent || width > kMaxInputExtent) {
    return Status(StatusCode::kImageTooLarge, "a tile of " + std::to_string(width) + "x" +
                                                  std::to_string(height) + " pixels is too large");
  }
  if (graph.IsFixed() && (height != graph.fixed_size[0] || width != graph.fixed_size[1])) {
    return Status(StatusCode::kInvalidArgument,
                  "the network takes tiles of " + std::to_string(graph.fixed_size[1]) + "x" +
                      std::to_string(graph.fixed_size[0]) + " pixels only");
  }
  Shape& input = graph.value(graph.input).shape;
  input[2] = height;
  input[3] = width;
  for (Node& node : graph.nodes) {
    if (auto* conv = std::get_if<Conv>(&node.operation)) {
      const Shape& x = graph.value(node.inputs[0]).shape;
      ResolveAutoPad(*conv, x[2], x[3]);
    }
    TESSERA_RETURN_IF_ERROR(CheckSameImage(graph, node));
    TESSERA_ASSIGN_OR_RETURN(Shape shape, InferNode(graph, node));
    TESSERA_RETURN_IF_ERROR(CheckBytes(node, shape));
    graph.value(node.output).shape = std::move(shape);
  }
  return Status::Ok();
}

}  // namespace tessera
