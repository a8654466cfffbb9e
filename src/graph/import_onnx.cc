#include "graph/import_onnx.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "graph/import/op_context.h"
#include "graph/infer_node.h"
#include "graph/metadata.h"
#include "graph/repertoire.h"

namespace tessera {
namespace {

// Of an input whose value is named. Keeps the product of extents small.
constexpr size_t kMostAxes = 4;

// Beyond this nobody reads on.
constexpr size_t kMostObstacles = 100;

std::string SupportedOperators() {
  std::string list;
  for (const Importer& importer : LinkedRepertoire().importers) {
    if (!list.empty()) list += ", ";
    list += importer.op_type;
  }
  return list;
}

// What to do about an operator of another domain than ONNX's own.
const char* AdviceForDomain(const std::string& domain) {
  if (domain == "com.microsoft.nchwc" || domain == "com.ms.internal.nhwc") {
    return "ONNX Runtime has laid the file out for one kind of machine: use the file from before, "
           "or save it with ORT_ENABLE_EXTENDED at most";
  }
  if (domain == "com.microsoft") {
    return "use the file from before ONNX Runtime optimized it, or save it with ORT_ENABLE_BASIC";
  }
  if (domain.starts_with("pkg.") || domain.starts_with("local")) {
    return "it is most likely a function of the file: inline it with "
           "onnx.inliner.inline_local_functions";
  }
  return "export the network with standard ONNX operators";
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

// Whether what an importer finds wrong with an operator is in the node and its constants, whatever
// its input turns out to be.
bool StandsForItself(std::string_view op_type) {
  constexpr std::array kOperators = {
      "AveragePool",   "BatchNormalization",
      "Clip",          "Conv",
      "ConvTranspose", "DepthToSpace",
      "Dropout",       "Gelu",
      "LeakyRelu",     "MaxPool",
      "PRelu",         "QuantizeLinear",
      "SpaceToDepth",  "DequantizeLinear",
      "LRN",           "InstanceNormalization",
  };
  return std::find(kOperators.begin(), kOperators.end(), op_type) != kOperators.end();
}

bool MayBeChannels(int64_t extent) { return extent >= 1 && extent <= 4; }

std::string Quoted(const std::string& name) { return "'" + name + "'"; }

template <typename Named>
std::string Names(const std::vector<Named>& named) {
  std::string list;
  for (const Named& one : named) list += (list.empty() ? "" : ", ") + Quoted(one.name);
  return list;
}

// Builds the graph of one model. A class only to share the names and the graph between its steps.
class ModelImporter {
 public:
  ModelImporter(onnx::Model model, const LoadOptions& options)
      : model_(std::move(model)), options_(options) {}

  /// All that stands in the way, in the order of the file; empty: graph() is whole.
  std::vector<Status> Import() {
    Note(ReadInfo());
    if (!Note(AddInitializers()) || !Note(ChooseOutput())) return Obstacles();
    FindNeeded();
    Note(AddNamedInputs());
    if (!Note(AddInput())) return Obstacles();
    for (size_t i = 0; i < model_.nodes.size(); ++i) {
      if (!needed_nodes_[i]) continue;
      ImportNode(model_.nodes[i], i);
      ForgetUsed(model_.nodes[i]);
    }
    if (!obstacles_.empty()) return Obstacles();
    if (Note(SetOutput())) SetCodeRanges();
    Note(CheckWeightsAreFinite());
    return Obstacles();
  }

  Graph&& graph() && { return std::move(graph_); }

 private:
  // An obstacle, and how many others there are like it.
  struct Obstacle {
    Status status;
    std::string op_type;  // of an operator that is not supported, else empty
    size_t more = 0;
  };

  bool Note(Status status) {
    if (status.ok()) return true;
    obstacles_.push_back({std::move(status), "", 0});
    return false;
  }

  std::vector<Status> Obstacles() const {
    std::vector<Status> list;
    for (const Obstacle& obstacle : obstacles_) {
      std::string message = obstacle.status.message();
      if (obstacle.more > 0) {
        message += " (and of " + std::to_string(obstacle.more) + " more)";
      }
      list.emplace_back(obstacle.status.code(), std::move(message));
    }
    return list;
  }

  Status ReadInfo() {
    TESSERA_ASSIGN_OR_RETURN(graph_.info, ParseMetadata(model_.metadata));
    return Status::Ok();
  }

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

  Status ChooseOutput() {
    if (model_.outputs.empty()) return BadModel("the model has no output");
    output_ = options_.output;
    if (output_.empty() && model_.outputs.size() == 1) output_ = model_.outputs[0].name;
    for (const onnx::ValueInfo& output : model_.outputs) {
      if (output.name == output_) return Status::Ok();
    }
    const std::string found = Names(model_.outputs);
    if (output_.empty()) {
      return Status(StatusCode::kUnsupported,
                    "the model has several outputs (" + found + "); name the one that is wanted");
    }
    return Status(StatusCode::kUnsupported,
                  "the model has no output '" + output_ + "'; it has " + found);
  }

  // Marks what the output depends on. Nodes stand in order, so that one look backwards does.
  void FindNeeded() {
    scope_.wanted.insert(output_);
    needed_nodes_.assign(model_.nodes.size(), false);
    for (size_t i = model_.nodes.size(); i-- > 0;) {
      const onnx::Node& node = model_.nodes[i];
      const auto is_needed = [&](const std::string& name) {
        return !name.empty() && scope_.wanted.count(name) > 0;
      };
      if (std::none_of(node.outputs.begin(), node.outputs.end(), is_needed)) continue;
      needed_nodes_[i] = true;
      for (const std::string& input : node.inputs) {
        if (input.empty()) continue;
        scope_.wanted.insert(input);
        ++uses_[input];
      }
    }
  }

  const onnx::ValueInfo* FindInput(const std::string& name) const {
    const auto found = std::find_if(model_.inputs.begin(), model_.inputs.end(),
                                    [&](const auto& input) { return input.name == name; });
    return found == model_.inputs.end() ? nullptr : &*found;
  }

  // Inputs become constants of the values that the caller has named.
  Status AddNamedInputs() {
    for (const InputValue& value : options_.inputs) {
      const onnx::ValueInfo* input = FindInput(value.name);
      if (!input) {
        return Status(StatusCode::kUnsupported, "the model has no input '" + value.name +
                                                    "'; it has " + Names(model_.inputs));
      }
      TESSERA_ASSIGN_OR_RETURN(onnx::Tensor tensor, ToTensor(*input, value));
      // It takes the place of a default that the file may have.
      scope_.names[value.name] = AddConstant(std::move(tensor), scope_, graph_);
    }
    return Status::Ok();
  }

  static Result<onnx::Tensor> ToTensor(const onnx::ValueInfo& input, const InputValue& value) {
    onnx::Tensor tensor;
    tensor.name = input.name;
    tensor.data_type = input.element_type;
    const auto count = static_cast<int64_t>(value.elements.size());
    if (input.has_shape && input.shape.size() > kMostAxes) {
      return Status(StatusCode::kUnsupported, "the input '" + input.name + "' has " +
                                                  std::to_string(input.shape.size()) + " axes");
    }
    if (input.has_shape) {
      tensor.dims = input.shape;
    } else if (count != 1) {
      tensor.dims = {count};
    }
    // The first extent that is open takes what the others leave.
    int64_t* open = nullptr;
    int64_t wanted = 1;
    for (int64_t& extent : tensor.dims) {
      if (extent < 1 && !open) open = &extent;
      extent = std::clamp<int64_t>(extent, 1, INT16_MAX);
      wanted *= extent;
    }
    if (open && count % wanted == 0) {
      *open = count / wanted;
      wanted = count;
    }
    if (wanted != count) {
      return Status(StatusCode::kUnsupported, "the input '" + input.name + "' has shape " +
                                                  ShapeToString(input.shape) +
                                                  ", so it cannot be " + std::to_string(count) +
                                                  (count == 1 ? " number" : " numbers"));
    }
    for (const double element : value.elements) {
      if (onnx::IsFloating(input.element_type)) {
        tensor.floats.push_back(static_cast<float>(element));
      } else if (element == std::floor(element) && std::fabs(element) <= INT32_MAX) {
        tensor.ints.push_back(static_cast<int64_t>(element));
      } else {
        return Status(StatusCode::kUnsupported,
                      "the input '" + input.name + "' takes whole numbers");
      }
    }
    return tensor;
  }

  static bool MayBeImage(const onnx::ValueInfo& input) {
    return (!input.has_shape || input.shape.size() == 4) &&
           (onnx::IsFloating(input.element_type) || IsCode(input.element_type));
  }

  // Old files list their initializers as inputs too; what remains, and is needed, must be the
  // image.
  Status AddInput() {
    std::vector<const onnx::ValueInfo*> open;
    for (const onnx::ValueInfo& input : model_.inputs) {
      if (scope_.names.count(input.name) == 0) open.push_back(&input);
    }
    if (open.size() > 1) {
      std::erase_if(open, [&](const auto* input) { return scope_.wanted.count(input->name) == 0; });
    }
    if (open.empty()) return BadModel("the model has no input that its output depends on");
    const auto first = std::find_if(open.begin(), open.end(),
                                    [](const auto* input) { return MayBeImage(*input); });
    const onnx::ValueInfo& image = first == open.end() ? *open[0] : **first;
    for (const onnx::ValueInfo* other : open) {
      if (other != &image) Note(NeedsValue(image, *other));
    }
    TESSERA_RETURN_IF_ERROR(CheckImage(image));
    Value value;
    value.name = image.name;
    value.shape = ImageShape(image);
    graph_.input = graph_.AddValue(std::move(value));
    scope_.names.emplace(image.name, graph_.input);
    StartShapes();
    if (IsCode(image.element_type)) {
      scope_.codes[image.name].is_signed = image.element_type == onnx::DataType::kInt8;
    }
    return Status::Ok();
  }

  // Whoever reads the other input goes on with a value that is not known.
  Status NeedsValue(const onnx::ValueInfo& image, const onnx::ValueInfo& other) {
    AddUnknown(other.name);
    if (MayBeImage(other)) {
      return Status(StatusCode::kUnsupported,
                    "the model takes several pictures ('" + image.name + "', '" + other.name +
                        "'); networks that take one are supported: export one that makes the "
                        "other input itself");
    }
    const std::string shape = other.has_shape ? " of shape " + ShapeToString(other.shape) : "";
    return Status(StatusCode::kUnsupported, "the model has, beside the image '" + image.name +
                                                "', an input '" + other.name + "'" + shape +
                                                " that needs a value: inputs: { '" + other.name +
                                                "': ... } or --input " + other.name + "=...");
  }

  void AddUnknown(const std::string& name) {
    if (name.empty() || scope_.names.count(name) > 0 || scope_.known.count(name) > 0) return;
    Value value;
    value.name = name;
    value.shape = Shape(4, kUnknownDim);
    const ValueId id = graph_.AddValue(std::move(value));
    scope_.unknown.insert(id);
    scope_.names.emplace(name, id);
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
    if (options_.size) {
      graph_.fixed_size = {options_.size->height, options_.size->width};
      input.shape[first] = options_.size->height;
      input.shape[first + 1] = options_.size->width;
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
    if (MayBeChannels(shape[1])) return false;
    if (MayBeChannels(shape[3])) return true;
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

  // A batch that the file declares is a size to run with, as height and width are: one image goes
  // in.
  static Shape ImageShape(const onnx::ValueInfo& image) {
    Shape shape = image.has_shape ? image.shape : Shape(4, kUnknownDim);
    shape[0] = 1;
    for (int64_t& extent : shape) {
      // Some exporters write 0 for an extent that is free.
      if (extent < 1 || extent > INT32_MAX / 4096) extent = kUnknownDim;
    }
    return shape;
  }

  // Imports a node, or notes why not and goes on.
  void ImportNode(const onnx::Node& node, size_t index) {
    const std::string name =
        node.name.empty() ? node.op_type + "_" + std::to_string(index) : node.name;
    OpContext op(node, name, model_.opset_version, scope_, graph_);
    const bool standard = node.domain.empty() || node.domain == "ai.onnx";
    const Result<bool> folded = standard ? LinkedRepertoire().fold(op) : false;
    const Importer* importer = standard ? FindImporter(node.op_type) : nullptr;
    if (folded.ok() && !*folded && !importer) {
      NoteUnsupported(node, name);
    } else {
      const Status status = !folded.ok() ? folded.status()
                            : *folded    ? op.CheckAllAttributesUsed()
                                         : RunImporter(*importer, op);
      if (!status.ok() &&
          (!op.ReadsUnknown() || (StandsForItself(node.op_type) && !op.BlamesUnknown()))) {
        Note(status);
      }
      if (status.ok() && op.ReadsUnknown()) SpreadUnknown(node);
    }
    for (const std::string& output : node.outputs) AddUnknown(output);
  }

  // Lets go of what was computed on the way to masks and positions, once its last reader has it.
  void ForgetUsed(const onnx::Node& node) {
    for (const std::string& input : node.inputs) {
      if (input.empty() || --uses_[input] > 0 || input == output_) continue;
      const auto bytes = scope_.folded_bytes.find(input);
      if (bytes == scope_.folded_bytes.end()) continue;
      if (scope_.known.erase(input) > 0 || ForgetConstant(input, bytes->second)) {
        scope_.folding_bytes += bytes->second;
        scope_.folded_bytes.erase(bytes);
      }
    }
  }

  // Small ones are not worth the search for nodes that they are part of.
  bool ForgetConstant(const std::string& name, uint64_t bytes) {
    constexpr uint64_t kLeast = 1 << 16;
    const auto found = scope_.names.find(name);
    if (bytes < kLeast || found == scope_.names.end()) return false;
    const ValueId id = found->second;
    const bool is_read = std::any_of(graph_.nodes.begin(), graph_.nodes.end(), [&](const Node& n) {
      return std::find(n.inputs.begin(), n.inputs.end(), id) != n.inputs.end();
    });
    const bool has_names =
        std::any_of(scope_.names.begin(), scope_.names.end(), [&](const auto& other) {
          return other.second == id && other.first != name && uses_[other.first] > 0;
        });
    if (is_read || has_names || !graph_.value(id).constant) return false;
    graph_.value(id).constant = MakeConstant({});
    graph_.value(id).shape = {0};
    return true;
  }

  static const Importer* FindImporter(std::string_view op_type) {
    const auto importers = LinkedRepertoire().importers;
    const auto found = std::find_if(importers.begin(), importers.end(),
                                    [&](const auto& one) { return one.op_type == op_type; });
    return found == importers.end() ? nullptr : &*found;
  }

  static Status RunImporter(const Importer& importer, OpContext& op) {
    op.RequireMultiplesOfInputs();
    if (importer.moves) TESSERA_RETURN_IF_ERROR(op.AllowCodes());
    TESSERA_RETURN_IF_ERROR(importer.import(op));
    return op.CheckAllAttributesUsed();
  }

  void SpreadUnknown(const onnx::Node& node) {
    for (const std::string& output : node.outputs) {
      const auto found = scope_.names.find(output);
      if (found != scope_.names.end()) scope_.unknown.insert(found->second);
    }
  }

  void NoteUnsupported(const onnx::Node& node, const std::string& name) {
    const std::string op_type = node.domain + ":" + node.op_type;
    for (Obstacle& obstacle : obstacles_) {
      if (obstacle.op_type != op_type) continue;
      ++obstacle.more;
      return;
    }
    Status status(StatusCode::kModelOp, Unsupported(node, name));
    obstacles_.push_back({std::move(status), op_type, 0});
  }

  static std::string Unsupported(const onnx::Node& node, const std::string& name) {
    std::string message = "operator " + node.op_type + " of node '" + name + "'";
    if (!node.domain.empty() && node.domain != "ai.onnx") {
      return message + " comes from domain '" + node.domain + "', of which it is not supported; " +
             AdviceForDomain(node.domain);
    }
    message +=
        " is not supported; write that part of the network with supported operators and export it "
        "again. Supported are " +
        SupportedOperators();
    if (onnx::ComputesOnCodes(node.op_type)) message.append("; ").append(onnx::kQdqHint);
    return message;
  }

  Status SetOutput() {
    const std::string& name = output_;
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
    const auto output = scope_.codes.find(output_);
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
                                       "' holds a value that is not a finite number; "
                                       "export the network again from sound weights"));
        }
      }
    }
    return Status::Ok();
  }

  onnx::Model model_;
  const LoadOptions& options_;
  std::string output_;
  std::vector<bool> needed_nodes_;
  std::unordered_map<std::string, size_t> uses_;  // by nodes that are still to come
  std::vector<Obstacle> obstacles_;
  Graph graph_;
  Scope scope_;
};

// One message for all that stands in the way.
Status Together(const std::vector<Status>& obstacles) {
  if (obstacles.size() == 1) return obstacles[0];
  std::string message = std::to_string(obstacles.size()) + " things stand in the way: ";
  for (size_t i = 0; i < obstacles.size(); ++i) {
    if (i > 0) message += "; ";
    message += "(" + std::to_string(i + 1) + ") " + obstacles[i].message();
  }
  return Status(obstacles[0].code(), std::move(message));
}

}  // namespace

Result<Graph> ImportOnnx(onnx::Model model, const LoadOptions& options,
                         std::vector<Status>* obstacles) {
  LinkedRepertoire().rewrite(model);
  ModelImporter importer(std::move(model), options);
  std::vector<Status> found = importer.Import();
  if (found.empty()) return std::move(importer).graph();
  if (found.size() > kMostObstacles) found.resize(kMostObstacles, found[0]);
  Status status = Together(found);
  if (obstacles) *obstacles = std::move(found);
  return status;
}

std::optional<ImageSize> DeclaredSize(const onnx::Model& model) {
  for (const onnx::ValueInfo& input : model.inputs) {
    const bool is_initializer =
        std::any_of(model.initializers.begin(), model.initializers.end(),
                    [&](const onnx::Tensor& tensor) { return tensor.name == input.name; });
    if (is_initializer || input.shape.size() != 4) continue;
    const Shape& shape = input.shape;
    if (std::any_of(shape.begin() + 1, shape.end(), [](int64_t extent) { return extent < 1; })) {
      return std::nullopt;
    }
    const size_t first = !MayBeChannels(shape[1]) && MayBeChannels(shape[3]) ? 1 : 2;
    return ImageSize{shape[first], shape[first + 1]};
  }
  return std::nullopt;
}

}  // namespace tessera
