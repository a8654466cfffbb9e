#include "graph/export_onnx.h"

#include <array>
#include <cmath>
#include <cstdint>
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

// Scales per channel came with operator set 13, Gelu with 20; the IR versions are those of the ONNX
// releases that defined them.
constexpr int64_t kOpset = 13;
constexpr int64_t kIrVersion = 8;
constexpr int64_t kGeluOpset = 20;
constexpr int64_t kGeluIrVersion = 9;

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
    model_.opset_version = kOpset;
    model_.ir_version = kIrVersion;
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
    const bool nearest = resize.mode == Resize::Mode::kNearest;
    const std::string scales = AddFloats(
        node_->name + ".scales", {4},
        {1.0f, 1.0f, static_cast<float>(resize.scale[0]), static_cast<float>(resize.scale[1])});
    std::vector<Attribute> attributes = {
        StringAttribute("mode", ResizeModeName(resize.mode)),
        StringAttribute("coordinate_transformation_mode", CoordinatesName(resize.coordinates))};
    if (nearest) {
      attributes.push_back(StringAttribute("nearest_mode", RoundingName(resize.rounding)));
    }
    if (resize.mode == Resize::Mode::kCubic) {
      attributes.push_back(FloatAttribute("cubic_coeff_a", resize.cubic_a));
    }
    AddNode("Resize", {In(0), "", scales}, std::move(attributes));
  }

  void operator()(const Pad& pad) {
    const std::string pads =
        AddInts(node_->name + ".pads", DataType::kInt64, {8},
                {0, 0, pad.begin[0], pad.begin[1], 0, 0, pad.end[0], pad.end[1]});
    AddNode("Pad", {In(0), pads, AddFloats(node_->name + ".value", {}, {pad.value})},
            {StringAttribute("mode", "constant")});
  }

  void operator()(const BatchNormalization& normalization) {
    AddNode("BatchNormalization", {In(0), In(1), In(2), In(3), In(4)},
            {FloatAttribute("epsilon", normalization.epsilon)});
  }

  void operator()(const Transpose& transpose) {
    AddNode("Transpose", {In(0)}, {IntsAttribute("perm", transpose.permutation)});
  }

  void operator()(const Unary& unary) {
    if (unary.kind == Unary::Kind::kGelu) {
      model_.opset_version = kGeluOpset;
      model_.ir_version = kGeluIrVersion;
    }
    AddNode(OperationName(unary), {In(0)});
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
  std::vector<std::string> constants_;  // per value: the name of the constant in the file
  std::vector<bool> taken_;             // per value: whether its own name is in use
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
