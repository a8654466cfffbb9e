#include "graph/import_onnx.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>

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
    Importer{"Add", ImportAdd},
    Importer{"BatchNormalization", ImportBatchNormalization},
    Importer{"Cast", ImportCast},
    Importer{"Clip", ImportClip},
    Importer{"Concat", ImportConcat, true},
    Importer{"Constant", ImportConstant},
    Importer{"Conv", ImportConv},
    Importer{"DepthToSpace", ImportDepthToSpace, true},
    Importer{"DequantizeLinear", ImportDequantizeLinear},
    Importer{"Div", ImportDiv},
    Importer{"Dropout", ImportDropout},
    Importer{"Gelu", ImportGelu},
    Importer{"Identity", ImportIdentity, true},
    Importer{"LeakyRelu", ImportLeakyRelu},
    Importer{"Mul", ImportMul},
    Importer{"PRelu", ImportPRelu},
    Importer{"Pad", ImportPad},
    Importer{"QuantizeLinear", ImportQuantizeLinear},
    Importer{"Relu", ImportRelu},
    Importer{"Resize", ImportResize},
    Importer{"Sigmoid", ImportSigmoid},
    Importer{"Sub", ImportSub},
    Importer{"Tanh", ImportTanh},
    Importer{"Transpose", ImportTranspose, true},
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
  explicit ModelImporter(onnx::Model model) : model_(std::move(model)) {}

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
    for (const Importer& importer : kImporters) {
      if (importer.op_type != node.op_type) continue;
      OpContext op(node, name, model_.opset_version, scope_, graph_);
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
  Graph graph_;
  Scope scope_;
};

}  // namespace

Result<Graph> ImportOnnx(onnx::Model model) { return ModelImporter(std::move(model)).Import(); }

}  // namespace tessera
