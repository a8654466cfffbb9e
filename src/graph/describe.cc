#include "graph/describe.h"

#include <cmath>
#include <cstdio>

namespace tessera {
namespace {

std::string Number(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%g", value);
  return text;
}

std::string Number(int64_t value) { return std::to_string(value); }

template <typename T>
std::string Pair(const std::array<T, 2>& pair) {
  return Number(pair[0]) + "x" + Number(pair[1]);
}

std::string Fraction(Rational fraction) {
  if (fraction.IsWhole()) return Number(fraction.numerator());
  return Number(fraction.numerator()) + "/" + Number(fraction.denominator());
}

std::string Limits(float min, float max) { return "[" + Number(min) + ", " + Number(max) + "]"; }

// The operand that is a constant, or nothing.
const Value* ConstantInput(const Graph& graph, const Node& node) {
  for (ValueId id : node.inputs) {
    if (id != kNoValue && graph.value(id).constant) return &graph.value(id);
  }
  return nullptr;
}

std::string Describe(const Graph& graph, const Node& node, const Conv& conv) {
  const Shape& weights = graph.value(node.inputs[1]).shape;
  std::string text = Pair(conv.kernel) + ", " + Number(weights[1] * conv.groups) + " to " +
                     Number(weights[0]) + " channels";
  if (conv.groups > 1) text += ", " + Number(conv.groups) + " groups";
  if (conv.stride[0] != 1 || conv.stride[1] != 1) text += ", stride " + Pair(conv.stride);
  if (conv.dilation[0] != 1 || conv.dilation[1] != 1) text += ", dilation " + Pair(conv.dilation);
  if (std::isfinite(conv.min) || std::isfinite(conv.max)) {
    text += ", clipped to " + Limits(conv.min, conv.max);
  }
  return text;
}

std::string Describe(const Graph&, const Node&, const Clip& clip) {
  return Limits(clip.min, clip.max);
}

std::string Describe(const Graph&, const Node&, const LeakyRelu& leaky_relu) {
  return "slope " + Number(leaky_relu.alpha);
}

std::string Describe(const Graph& graph, const Node& node, const PRelu&) {
  return Number(static_cast<int64_t>(graph.value(node.inputs[1]).constant->floats.size())) +
         " slopes";
}

std::string Describe(const Graph& graph, const Node& node, const Binary&) {
  return ConstantInput(graph, node) ? "with a constant" : "of two tensors";
}

std::string Describe(const Graph&, const Node& node, const Concat&) {
  return Number(static_cast<int64_t>(node.inputs.size())) + " tensors";
}

std::string Describe(const Graph&, const Node&, const DepthToSpace& depth_to_space) {
  const bool crd = depth_to_space.order == DepthToSpace::Order::kCrd;
  return "block " + Number(depth_to_space.block) + (crd ? ", CRD" : ", DCR");
}

std::string Describe(const Graph&, const Node&, const Resize& resize) {
  if (resize.to_image) {
    return std::string(ResizeModeName(resize.mode)) + ", to the image's height times " +
           Fraction((*resize.to_image)[0]) + " and width times " + Fraction((*resize.to_image)[1]);
  }
  return std::string(ResizeModeName(resize.mode)) + ", by " + Pair(resize.scale);
}

std::string Describe(const Graph&, const Node&, const SpaceToDepth& space_to_depth) {
  return "block " + Number(space_to_depth.block);
}

std::string Describe(const Graph&, const Node&, const SelectChannels& select) {
  const std::vector<int64_t>& source = select.source;
  bool adjacent = true;
  for (size_t i = 1; i < source.size(); ++i) adjacent = adjacent && source[i] == source[i - 1] + 1;
  if (adjacent && !source.empty()) {
    return "channels " + Number(source.front()) + " to " + Number(source.back());
  }
  return Number(static_cast<int64_t>(source.size())) + " channels in another order";
}

std::string Describe(const Graph&, const Node&, const Pool& pool) {
  return Pair(pool.kernel) + ", stride " + Pair(pool.stride);
}

std::string Describe(const Graph&, const Node&, const Reduce& reduce) {
  std::string text = "axes";
  for (const int64_t axis : reduce.axes) text += " " + Number(axis);
  return text;
}

std::string Describe(const Graph&, const Node&, const Softmax& softmax) {
  return "axis " + Number(softmax.axis);
}

std::string ShapeText(const std::vector<Extent>& shape) {
  std::string text = "to [";
  for (size_t i = 0; i < shape.size(); ++i) text += (i == 0 ? "" : ", ") + shape[i].ToString();
  return text + "]";
}

std::string Describe(const Graph&, const Node&, const Reshape& reshape) {
  return ShapeText(reshape.shape);
}

std::string Describe(const Graph&, const Node&, const Expand& expand) {
  return ShapeText(expand.shape);
}

std::string Describe(const Graph&, const Node&, const Slice& slice) {
  std::string text =
      "axis " + Number(slice.axis) + ", " + slice.start.ToString() + " to " + slice.end.ToString();
  if (slice.step != 1) text += ", step " + Number(slice.step);
  return text;
}

std::string Describe(const Graph&, const Node&, const Gather& gather) {
  return "axis " + Number(gather.axis) + ", " +
         Number(static_cast<int64_t>(gather.indices.size())) + " elements";
}

std::string Describe(const Graph& graph, const Node& node, const MatMul&) {
  return ConstantInput(graph, node) ? "with a constant" : "of two tensors";
}

std::string Describe(const Graph&, const Node&, const Relayout&) { return ""; }

std::string Describe(const Graph&, const Node&, const Pad& pad) {
  const std::string amounts = "begin " + Pair(pad.begin) + ", end " + Pair(pad.end);
  if (pad.mode == Pad::Mode::kConstant) return amounts + ", value " + Number(pad.value);
  return amounts + ", " + PadModeName(pad.mode);
}

std::string Describe(const Graph&, const Node&, const BatchNormalization& normalization) {
  return "epsilon " + Number(normalization.epsilon);
}

std::string Describe(const Graph&, const Node&, const Unary&) { return ""; }

std::string Describe(const Graph&, const Node&, const FakeQuantize& fake) {
  const Quantization& quantization = fake.quantization;
  return std::string(quantization.is_signed ? "int8" : "uint8") + ", scale " +
         Number(quantization.scale) + ", zero point " +
         Number(static_cast<int64_t>(quantization.zero_point));
}

std::string Describe(const Graph&, const Node&, const Transpose& transpose) {
  std::string text = "permutation";
  for (int64_t axis : transpose.permutation) text += " " + Number(axis);
  return text;
}

}  // namespace

std::string DescribeOperation(const Graph& graph, const Node& node) {
  return std::visit([&](const auto& operation) { return Describe(graph, node, operation); },
                    node.operation);
}

}  // namespace tessera
