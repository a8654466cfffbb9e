#include <algorithm>
#include <array>
#include <string>

#include "graph/infer_node.h"
#include "graph/passes.h"
#include "graph/passes/uses.h"

namespace tessera {
namespace {

// How a tensor of the ONNX graph lies in memory: its axis i is axis layout[i] of N, C, H, W.
using Layout = std::array<size_t, 4>;

constexpr Layout kNchw = {0, 1, 2, 3};
constexpr Layout kNhwc = {0, 2, 3, 1};

constexpr size_t kChannelAxis = 1;

Shape ToPhysical(const Shape& shape, const Layout& layout) {
  Shape physical(4);
  for (size_t axis = 0; axis < 4; ++axis) physical[layout[axis]] = shape[axis];
  return physical;
}

// Gives every tensor a layout, beginning with one for the input, and rewrites the graph for NCHW
// memory. A Transpose then only changes the layout, whatever lies between it and its counterpart.
class LayoutRewriter {
 public:
  LayoutRewriter(Graph& graph, const Layout& input_layout)
      : graph_(graph), layouts_(graph.values.size(), kNchw), renamed_(graph.values.size()) {
    for (size_t i = 0; i < renamed_.size(); ++i) renamed_[i] = static_cast<ValueId>(i);
    layouts_[static_cast<size_t>(graph.input)] = input_layout;
  }

  Status Rewrite() {
    std::vector<bool> removed(graph_.nodes.size(), false);
    for (size_t i = 0; i < graph_.nodes.size(); ++i) {
      Node& node = graph_.nodes[i];
      if (const auto* transpose = std::get_if<Transpose>(&node.operation)) {
        RemoveTranspose(node, *transpose);
        removed[i] = true;
      } else {
        const Status status = RewriteNode(node);
        if (!status.ok()) return AtNode(node, status);
      }
    }
    const Layout& output_layout = LayoutOf(graph_.output);
    if (output_layout != kNchw && output_layout != LayoutOf(graph_.input)) {
      return Status(StatusCode::kModelOp,
                    "the output's axes are in another order than the input's; [N, C, H, W] and "
                    "[N, H, W, C] are supported");
    }
    SetPhysicalShapes();
    graph_.output = Renamed(graph_.output);
    EraseNodes(graph_, removed);
    return Status::Ok();
  }

 private:
  const Layout& LayoutOf(ValueId id) const { return layouts_[static_cast<size_t>(id)]; }
  ValueId Renamed(ValueId id) const { return renamed_[static_cast<size_t>(id)]; }

  void RemoveTranspose(const Node& node, const Transpose& transpose) {
    const Layout& from = LayoutOf(node.inputs[0]);
    Layout to;
    for (size_t axis = 0; axis < 4; ++axis) {
      to[axis] = from[static_cast<size_t>(transpose.permutation[axis])];
    }
    layouts_[static_cast<size_t>(node.output)] = to;
    renamed_[static_cast<size_t>(node.output)] = Renamed(node.inputs[0]);
  }

  Status RewriteNode(Node& node) {
    TESSERA_ASSIGN_OR_RETURN(const Layout layout, CommonLayout(node));
    if (auto* concat = std::get_if<Concat>(&node.operation)) {
      concat->axis = static_cast<int64_t>(layout[static_cast<size_t>(concat->axis)]);
      if (concat->axis != kChannelAxis) {
        return Status(StatusCode::kModelOp, "only channels can be joined (axis 1 of NCHW)");
      }
    }
    const bool any_layout = IsElementwise(node) || std::holds_alternative<Concat>(node.operation);
    if (!any_layout && layout != kNchw) {
      return Status(StatusCode::kModelOp,
                    "its input is not in NCHW order; Transposes are supported around parts of the "
                    "network that work on NCHW");
    }
    layouts_[static_cast<size_t>(node.output)] = layout;
    const bool convolution_like = std::holds_alternative<Conv>(node.operation) ||
                                  std::holds_alternative<BatchNormalization>(node.operation);
    for (ValueId& id : node.inputs) {
      if (!graph_.value(id).constant) {
        id = Renamed(id);
      } else if (!convolution_like) {
        TESSERA_ASSIGN_OR_RETURN(id, PerChannel(node, id, layout));
      }
    }
    return Status::Ok();
  }

  static bool IsElementwise(const Node& node) {
    return std::holds_alternative<Clip>(node.operation) ||
           std::holds_alternative<LeakyRelu>(node.operation) ||
           std::holds_alternative<PRelu>(node.operation) ||
           std::holds_alternative<Unary>(node.operation) ||
           std::holds_alternative<FakeQuantize>(node.operation) ||
           std::holds_alternative<Binary>(node.operation);
  }

  // The layout of a node's inputs, which must agree. Ranks other than 4 have none.
  Result<Layout> CommonLayout(const Node& node) const {
    const Layout* common = nullptr;
    for (const ValueId id : node.inputs) {
      if (graph_.value(id).constant) continue;
      if (graph_.value(id).shape.size() != 4) {
        return Status(StatusCode::kModelOp, "its input has shape " +
                                                ShapeToString(graph_.value(id).shape) +
                                                "; only images are supported");
      }
      if (common && *common != LayoutOf(id)) {
        return Status(StatusCode::kModelOp, "its inputs have their axes in different orders");
      }
      common = &LayoutOf(id);
    }
    return common ? *common : kNchw;
  }

  // A constant operand as one element, or one per channel.
  Result<ValueId> PerChannel(const Node& node, ValueId id, const Layout& layout) {
    const Value& constant = graph_.value(id);
    std::vector<float> elements = constant.constant->floats;
    const std::string name = constant.name;
    const bool uniform =
        !elements.empty() && std::all_of(elements.begin(), elements.end(),
                                         [&](float element) { return element == elements[0]; });
    // Broadcasting a uniform tensor is the same as broadcasting its element, unless it widens.
    if (elements.size() == 1 || (uniform && !Widens(node, constant.shape))) {
      elements.resize(1);
    } else if (!VariesAlongChannels(node, constant.shape, layout)) {
      return Status(StatusCode::kUnsupported,
                    "the constant '" + name + "' of shape " + ShapeToString(constant.shape) +
                        " varies over the image; one element, or one per channel, is supported");
    }
    return AddPerChannelConstant(graph_, name, std::move(elements));
  }

  // True when some extent of the constant is larger than the tensor's.
  bool Widens(const Node& node, const Shape& shape) const {
    for (const ValueId id : node.inputs) {
      const Value& other = graph_.value(id);
      if (other.constant) continue;
      if (shape.size() > 4) return true;
      for (size_t i = 0; i < shape.size(); ++i) {
        const int64_t own = shape[shape.size() - 1 - i];
        const int64_t extent = logical_shape(id)[3 - i];
        if (own != 1 && extent != own) return true;
      }
    }
    return false;
  }

  const Shape& logical_shape(ValueId id) const { return graph_.value(id).shape; }

  static bool VariesAlongChannels(const Node& node, const Shape& shape, const Layout& layout) {
    if (shape.size() > 4) return false;
    // Some exporters write PRelu's slopes as a plain vector of channels.
    if (shape.size() == 1 && std::holds_alternative<PRelu>(node.operation)) return true;
    for (size_t i = 0; i < shape.size(); ++i) {
      const size_t axis = 4 - shape.size() + i;
      if (shape[i] != 1 && layout[axis] != kChannelAxis) return false;
    }
    return true;
  }

  void SetPhysicalShapes() {
    for (size_t i = 0; i < layouts_.size(); ++i) {
      Value& value = graph_.values[i];
      if (!value.constant && value.shape.size() == 4) {
        value.shape = ToPhysical(value.shape, layouts_[i]);
      }
    }
  }

  Graph& graph_;
  std::vector<Layout> layouts_;   // per value
  std::vector<ValueId> renamed_;  // per value: where it lies once Transposes are gone
};

bool MayBeChannels(int64_t extent) { return extent >= 1 && extent <= 4; }

bool HasTranspose(const Graph& graph) {
  return std::any_of(graph.nodes.begin(), graph.nodes.end(), [](const Node& node) {
    return std::holds_alternative<Transpose>(node.operation);
  });
}

}  // namespace

Status RemoveTransposes(Graph& graph) {
  if (!HasTranspose(graph)) return LayoutRewriter(graph, kNchw).Rewrite();
  // The file does not say which order its input has; the network only makes sense with one.
  Graph as_nhwc = graph;
  Status nhwc = LayoutRewriter(as_nhwc, kNhwc).Rewrite();
  if (nhwc.ok()) {
    graph = std::move(as_nhwc);
    return nhwc;
  }
  const bool declares_nhwc = MayBeChannels(graph.value(graph.input).shape[3]) &&
                             !MayBeChannels(graph.value(graph.input).shape[1]);
  const Status nchw = LayoutRewriter(graph, kNchw).Rewrite();
  return !nchw.ok() && declares_nhwc ? nhwc : nchw;
}

}  // namespace tessera
