#include "graph/import_onnx.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>

#include "graph/import/fold_known.h"
#include "graph/import/importers.h"
#include "graph/import/op_context.h"
#include "graph/infer_node.h"
#include "graph/metadata.h"

namespace tessera {
namespace {

struct Importer {
  std::string_view op_type;
  Status (*import)(OpContext& op);
  bool moves = false;  // only moves elements: takes 8-bit codes as well
};

// Alphabetical, because this list is what the error for an unknown operator shows.
constexpr std::array kImporters = {
    Importer{"Abs", ImportFunction},
    Importer{"Add", ImportAdd},
    Importer{"AveragePool", ImportPool},
    Importer{"BatchNormalization", ImportBatchNormalization},
    Importer{"Cast", ImportCast},
    Importer{"Ceil", ImportFunction},
    Importer{"Celu", ImportFunction},
    Importer{"Clip", ImportClip},
    Importer{"Concat", ImportConcat, true},
    Importer{"Constant", ImportConstant},
    Importer{"Conv", ImportConv},
    Importer{"ConvTranspose", ImportConvTranspose},
    Importer{"Cos", ImportFunction},
    Importer{"DepthToSpace", ImportDepthToSpace, true},
    Importer{"DequantizeLinear", ImportDequantizeLinear},
    Importer{"Div", ImportDiv},
    Importer{"Dropout", ImportDropout},
    Importer{"Elu", ImportFunction},
    Importer{"Erf", ImportFunction},
    Importer{"Exp", ImportFunction},
    Importer{"Expand", ImportExpand, true},
    Importer{"Flatten", ImportReshape, true},
    Importer{"Floor", ImportFunction},
    Importer{"Gather", ImportGather, true},
    Importer{"Gelu", ImportGelu},
    Importer{"Gemm", ImportGemm},
    Importer{"GlobalAveragePool", ImportGlobalAveragePool},
    Importer{"GlobalMaxPool", ImportGlobalMaxPool},
    Importer{"GroupNormalization", ImportGroupNormalization},
    Importer{"HardSigmoid", ImportFunction},
    Importer{"HardSwish", ImportFunction},
    Importer{"Identity", ImportIdentity, true},
    Importer{"InstanceNormalization", ImportInstanceNormalization},
    Importer{"LayerNormalization", ImportLayerNormalization},
    Importer{"LeakyRelu", ImportLeakyRelu},
    Importer{"Log", ImportFunction},
    Importer{"LogSoftmax", ImportLogSoftmax},
    Importer{"LpNormalization", ImportLpNormalization},
    Importer{"MatMul", ImportMatMul},
    Importer{"Max", ImportMax},
    Importer{"MaxPool", ImportPool},
    Importer{"Mean", ImportMean},
    Importer{"Min", ImportMin},
    Importer{"Mish", ImportFunction},
    Importer{"Mod", ImportMod},
    Importer{"Mul", ImportMul},
    Importer{"Neg", ImportFunction},
    Importer{"PRelu", ImportPRelu},
    Importer{"Pad", ImportPad},
    Importer{"Pow", ImportPow},
    Importer{"QuantizeLinear", ImportQuantizeLinear},
    Importer{"Reciprocal", ImportFunction},
    Importer{"ReduceL1", ImportReduceL1},
    Importer{"ReduceL2", ImportReduceL2},
    Importer{"ReduceMax", ImportReduceMax},
    Importer{"ReduceMean", ImportReduceMean},
    Importer{"ReduceMin", ImportReduceMin},
    Importer{"ReduceProd", ImportReduceProd},
    Importer{"ReduceSum", ImportReduceSum},
    Importer{"ReduceSumSquare", ImportReduceSumSquare},
    Importer{"Relu", ImportRelu},
    Importer{"Reshape", ImportReshape, true},
    Importer{"Resize", ImportResize},
    Importer{"Round", ImportFunction},
    Importer{"Selu", ImportFunction},
    Importer{"Sigmoid", ImportFunction},
    Importer{"Sign", ImportFunction},
    Importer{"Sin", ImportFunction},
    Importer{"Slice", ImportSlice, true},
    Importer{"Softmax", ImportSoftmax},
    Importer{"Softplus", ImportFunction},
    Importer{"Softsign", ImportFunction},
    Importer{"SpaceToDepth", ImportSpaceToDepth, true},
    Importer{"Split", ImportSplit, true},
    Importer{"Sqrt", ImportFunction},
    Importer{"Squeeze", ImportReshape, true},
    Importer{"Sub", ImportSub},
    Importer{"Sum", ImportSum},
    Importer{"Tanh", ImportFunction},
    Importer{"ThresholdedRelu", ImportFunction},
    Importer{"Tile", ImportTile, true},
    Importer{"Transpose", ImportTranspose, true},
    Importer{"Unsqueeze", ImportReshape, true},
    Importer{"Upsample", ImportUpsample},
};

std::string SupportedOperators() {
  std::string list;
  for (const Importer& importer : kImporters) {
    if (!list.empty()) list += ", ";
    list += importer.op_type;
  }
  return list;
}

// What the lowest and the highest code stand for.
std::array<float, 2> RangeOf(const Quantization& quantization) {
  const auto real = [&](int32_t code) {
    return static_cast<float>(code - quantization.zero_point) * quantization.scale;
  };
  return {real(quantization.lowest()), real(quantization.highest())};
}

Status BadModel(std::string message) {
  return Status(StatusCode::kModelFormat, std::move(message));
}

// Builds the graph of one model. A class only to share the names and the graph between its steps.
class ModelImporter {
 public:
  ModelImporter(onnx::Model model, bool keep_size)
      : model_(std::move(model)), keep_size_(keep_size) {}

  Result<Graph> Import() {
    TESSERA_ASSIGN_OR_RETURN(graph_.info, ParseMetadata(model_.metadata));
    TESSERA_RETURN_IF_ERROR(AddInitializers());
    TESSERA_RETURN_IF_ERROR(AddInput());
    for (size_t i = 0; i < model_.nodes.size(); ++i) {
      TESSERA_RETURN_IF_ERROR(AddNode(model_.nodes[i], i));
    }
    TESSERA_RETURN_IF_ERROR(SetOutput());
    SetCodeRanges();
    TESSERA_RETURN_IF_ERROR(CheckWeightsAreFinite());
    return std::move(graph_);
  }

 private:
  Status AddInitializers() {
    for (onnx::Tensor& tensor : model_.initializers) {
      const std::string name = tensor.name;
      if (name.empty()) return BadModel("an initializer has no name");
      const ValueId id = AddConstant(std::move(tensor), scope_, graph_);
      if (!scope_.names.emplace(name, id).second) {
        return BadModel("the initializer '" + name + "' occurs twice");
      }
    }
    return Status::Ok();
  }

  // Old files list their initializers as inputs too; what remains must be the image.
  Status AddInput() {
    const onnx::ValueInfo* image = nullptr;
    for (const onnx::ValueInfo& input : model_.inputs) {
      if (scope_.names.count(input.name) > 0) continue;
      if (image) {
        return Status(StatusCode::kUnsupported, "the model has several inputs ('" + image->name +
                                                    "', '" + input.name +
                                                    "'); networks with one image are supported");
      }
      image = &input;
    }
    if (!image) return BadModel("the model has no input");
    TESSERA_RETURN_IF_ERROR(CheckImage(*image));
    Value value;
    value.name = image->name;
    value.shape = ImageShape(*image);
    graph_.input = graph_.AddValue(std::move(value));
    scope_.names.emplace(image->name, graph_.input);
    StartShapes();
    if (IsCode(image->element_type)) {
      scope_.codes[image->name].is_signed = image->element_type == onnx::DataType::kInt8;
    }
    return Status::Ok();
  }

  static bool IsCode(onnx::DataType type) {
    return type == onnx::DataType::kInt8 || type == onnx::DataType::kUint8;
  }

  static Status CheckImage(const onnx::ValueInfo& image) {
    if (!onnx::IsFloating(image.element_type) && !IsCode(image.element_type)) {
      return Status(StatusCode::kUnsupported,
                    "the input '" + image.name +
                        "' must be floating, int8 or uint8, but has type " +
                        std::to_string(static_cast<int32_t>(image.element_type)) +
                        " of TensorProto.DataType");
    }
    if (image.has_shape && image.shape.size() != 4) {
      return Status(StatusCode::kUnsupported, "the input '" + image.name + "' has shape " +
                                                  ShapeToString(image.shape) +
                                                  "; [N, C, H, W] or [N, H, W, C] is supported");
    }
    if (image.has_shape && image.shape[0] > 1) {
      return Status(StatusCode::kUnsupported, "the input '" + image.name + "' is a batch of " +
                                                  std::to_string(image.shape[0]) +
                                                  " images; export the model for one");
    }
    return Status::Ok();
  }

  // Which axes of the image are its height and width, and what the file says of their extents.
  void StartShapes() {
    Value& input = graph_.value(graph_.input);
    const size_t first = IsNhwc(input.shape) ? 1 : 2;
    std::optional<ImageSize> declared;
    if (input.shape[first] != kUnknownDim && input.shape[first + 1] != kUnknownDim) {
      declared = ImageSize{input.shape[first], input.shape[first + 1]};
    }
    if (keep_size_ && declared) {
      graph_.fixed_size = {declared->height, declared->width};
      scope_.shapes = SymbolicShapes(graph_, first, first + 1, std::nullopt);
      return;
    }
    scope_.shapes = SymbolicShapes(graph_, first, first + 1, declared);
    // Networks run on any size; what the file fixes is asked for by DeclaredShape.
    input.shape[first] = kUnknownDim;
    input.shape[first + 1] = kUnknownDim;
  }

  // By the extents, or by what the network does first.
  bool IsNhwc(const Shape& shape) const {
    const auto may_be_channels = [](int64_t extent) { return extent >= 1 && extent <= 4; };
    if (may_be_channels(shape[1])) return false;
    if (may_be_channels(shape[3])) return true;
    if (shape[1] != kUnknownDim) return false;
    for (const onnx::Node& node : model_.nodes) {
      if (node.op_type != "Transpose" || node.inputs.empty()) continue;
      if (node.inputs[0] != graph_.value(graph_.input).name) continue;
      const std::vector<int64_t> to_nchw = {0, 3, 1, 2};
      return std::any_of(node.attributes.begin(), node.attributes.end(),
                         [&](const onnx::Attribute& a) { return a.ints == to_nchw; });
    }
    return false;
  }

  static Shape ImageShape(const onnx::ValueInfo& image) {
    Shape shape = image.has_shape ? image.shape : Shape(4, kUnknownDim);
    shape[0] = 1;
    for (int64_t& extent : shape) {
      // Some exporters write 0 for an extent that is free.
      if (extent < 1 || extent > INT32_MAX / 4096) extent = kUnknownDim;
    }
    return shape;
  }

  Status AddNode(const onnx::Node& node, size_t index) {
    const std::string name =
        node.name.empty() ? node.op_type + "_" + std::to_string(index) : node.name;
    OpContext op(node, name, model_.opset_version, scope_, graph_);
    TESSERA_ASSIGN_OR_RETURN(const bool folded, FoldKnown(op));
    if (folded) return op.CheckAllAttributesUsed();
    for (const Importer& importer : kImporters) {
      if (importer.op_type != node.op_type) continue;
      if (importer.moves) TESSERA_RETURN_IF_ERROR(op.AllowCodes());
      TESSERA_RETURN_IF_ERROR(importer.import(op));
      return op.CheckAllAttributesUsed();
    }
    std::string message = "operator " + node.op_type + " of node '" + name +
                          "' is not supported; supported are " + SupportedOperators();
    if (onnx::ComputesOnCodes(node.op_type)) message.append("; ").append(onnx::kQdqHint);
    return Status(StatusCode::kModelOp, std::move(message));
  }

  Status SetOutput() {
    if (model_.outputs.size() != 1) {
      return Status(StatusCode::kUnsupported, "the model has " +
                                                  std::to_string(model_.outputs.size()) +
                                                  " outputs; networks with one are supported");
    }
    const std::string& name = model_.outputs[0].name;
    const auto found = scope_.names.find(name);
    if (found == scope_.names.end()) return BadModel("no node produces the output '" + name + "'");
    graph_.output = found->second;
    const Value& output = graph_.value(graph_.output);
    const auto codes = scope_.codes.find(name);
    const bool copies_codes = codes != scope_.codes.end() && !codes->second.quantization;
    if (output.constant || graph_.output == graph_.input || copies_codes) {
      return Status(StatusCode::kUnsupported, "the output '" + name + "' is not computed");
    }
    if (output.shape.size() != 4) {
      return Status(StatusCode::kUnsupported, "the output '" + name + "' has shape " +
                                                  ShapeToString(output.shape) +
                                                  "; it must be an image");
    }
    return Status::Ok();
  }

  // A network that takes or returns 8-bit codes takes or returns bytes: the metadata's default is
  // then what its codes stand for.
  void SetCodeRanges() {
    if (scope_.image && !HasMetadata("tessera.input_range")) {
      graph_.info.input_range = RangeOf(*scope_.image);
    }
    const auto output = scope_.codes.find(model_.outputs[0].name);
    if (output != scope_.codes.end() && !HasMetadata("tessera.output_range")) {
      graph_.info.output_range = RangeOf(*output->second.quantization);
    }
  }

  bool HasMetadata(std::string_view key) const {
    return std::any_of(model_.metadata.begin(), model_.metadata.end(),
                       [&](const auto& entry) { return entry.first == key; });
  }

  // Only what reaches a node: limits of Clip, which may be infinite, have become attributes.
  Status CheckWeightsAreFinite() const {
    for (const Node& node : graph_.nodes) {
      for (const ValueId id : node.inputs) {
        if (id == kNoValue || !graph_.value(id).constant) continue;
        for (const float element : graph_.value(id).constant->floats) {
          if (std::isfinite(element)) continue;
          return AtNode(node, BadModel("the tensor '" + graph_.value(id).name +
                                       "' holds a value that is not a finite number"));
        }
      }
    }
    return Status::Ok();
  }

  onnx::Model model_;
  bool keep_size_;
  Graph graph_;
  Scope scope_;
};

}  // namespace

Result<Graph> ImportOnnx(onnx::Model model, bool keep_size) {
  return ModelImporter(std::move(model), keep_size).Import();
}

bool DeclaresSize(const onnx::Model& model) {
  for (const onnx::ValueInfo& input : model.inputs) {
    const bool is_initializer =
        std::any_of(model.initializers.begin(), model.initializers.end(),
                    [&](const onnx::Tensor& tensor) { return tensor.name == input.name; });
    if (is_initializer || input.shape.size() != 4) continue;
    const auto known = std::count_if(input.shape.begin() + 1, input.shape.end(),
                                     [](int64_t extent) { return extent > 0; });
    return known == 3;
  }
  return false;
}

}  // namespace tessera
