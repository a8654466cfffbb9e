#include "graph/import/op_context.h"

#include <algorithm>
#include <utility>

#include "graph/infer_node.h"

namespace tessera {

Value ToConstant(onnx::Tensor tensor) {
  Value value;
  value.name = std::move(tensor.name);
  value.type = onnx::IsFloating(tensor.data_type) ? ElementType::kFloat32 : ElementType::kInt64;
  value.shape = std::move(tensor.dims);
  value.constant = MakeConstant(std::move(tensor.floats), std::move(tensor.ints));
  return value;
}

OpContext::OpContext(const onnx::Node& node, std::string name, int64_t opset, Names& names,
                     Graph& graph)
    : node_(node), name_(std::move(name)), opset_(opset), names_(names), graph_(graph) {}

std::string OpContext::Prefix() const { return node_.op_type + " node '" + name_ + "': "; }

Status OpContext::Malformed(const std::string& message) const {
  return Status(StatusCode::kModelFormat, Prefix() + message);
}

Status OpContext::Unsupported(const std::string& message) const {
  return Status(StatusCode::kModelOp, Prefix() + message);
}

const onnx::Attribute* OpContext::Find(const char* attribute) const {
  const auto found = std::find_if(node_.attributes.begin(), node_.attributes.end(),
                                  [&](const onnx::Attribute& a) { return a.name == attribute; });
  return found == node_.attributes.end() ? nullptr : &*found;
}

Result<const onnx::Attribute*> OpContext::FindTyped(const char* attribute,
                                                    onnx::AttributeType type) {
  Ignore(attribute);
  const onnx::Attribute* found = Find(attribute);
  // Writers of the first ONNX versions left the type out.
  if (found && found->type != type && found->type != onnx::AttributeType::kUndefined) {
    return Malformed(std::string("attribute '") + attribute + "' has the wrong type");
  }
  return found;
}

Result<int64_t> OpContext::Int(const char* attribute, int64_t missing) {
  TESSERA_ASSIGN_OR_RETURN(const auto* found, FindTyped(attribute, onnx::AttributeType::kInt));
  return found ? found->i : missing;
}

Result<float> OpContext::Float(const char* attribute, float missing) {
  TESSERA_ASSIGN_OR_RETURN(const auto* found, FindTyped(attribute, onnx::AttributeType::kFloat));
  return found ? found->f : missing;
}

Result<std::string> OpContext::String(const char* attribute, const char* missing) {
  TESSERA_ASSIGN_OR_RETURN(const auto* found, FindTyped(attribute, onnx::AttributeType::kString));
  return found ? found->s : std::string(missing);
}

Result<std::vector<int64_t>> OpContext::Ints(const char* attribute,
                                             const std::vector<int64_t>& missing) {
  TESSERA_ASSIGN_OR_RETURN(const auto* found, FindTyped(attribute, onnx::AttributeType::kInts));
  return found ? found->ints : missing;
}

Result<std::vector<float>> OpContext::Floats(const char* attribute,
                                             const std::vector<float>& missing) {
  TESSERA_ASSIGN_OR_RETURN(const auto* found, FindTyped(attribute, onnx::AttributeType::kFloats));
  return found ? found->floats : missing;
}

Result<const onnx::Tensor*> OpContext::Tensor(const char* attribute) {
  TESSERA_ASSIGN_OR_RETURN(const auto* found, FindTyped(attribute, onnx::AttributeType::kTensor));
  return found ? &found->t : static_cast<const onnx::Tensor*>(nullptr);
}

void OpContext::Ignore(const char* attribute) { used_attributes_.emplace_back(attribute); }

Status OpContext::CheckAllAttributesUsed() const {
  for (const onnx::Attribute& attribute : node_.attributes) {
    const bool used = std::find(used_attributes_.begin(), used_attributes_.end(), attribute.name) !=
                      used_attributes_.end();
    if (!used) return Unsupported("attribute '" + attribute.name + "' is not supported here");
  }
  return Status::Ok();
}

Result<ValueId> OpContext::Input(size_t index) const {
  if (!HasInput(index)) return Malformed("input " + std::to_string(index) + " is missing");
  const auto found = names_.find(node_.inputs[index]);
  if (found != names_.end()) return found->second;
  return Malformed("reads '" + node_.inputs[index] + "', which no earlier node produces");
}

Result<ValueId> OpContext::TensorInput(size_t index) const {
  TESSERA_ASSIGN_OR_RETURN(const ValueId id, Input(index));
  if (!graph_.value(id).constant) return id;
  return Unsupported("input " + std::to_string(index) +
                     " is a constant; it must come from the image");
}

Result<const Value*> OpContext::ConstantValue(size_t index) const {
  TESSERA_ASSIGN_OR_RETURN(const ValueId id, Input(index));
  const Value& value = graph_.value(id);
  if (value.constant) return &value;
  return Unsupported("input " + std::to_string(index) + " ('" + value.name +
                     "') is computed from the image; it must be a constant");
}

Result<ValueId> OpContext::WeightInput(size_t index) const {
  TESSERA_ASSIGN_OR_RETURN(const Value* value, ConstantValue(index));
  if (value->type != ElementType::kFloat32) {
    return Malformed("input " + std::to_string(index) + " must have a floating type");
  }
  return Input(index);
}

Result<std::vector<float>> OpContext::FloatsInput(size_t index) const {
  TESSERA_ASSIGN_OR_RETURN(const ValueId id, WeightInput(index));
  return graph_.value(id).constant->floats;
}

Result<std::vector<int64_t>> OpContext::IntsInput(size_t index) const {
  TESSERA_ASSIGN_OR_RETURN(const Value* value, ConstantValue(index));
  if (value->type != ElementType::kInt64) {
    return Malformed("input " + std::to_string(index) + " must be of type int64");
  }
  return value->constant->ints;
}

Result<float> OpContext::ScalarInput(size_t index, float missing) const {
  if (!HasInput(index)) return missing;
  TESSERA_ASSIGN_OR_RETURN(const std::vector<float> elements, FloatsInput(index));
  if (elements.size() == 1) return elements[0];
  return Malformed("input " + std::to_string(index) + " must have one element");
}

Status OpContext::Bind(ValueId value) {
  if (node_.outputs.empty() || node_.outputs[0].empty()) return Malformed("has no output");
  if (names_.emplace(node_.outputs[0], value).second) return Status::Ok();
  return Malformed("produces '" + node_.outputs[0] + "', which already exists");
}

Status OpContext::Emit(Operation operation, std::vector<ValueId> inputs) {
  Node node{name_, std::move(operation), std::move(inputs), kNoValue};
  TESSERA_ASSIGN_OR_RETURN(Shape shape, InferNode(graph_, node));
  Value output;
  output.name = node_.outputs.empty() ? "" : node_.outputs[0];
  output.shape = std::move(shape);
  node.output = graph_.AddValue(std::move(output));
  TESSERA_RETURN_IF_ERROR(Bind(node.output));
  graph_.nodes.push_back(std::move(node));
  return Status::Ok();
}

Status OpContext::Alias(ValueId value) { return Bind(value); }

Status OpContext::EmitConstant(onnx::Tensor tensor) {
  const ValueId id = graph_.AddValue(ToConstant(std::move(tensor)));
  if (!node_.outputs.empty()) graph_.value(id).name = node_.outputs[0];
  return Bind(id);
}

}  // namespace tessera
