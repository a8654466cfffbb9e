#include <string>
#include <vector>

#include "core/checked_math.h"
#include "graph/infer_node.h"
#include "graph/infer_row_shapes.h"
#include "graph/model.h"

namespace tessera {
namespace {

// Tiles are some hundred pixels wide; this only keeps the arithmetic far from overflow.
constexpr int64_t kMaxInputExtent = 1 << 16;

Status CheckBytes(const Node& node, const Shape& shape) {
  size_t bytes = sizeof(float);
  bool fits = true;
  for (const int64_t extent : shape) {
    const auto product = CheckedProduct({static_cast<int64_t>(bytes), extent});
    fits = fits && product.has_value();
    bytes = product.value_or(0);
  }
  if (fits) return Status::Ok();
  return AtNode(node, Status(StatusCode::kImageTooLarge,
                             "a tensor of " + ShapeToString(shape) + " cannot be addressed"));
}

// Whether height (axis 2) or width (axis 3) of a value is 1 for every image.
bool IsAlwaysOne(const Shape& declared, size_t axis) {
  return declared.size() == 4 && declared[axis] == 1;
}

// Broadcasting over the image would let a 1-pixel-high image through where any other fails.
// `declared` holds the shapes that are known without an image.
Status CheckSameImage(const Graph& graph, const Node& node, const std::vector<Shape>& declared) {
  if (!std::holds_alternative<Binary>(node.operation)) return Status::Ok();
  const Value& a = graph.value(node.inputs[0]);
  const Value& b = graph.value(node.inputs[1]);
  if (a.constant || b.constant || a.plain || b.plain) return Status::Ok();
  bool same = true;
  for (size_t axis = 2; axis < 4; ++axis) {
    same = same && (a.shape[axis] == b.shape[axis] ||
                    IsAlwaysOne(declared[static_cast<size_t>(node.inputs[0])], axis) ||
                    IsAlwaysOne(declared[static_cast<size_t>(node.inputs[1])], axis));
  }
  if (same) return Status::Ok();
  return AtNode(node, Status(StatusCode::kInvalidArgument,
                             "shapes " + ShapeToString(a.shape) + " and " + ShapeToString(b.shape) +
                                 " differ in height or width; the image must be a multiple of the "
                                 "network's size multiple"));
}

// `whole`: whether memory is to hold whole tensors.
Status Infer(Graph& graph, int64_t height, int64_t width, bool whole) {
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
  std::vector<Shape> declared;
  for (const Value& value : graph.values) declared.push_back(value.shape);
  Shape& input = graph.value(graph.input).shape;
  input[2] = height;
  input[3] = width;
  for (Node& node : graph.nodes) {
    if (auto* conv = std::get_if<Conv>(&node.operation)) {
      const Shape& x = graph.value(node.inputs[0]).shape;
      ResolveAutoPad(*conv, x[2], x[3]);
    }
    TESSERA_RETURN_IF_ERROR(CheckSameImage(graph, node, declared));
    TESSERA_ASSIGN_OR_RETURN(Shape shape, InferNode(graph, node));
    if (whole) TESSERA_RETURN_IF_ERROR(CheckBytes(node, shape));
    graph.value(node.output).shape = std::move(shape);
  }
  return Status::Ok();
}

}  // namespace

Status InferShapes(Graph& graph, int64_t height, int64_t width) {
  return Infer(graph, height, width, /*whole=*/true);
}

Status InferRowShapes(Graph& graph, int64_t height, int64_t width) {
  return Infer(graph, height, width, /*whole=*/false);
}

}  // namespace tessera
