#include "graph/import_onnx.h"

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
};

// Alphabetical, because this list is what the error for an unknown operator shows.
constexpr std::array kImporters = {
    Importer{"Add", ImportAdd},
    Importer{"BatchNormalization", ImportBatchNormalization},
    Importer{"Cast", ImportCast},
    Importer{"Clip", ImportClip},
    Importer{"Concat", ImportConcat},
    Importer{"Constant", ImportConstant},
    Importer{"Conv", ImportConv},
    Importer{"DepthToSpace", ImportDepthToSpace},
    Importer{"Div", ImportDiv},
    Importer{"Dropout", ImportDropout},
    Importer{"Identity", ImportIdentity},
    Importer{"LeakyRelu", ImportLeakyRelu},
    Importer{"Mul", ImportMul},
    Importer{"PRelu", ImportPRelu},
    Importer{"Pad", ImportPad},
    Importer{"Relu", ImportRelu},
    Importer{"Resize", ImportResize},
    Importer{"Sub", ImportSub},
    Importer{"Transpose", ImportTranspose},
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
    TESSERA_RETURN_IF_ERROR(CheckWeightsAreFinite());
    return std::move(graph_);
  }

 private:
  Status AddInitializers() {
    for (onnx::Tensor& tensor : model_.initializers) {
      const std::string name = tensor.name;
      if (name.empty()) return BadModel("an initializer has no name");
      const ValueId id = graph_.AddValue(ToConstant(std::move(tensor)));
      if (!names_.emplace(name, id).second) {
        return BadModel("the initializer '" + name + "' occurs twice");
      }
    }
    return Status::Ok();
  }

  // Old files list their initializers as inputs too; what remains must be the image.
  Status AddInput() {
    const onnx::ValueInfo* image = nullptr;
    for (const onnx::ValueInfo& input : model_.inputs) {
      if (names_.count(input.name) > 0) continue;
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
    names_.emplace(image->name, graph_.input);
    return Status::Ok();
  }

  static Status CheckImage(const onnx::ValueInfo& image) {
    if (!onnx::IsFloating(image.element_type)) {
      return Status(StatusCode::kUnsupported,
                    "the input '" + image.name + "' must have a floating type, but has type " +
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
      OpContext op(node, name, model_.opset_version, names_, graph_);
      TESSERA_RETURN_IF_ERROR(importer.import(op));
      return op.CheckAllAttributesUsed();
    }
    return Status(StatusCode::kModelOp, "operator " + node.op_type + " of node '" + name +
                                            "' is not supported; supported are " +
                                            SupportedOperators());
  }

  Status SetOutput() {
    if (model_.outputs.size() != 1) {
      return Status(StatusCode::kUnsupported, "the model has " +
                                                  std::to_string(model_.outputs.size()) +
                                                  " outputs; networks with one are supported");
    }
    const std::string& name = model_.outputs[0].name;
    const auto found = names_.find(name);
    if (found == names_.end()) return BadModel("no node produces the output '" + name + "'");
    graph_.output = found->second;
    const Value& output = graph_.value(graph_.output);
    if (output.constant || graph_.output == graph_.input) {
      return Status(StatusCode::kUnsupported, "the output '" + name + "' is not computed");
    }
    if (output.shape.size() != 4) {
      return Status(StatusCode::kUnsupported, "the output '" + name + "' has shape " +
                                                  ShapeToString(output.shape) +
                                                  "; it must be an image");
    }
    return Status::Ok();
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
  OpContext::Names names_;
};

}  // namespace

Result<Graph> ImportOnnx(onnx::Model model) { return ModelImporter(std::move(model)).Import(); }

}  // namespace tessera
