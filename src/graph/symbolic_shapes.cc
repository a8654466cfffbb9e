#include "graph/symbolic_shapes.h"

#include <algorithm>

namespace tessera {
namespace {

bool IsElementwisePair(const Node& node) {
  return std::holds_alternative<Binary>(node.operation) ||
         std::holds_alternative<PRelu>(node.operation);
}

// A constant of the file's own size of image is as large as any other; whether its elements allow
// that is for ResolveLayouts to say.
void FitConstants(const Graph& graph, const Node& node, std::vector<Shape>& inputs) {
  for (size_t i = 0; i < 2; ++i) {
    if (!graph.value(node.inputs[i]).constant) continue;
    Shape& constant = inputs[i];
    const Shape& tensor = inputs[1 - i];
    for (size_t axis = 1; axis <= std::min(constant.size(), tensor.size()); ++axis) {
      int64_t& own = constant[constant.size() - axis];
      const int64_t other = tensor[tensor.size() - axis];
      if (own > 1 && other > 1) own = other;
    }
  }
}

}  // namespace

SymbolicShapes::SymbolicShapes(const Graph& graph, size_t height_axis, size_t width_axis,
                               std::optional<ImageSize> declared)
    : declared_(declared) {
  constexpr int64_t kOne = Extent::kPeriod;
  constexpr int64_t kTwo = 2 * Extent::kPeriod;
  images_ = {ImageSize{kOne, kOne}, ImageSize{kOne, kTwo}, ImageSize{kTwo, kOne},
             ImageSize{kTwo, kTwo}, declared.value_or(ImageSize{})};
  if (graph.IsFixed()) images_.fill(ImageSize{graph.fixed_size[0], graph.fixed_size[1]});
  shapes_.resize(graph.values.size());
  for (size_t probe = 0; probe < probe_count(); ++probe) {
    Shape shape = graph.value(graph.input).shape;
    shape[height_axis] = images_[probe].height;
    shape[width_axis] = images_[probe].width;
    shapes_[static_cast<size_t>(graph.input)][probe] = std::move(shape);
  }
}

const Shape& SymbolicShapes::At(const Graph& graph, ValueId id, size_t probe) const {
  const Value& value = graph.value(id);
  if (value.constant || static_cast<size_t>(id) >= shapes_.size()) return value.shape;
  // None of a value that stands in for what could not be imported.
  const Shape& shape = shapes_[static_cast<size_t>(id)][probe];
  return shape.empty() ? value.shape : shape;
}

Status SymbolicShapes::Add(const Graph& graph, const Node& node) {
  std::array<Shape, kProbes + 1> output;
  for (size_t probe = 0; probe < probe_count(); ++probe) {
    std::vector<Shape> inputs;
    for (const ValueId id : node.inputs) {
      inputs.push_back(id == kNoValue ? Shape{} : At(graph, id, probe));
    }
    if (IsElementwisePair(node)) FitConstants(graph, node, inputs);
    TESSERA_ASSIGN_OR_RETURN(output[probe], InferNode(node, inputs, images_[probe]));
  }
  const auto index = static_cast<size_t>(node.output);
  if (shapes_.size() <= index) shapes_.resize(index + 1);
  shapes_[index] = std::move(output);
  return Status::Ok();
}

std::vector<std::optional<Extent>> SymbolicShapes::Of(const Graph& graph, ValueId id) const {
  std::vector<std::optional<Extent>> extents;
  const Shape& first = At(graph, id, 0);
  for (size_t axis = 0; axis < first.size(); ++axis) {
    if (first[axis] == kUnknownDim) {
      extents.emplace_back();
      continue;
    }
    extents.push_back(Extent::Through(
        {first[axis], At(graph, id, 1)[axis], At(graph, id, 2)[axis], At(graph, id, 3)[axis]}));
  }
  return extents;
}

std::optional<Shape> SymbolicShapes::Declared(const Graph& graph, ValueId id) const {
  if (!declared_) return std::nullopt;
  return At(graph, id, kProbes);
}

}  // namespace tessera
