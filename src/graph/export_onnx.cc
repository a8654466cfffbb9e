#include "graph/export_onnx.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "graph/metadata.h"
#include "graph/track_quantization.h"
#include "graph/validate.h"
#include "onnx/proto.h"
#include "onnx/writer.h"

namespace tessera {
namespace {

using onnx::Attribute;
using onnx::AttributeType;
using onnx::DataType;

// Scales per channel came with operator set 13, HardSwish with 14, Mish, antialiased Resize and
// axes as inputs of all reductions with 18, Pad's wrap with 19, Gelu with 20; the IR versions are
// those of the ONNX releases that defined them.
constexpr int64_t kOpset = 13;
constexpr int64_t kIrVersion = 8;
constexpr int64_t kNewOpset = 20;
constexpr int64_t kNewIrVersion = 9;

// Whether the node needs an operator that kOpset does not have.
bool NeedsNewOpset(const Node& node) {
  if (const auto* unary = std::get_if<Unary>(&node.operation)) {
    switch (unary->kind) {
      case Unary::Kind::kGelu:
      case Unary::Kind::kGeluTanh:
      case Unary::Kind::kMish:
      case Unary::Kind::kHardSwish:
        return true;
      default:
        return false;
    }
  }
  if (const auto* resize = std::get_if<Resize>(&node.operation)) return resize->antialias;
  const auto* pad = std::get_if<Pad>(&node.operation);
  return pad && pad->mode == Pad::Mode::kWrap;
}

Attribute IntAttribute(const char* name, int64_t value) {
  Attribute attribute;
  attribute.name = name;
  attribute.type = AttributeType::kInt;
  attribute.i = value;
  return attribute;
}

Attribute FloatAttribute(const char* name, float value) {
  Attribute attribute;
  attribute.name = name;
  attribute.type = AttributeType::kFloat;
  attribute.f = value;
  return attribute;
}

Attribute StringAttribute(const char* name, std::string value) {
  Attribute attribute;
  attribute.name = name;
  attribute.type = AttributeType::kString;
  attribute.s = std::move(value);
  return attribute;
}

Attribute IntsAttribute(const char* name, std::vector<int64_t> values) {
  Attribute attribute;
  attribute.name = name;
  attribute.type = AttributeType::kInts;
  attribute.ints = std::move(values);
  return attribute;
}

template <size_t N>
Attribute IntsAttribute(const char* name, const std::array<int64_t, N>& values) {
  return IntsAttribute(name, std::vector<int64_t>(values.begin(), values.end()));
}

std::vector<Attribute> ConvAttributes(const Conv& conv) {
  std::vector<Attribute> attributes = {
      IntsAttribute("kernel_shape", conv.kernel), IntsAttribute("strides", conv.stride),
      IntsAttribute("dilations", conv.dilation), IntAttribute("group", conv.groups)};
  switch (conv.auto_pad) {
    case Conv::AutoPad::kExplicit:
      attributes.push_back(IntsAttribute(
          "pads", {conv.pads_begin[0], conv.pads_begin[1], conv.pads_end[0], conv.pads_end[1]}));
      break;
    case Conv::AutoPad::kSameUpper:
      attributes.push_back(StringAttribute("auto_pad", "SAME_UPPER"));
      break;
    case Conv::AutoPad::kSameLower:
      attributes.push_back(StringAttribute("auto_pad", "SAME_LOWER"));
      break;
    case Conv::AutoPad::kValid:
      attributes.push_back(StringAttribute("auto_pad", "VALID"));
      break;
  }
  return attributes;
}

const char* CoordinatesName(Resize::Coordinates coordinates) {
  switch (coordinates) {
    case Resize::Coordinates::kHalfPixel:
      return "half_pixel";
    case Resize::Coordinates::kPytorchHalfPixel:
      return "pytorch_half_pixel";
    case Resize::Coordinates::kAsymmetric:
      return "asymmetric";
    case Resize::Coordinates::kAlignCorners:
      break;
  }
  return "align_corners";
}

const char* RoundingName(Resize::Rounding rounding) {
  switch (rounding) {
    case Resize::Rounding::kRoundPreferFloor:
      return "round_prefer_floor";
    case Resize::Rounding::kRoundPreferCeil:
      return "round_prefer_ceil";
    case Resize::Rounding::kFloor:
      return "floor";
    case Resize::Rounding::kCeil:
      break;
  }
  return "ceil";
}

// Names that nothing else in the file has.
class NameTable {
 public:
  std::string Make(const std::string& wanted) {
    int& uses = uses_[wanted];
    if (uses++ == 0) return wanted;
    // A number in use already, "x" twice beside an "x_2", is passed over.
    for (;; ++uses) {
      std::string name = wanted + "_" + std::to_string(uses);
      if (uses_.emplace(name, 1).second) return name;
    }
  }

 private:
  std::unordered_map<std::string, int> uses_;  // how often a name was wanted
};

// Biases as int32: code * scale.
struct IntegerBias {
  std::vector<int64_t> codes;
  std::vector<float> scales;
};

std::optional<IntegerBias> ToIntegers(const std::vector<float>& bias, float input_scale,
                                      const std::vector<float>& weight_scales) {
  IntegerBias integers;
  for (const float scale : weight_scales) integers.scales.push_back(input_scale * scale);
  for (size_t i = 0; i < bias.size(); ++i) {
    const float scale = integers.scales[integers.scales.size() == 1 ? 0 : i];
    if (!std::isnormal(scale)) return std::nullopt;
    const double code = std::nearbyint(static_cast<double>(bias[i]) / static_cast<double>(scale));
    if (!(std::abs(code) <= static_cast<double>(INT32_MAX))) return std::nullopt;
    integers.codes.push_back(static_cast<int64_t>(code));
  }
  return integers;
}

// Translates one graph. Values keep their names where those are unique.
class Exporter {
 public:
  explicit Exporter(const Graph& graph)
      : graph_(graph),
        quantization_(TrackQuantization(graph)),
        names_(graph.values.size()),
        constants_(graph.values.size()),
        taken_(graph.values.size(), false) {}

  onnx::Model Export() {
    const bool is_new = std::any_of(graph_.nodes.begin(), graph_.nodes.end(), NeedsNewOpset);
    model_.opset_version = is_new ? kNewOpset : kOpset;
    model_.ir_version = is_new ? kNewIrVersion : kIrVersion;
    model_.metadata = FormatMetadata(graph_.info);
    NameValues();
    model_.inputs = {Describe(graph_.input, "height", "width")};
    model_.outputs = {Describe(graph_.output, "output_height", "output_width")};
    for (const Node& node : graph_.nodes) {
      node_ = &node;
      std::visit(*this, node.operation);
    }
    return std::move(model_);
  }

  void operator()(const Conv& conv) {
    const std::string& output = NameOf(node_->output);
    const bool limited = std::isfinite(conv.min) || std::isfinite(conv.max);
    const std::string unlimited = limited ? values_.Make(output + ".unlimited") : output;
    std::vector<std::string> inputs = {In(0), In(1)};
    if (node_->inputs.size() > 2) inputs.push_back(Bias());
    Add("Conv", nodes_.Make(node_->name), std::move(inputs), unlimited, ConvAttributes(conv));
    if (limited) AddClip({conv.min, conv.max}, node_->name + ".limits", unlimited);
  }

  void operator()(const Clip& clip) { AddClip(clip, node_->name, In(0)); }
  void operator()(const LeakyRelu& leaky_relu) {
    AddNode("LeakyRelu", {In(0)}, {FloatAttribute("alpha", leaky_relu.alpha)});
  }
  void operator()(const PRelu&) { AddNode("PRelu", {In(0), In(1)}); }
  void operator()(const Binary& binary) { AddNode(OperationName(binary), {In(0), In(1)}); }

  void operator()(const Concat& concat) {
    std::vector<std::string> inputs;
    for (size_t i = 0; i < node_->inputs.size(); ++i) inputs.push_back(In(i));
    AddNode("Concat", std::move(inputs), {IntAttribute("axis", concat.axis)});
  }

  void operator()(const DepthToSpace& depth_to_space) {
    const bool crd = depth_to_space.order == DepthToSpace::Order::kCrd;
    AddNode("DepthToSpace", {In(0)},
            {IntAttribute("blocksize", depth_to_space.block),
             StringAttribute("mode", crd ? "CRD" : "DCR")});
  }

  void operator()(const Resize& resize) {
    std::vector<Attribute> attributes = {
        StringAttribute("mode", ResizeModeName(resize.mode)),
        StringAttribute("coordinate_transformation_mode", CoordinatesName(resize.coordinates))};
    if (resize.mode == Resize::Mode::kNearest) {
      attributes.push_back(StringAttribute("nearest_mode", RoundingName(resize.rounding)));
    }
    if (resize.mode == Resize::Mode::kCubic) {
      attributes.push_back(FloatAttribute("cubic_coeff_a", resize.cubic_a));
    }
    if (resize.antialias) attributes.push_back(IntAttribute("antialias", 1));
    if (resize.exclude_outside) attributes.push_back(IntAttribute("exclude_outside", 1));
    if (resize.to_image) {
      AddNode("Resize", {In(0), "", "", AddImageSizes(*resize.to_image)}, std::move(attributes));
      return;
    }
    const std::string scales = AddFloats(
        node_->name + ".scales", {4},
        {1.0f, 1.0f, static_cast<float>(resize.scale[0]), static_cast<float>(resize.scale[1])});
    AddNode("Resize", {In(0), "", scales}, std::move(attributes));
  }

  void operator()(const Pad& pad) {
    const std::string pads =
        AddInts(node_->name + ".pads", DataType::kInt64, {8},
                {0, 0, pad.begin[0], pad.begin[1], 0, 0, pad.end[0], pad.end[1]});
    std::vector<std::string> inputs = {In(0), pads};
    if (pad.mode == Pad::Mode::kConstant) {
      inputs.push_back(AddFloats(node_->name + ".value", {}, {pad.value}));
    }
    AddNode("Pad", std::move(inputs), {StringAttribute("mode", PadModeName(pad.mode))});
  }

  void operator()(const SpaceToDepth& space_to_depth) {
    AddNode("SpaceToDepth", {In(0)}, {IntAttribute("blocksize", space_to_depth.block)});
  }

  void operator()(const SelectChannels& select) {
    const auto count = static_cast<int64_t>(select.source.size());
    AddNode("Gather",
            {In(0), AddInts(node_->name + ".channels", DataType::kInt64, {count}, select.source)},
            {IntAttribute("axis", 1)});
  }

  void operator()(const Pool& pool) {
    std::vector<Attribute> attributes = {
        IntsAttribute("kernel_shape", pool.kernel), IntsAttribute("strides", pool.stride),
        IntsAttribute("pads",
                      {pool.pads_begin[0], pool.pads_begin[1], pool.pads_end[0], pool.pads_end[1]}),
        IntAttribute("ceil_mode", pool.ceil_mode ? 1 : 0)};
    if (pool.kind == Pool::Kind::kMax) {
      attributes.push_back(IntsAttribute("dilations", pool.dilation));
    } else {
      attributes.push_back(IntAttribute("count_include_pad", pool.count_include_pad ? 1 : 0));
    }
    AddNode(OperationName(pool), {In(0)}, std::move(attributes));
  }

  void operator()(const Reduce& reduce) {
    // ReduceSum takes its axes as an input since operator set 13, the others since 18.
    if (reduce.kind == Reduce::Kind::kSum) {
      const auto count = static_cast<int64_t>(reduce.axes.size());
      AddNode("ReduceSum",
              {In(0), AddInts(node_->name + ".axes", DataType::kInt64, {count}, reduce.axes)});
      return;
    }
    if (model_.opset_version >= kNewOpset) {
      const auto count = static_cast<int64_t>(reduce.axes.size());
      AddNode(OperationName(reduce),
              {In(0), AddInts(node_->name + ".axes", DataType::kInt64, {count}, reduce.axes)});
      return;
    }
    AddNode(OperationName(reduce), {In(0)}, {IntsAttribute("axes", reduce.axes)});
  }

  void operator()(const Softmax& softmax) {
    AddNode(OperationName(softmax), {In(0)}, {IntAttribute("axis", softmax.axis)});
  }

  void operator()(const MatMul&) { AddNode("MatMul", {In(0), In(1)}); }
  void operator()(const Relayout&) { AddNode("Identity", {In(0)}); }

  // Shapes that follow from the image's are computed in the file, by nodes in front.
  void operator()(const Reshape& reshape) {
    AddNode("Reshape", {In(0), AddExtents(node_->name + ".shape", reshape.shape)});
  }
  void operator()(const Expand& expand) {
    AddNode("Expand", {In(0), AddExtents(node_->name + ".shape", expand.shape)});
  }
  void operator()(const Slice& slice) {
    AddNode("Slice", {In(0), AddExtents(node_->name + ".start", {slice.start}),
                      AddExtents(node_->name + ".end", {slice.end}),
                      AddInts(node_->name + ".axis", DataType::kInt64, {1}, {slice.axis}),
                      AddInts(node_->name + ".step", DataType::kInt64, {1}, {slice.step})});
  }
  void operator()(const Gather& gather) {
    const auto count = static_cast<int64_t>(gather.indices.size());
    AddNode("Gather",
            {In(0), AddInts(node_->name + ".indices", DataType::kInt64, {count}, gather.indices)},
            {IntAttribute("axis", gather.axis)});
  }

  void operator()(const BatchNormalization& normalization) {
    AddNode("BatchNormalization", {In(0), In(1), In(2), In(3), In(4)},
            {FloatAttribute("epsilon", normalization.epsilon)});
  }

  void operator()(const Transpose& transpose) {
    AddNode("Transpose", {In(0)}, {IntsAttribute("perm", transpose.permutation)});
  }

  void operator()(const Unary& unary) {
    std::vector<Attribute> attributes;
    switch (unary.kind) {
      case Unary::Kind::kSilu: {
        const std::string gate = values_.Make(NameOf(node_->output) + ".gate");
        Add("Sigmoid", nodes_.Make(node_->name + ".sigmoid"), {In(0)}, gate);
        AddNode("Mul", {In(0), gate});
        return;
      }
      case Unary::Kind::kGeluTanh:
        attributes = {StringAttribute("approximate", "tanh")};
        break;
      case Unary::Kind::kElu:
      case Unary::Kind::kCelu:
      case Unary::Kind::kThresholdedRelu:
        attributes = {FloatAttribute("alpha", unary.alpha)};
        break;
      case Unary::Kind::kSelu:
        attributes = {FloatAttribute("alpha", unary.alpha), FloatAttribute("gamma", unary.beta)};
        break;
      case Unary::Kind::kHardSigmoid:
        attributes = {FloatAttribute("alpha", unary.alpha), FloatAttribute("beta", unary.beta)};
        break;
      default:
        break;
    }
    AddNode(OperationName(unary), {In(0)}, std::move(attributes));
  }

  void operator()(const FakeQuantize& fake) {
    const Quantization& quantization = fake.quantization;
    const std::string& output = NameOf(node_->output);
    const std::string codes = values_.Make(output + ".codes");
    const std::string scale = AddFloats(output + ".scale", {}, {quantization.scale});
    const std::string zero_point =
        AddInts(output + ".zero_point", quantization.is_signed ? DataType::kInt8 : DataType::kUint8,
                {}, {quantization.zero_point});
    Add("QuantizeLinear", nodes_.Make(node_->name), {In(0), scale, zero_point}, codes);
    Add("DequantizeLinear", nodes_.Make(node_->name + ".dequantize"), {codes, scale, zero_point},
        output);
  }

 private:
  // The input first, and then in the order of the graph, so that what has to be renamed is what
  // comes later.
  void NameValues() {
    const auto name = [&](ValueId id) {
      std::string& own = names_[static_cast<size_t>(id)];
      if (!own.empty()) return;
      const std::string& wanted = graph_.value(id).name;
      own = values_.Make(wanted.empty() ? "value" : wanted);
    };
    name(graph_.input);
    name(graph_.output);
    for (const Node& node : graph_.nodes) {
      for (const ValueId id : node.inputs) name(id);
      name(node.output);
    }
  }

  const std::string& NameOf(ValueId id) const { return names_[static_cast<size_t>(id)]; }

  onnx::ValueInfo Describe(ValueId id, const char* height, const char* width) const {
    onnx::ValueInfo info;
    info.name = NameOf(id);
    info.element_type = DataType::kFloat;
    info.has_shape = true;
    info.shape = graph_.value(id).shape;
    info.symbols = {"batch", "channels", height, width};
    return info;
  }

  /// The name of an input of the current node. Writes it first when it is a constant.
  std::string In(size_t input) {
    const ValueId id = node_->inputs[input];
    const Value& value = graph_.value(id);
    if (!value.constant) return NameOf(id);
    std::string& name = constants_[static_cast<size_t>(id)];
    if (!name.empty()) return name;
    name = TakeName(id);
    const auto& quantized = value.constant->quantized;
    if (quantized) {
      const std::vector<int64_t> codes(quantized->codes.begin(), quantized->codes.end());
      AddDequantized(name, DataType::kInt8, value.shape, codes, quantized->scales);
    } else {
      AddTensor(name, DataType::kFloat, value.shape).floats = value.constant->floats;
    }
    return name;
  }

  /// The bias of the current node, a convolution: int32 where its accumulators are.
  std::string Bias() {
    const std::optional<Quantization>& x = quantization_[static_cast<size_t>(node_->inputs[0])];
    const auto& weights = graph_.value(node_->inputs[1]).constant->quantized;
    if (!x || !weights) return In(2);
    const Value& bias = graph_.value(node_->inputs[2]);
    const auto integers = ToIntegers(bias.constant->floats, x->scale, weights->scales);
    if (!integers) return In(2);
    std::string name = TakeName(node_->inputs[2]);
    AddDequantized(name, DataType::kInt32, bias.shape, integers->codes, integers->scales);
    return name;
  }

  /// The constant's own name, or another one when it is written in several forms: as the bias of
  /// convolutions with different scales.
  std::string TakeName(ValueId id) {
    if (taken_[static_cast<size_t>(id)]) return values_.Make(NameOf(id));
    taken_[static_cast<size_t>(id)] = true;
    return NameOf(id);
  }

  void AddDequantized(const std::string& name, DataType type, const Shape& shape,
                      std::vector<int64_t> codes, const std::vector<float>& scales) {
    const bool per_channel = scales.size() > 1;
    const Shape extents = per_channel ? Shape{static_cast<int64_t>(scales.size())} : Shape{};
    std::vector<std::string> inputs = {AddInts(name + ".codes", type, shape, std::move(codes)),
                                       AddFloats(name + ".scale", extents, scales)};
    // Programs that fuse pairs into integer operators look for the zero points of weights; those of
    // int32 are zero by definition.
    if (type != DataType::kInt32) {
      inputs.push_back(
          AddInts(name + ".zero_point", type, extents, std::vector<int64_t>(scales.size(), 0)));
    }
    std::vector<Attribute> attributes;
    if (per_channel) attributes.push_back(IntAttribute("axis", 0));
    Add("DequantizeLinear", nodes_.Make(name + ".dequantize"), std::move(inputs), name,
        std::move(attributes));
  }

  void AddClip(const Clip& clip, const std::string& name, const std::string& input) {
    const bool is_relu = clip.min == 0.0f && std::isinf(clip.max);
    std::vector<std::string> inputs = {input};
    if (!is_relu) {
      const auto limit = [&](const char* which, float value) {
        return std::isinf(value) ? "" : AddFloats(name + which, {}, {value});
      };
      inputs.push_back(limit(".min", clip.min));
      inputs.push_back(limit(".max", clip.max));
    }
    Add(is_relu ? "Relu" : "Clip", nodes_.Make(name), std::move(inputs), NameOf(node_->output));
  }

  onnx::Tensor& AddTensor(const std::string& name, DataType type, const Shape& dims) {
    onnx::Tensor tensor;
    tensor.name = name;
    tensor.data_type = type;
    tensor.dims = dims;
    model_.initializers.push_back(std::move(tensor));
    return model_.initializers.back();
  }

  std::string AddFloats(const std::string& wanted, const Shape& dims, std::vector<float> elements) {
    std::string name = values_.Make(wanted);
    AddTensor(name, DataType::kFloat, dims).floats = std::move(elements);
    return name;
  }

  std::string AddInts(const std::string& wanted, DataType type, const Shape& dims,
                      std::vector<int64_t> elements) {
    std::string name = values_.Make(wanted);
    AddTensor(name, type, dims).ints = std::move(elements);
    return name;
  }

  // Height (axis 0) or width of the image that enters the network, as a tensor of one element.
  std::string ImageExtent(size_t axis) {
    std::string& name = image_extents_[axis];
    if (!name.empty()) return name;
    name = values_.Make(axis == 0 ? "image.height" : "image.width");
    const std::string shape = values_.Make(name + ".shape");
    Add("Shape", nodes_.Make(shape), {NameOf(graph_.input)}, shape);
    const std::string index =
        AddInts(name + ".axis", DataType::kInt64, {1}, {static_cast<int64_t>(axis) + 2});
    Add("Gather", nodes_.Make(name), {shape, index}, name, {IntAttribute("axis", 0)});
    return name;
  }

  std::string AddArithmetic(const char* op_type, const std::string& wanted, const std::string& a,
                            const std::string& b) {
    std::string name = values_.Make(wanted);
    Add(op_type, nodes_.Make(name), {a, b}, name);
    return name;
  }

  // One extent as a tensor of one element: its parts over a common denominator.
  std::string AddExtent(const std::string& wanted, const Extent& extent) {
    if (extent.Whole()) return AddInts(wanted, DataType::kInt64, {1}, {*extent.Whole()});
    int64_t denominator = 1;
    for (const Rational part : {extent.one(), extent.height(), extent.width(), extent.area()}) {
      denominator = std::lcm(denominator, part.denominator());
    }
    std::string sum;
    const auto add = [&](Rational part, const std::string& unit) {
      const int64_t times = (part * Rational(denominator)).numerator();
      if (times == 0) return;
      std::string term = AddInts(wanted + ".factor", DataType::kInt64, {1}, {times});
      if (!unit.empty()) term = AddArithmetic("Mul", wanted + ".term", unit, term);
      sum = sum.empty() ? term : AddArithmetic("Add", wanted + ".sum", sum, term);
    };
    if (!(extent.area() == 0)) {
      add(extent.area(), AddArithmetic("Mul", wanted + ".area", ImageExtent(0), ImageExtent(1)));
    }
    if (!(extent.height() == 0)) add(extent.height(), ImageExtent(0));
    if (!(extent.width() == 0)) add(extent.width(), ImageExtent(1));
    add(extent.one(), "");
    if (denominator == 1) return sum;
    return AddArithmetic("Div", wanted, sum,
                         AddInts(wanted + ".divisor", DataType::kInt64, {1}, {denominator}));
  }

  std::string AddExtents(const std::string& wanted, const std::vector<Extent>& extents) {
    std::vector<int64_t> whole;
    for (const Extent& extent : extents) {
      if (extent.Whole()) whole.push_back(*extent.Whole());
    }
    const auto count = static_cast<int64_t>(extents.size());
    if (whole.size() == extents.size()) {
      return AddInts(wanted, DataType::kInt64, {count}, std::move(whole));
    }
    std::vector<std::string> parts;
    parts.reserve(extents.size());
    for (const Extent& extent : extents) parts.push_back(AddExtent(wanted + ".part", extent));
    std::string name = values_.Make(wanted);
    Add("Concat", nodes_.Make(name), std::move(parts), name, {IntAttribute("axis", 0)});
    return name;
  }

  // What a Resize of the current node's input to fractions of the image takes as sizes.
  std::string AddImageSizes(const std::array<Rational, 2>& fractions) {
    const std::string wanted = node_->name + ".sizes";
    const std::string shape = values_.Make(wanted + ".shape");
    Add("Shape", nodes_.Make(shape), {In(0)}, shape);
    const std::string front = values_.Make(wanted + ".front");
    Add("Gather", nodes_.Make(front),
        {shape, AddInts(wanted + ".axes", DataType::kInt64, {2}, {0, 1})}, front,
        {IntAttribute("axis", 0)});
    std::vector<std::string> parts = {front};
    parts.push_back(AddExtent(wanted + ".height", Extent(0, fractions[0], 0, 0)));
    parts.push_back(AddExtent(wanted + ".width", Extent(0, 0, fractions[1], 0)));
    std::string name = values_.Make(wanted);
    Add("Concat", nodes_.Make(name), std::move(parts), name, {IntAttribute("axis", 0)});
    return name;
  }

  // The current node, as one operator.
  void AddNode(const char* op_type, std::vector<std::string> inputs,
               std::vector<Attribute> attributes = {}) {
    Add(op_type, nodes_.Make(node_->name), std::move(inputs), NameOf(node_->output),
        std::move(attributes));
  }

  void Add(const char* op_type, std::string name, std::vector<std::string> inputs,
           const std::string& output, std::vector<Attribute> attributes = {}) {
    onnx::Node node;
    node.op_type = op_type;
    node.name = std::move(name);
    node.inputs = std::move(inputs);
    node.outputs = {output};
    node.attributes = std::move(attributes);
    model_.nodes.push_back(std::move(node));
  }

  const Graph& graph_;
  const std::vector<std::optional<Quantization>> quantization_;  // per value
  std::vector<std::string> names_;                               // per value
  std::vector<std::string> constants_;        // per value: the name of the constant in the file
  std::vector<bool> taken_;                   // per value: whether its own name is in use
  std::array<std::string, 2> image_extents_;  // see ImageExtent
  NameTable values_;
  NameTable nodes_;
  const Node* node_ = nullptr;
  onnx::Model model_;
};

}  // namespace

Result<std::string> ExportOnnx(const Graph& graph) {
  TESSERA_RETURN_IF_ERROR(Validate(graph));
  return onnx::WriteModel(Exporter(graph).Export());
}

}  // namespace tessera
