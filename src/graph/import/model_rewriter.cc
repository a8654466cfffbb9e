#include "graph/import/model_rewriter.h"

#include <algorithm>

namespace tessera {

ModelRewriter::ModelRewriter(onnx::Model& model) : model_(model), old_(std::move(model.nodes)) {
  for (size_t i = 0; i < model_.initializers.size(); ++i) {
    initializers_.emplace(model_.initializers[i].name, i);
    names_.insert(model_.initializers[i].name);
  }
  for (const onnx::ValueInfo& input : model_.inputs) names_.insert(input.name);
  for (size_t i = 0; i < old_.size(); ++i) {
    for (const std::string& input : old_[i].inputs) readers_[input].push_back(i);
    for (const std::string& output : old_[i].outputs) {
      makers_.emplace(output, i);
      names_.insert(output);
    }
  }
}

const std::vector<size_t>& ModelRewriter::ReadersOf(const std::string& name) const {
  static const std::vector<size_t> kNone;
  const auto found = readers_.find(name);
  return found == readers_.end() ? kNone : found->second;
}

const onnx::Node* ModelRewriter::MakerOf(const std::string& name) const {
  const auto found = makers_.find(name);
  return found == makers_.end() ? nullptr : &old_[found->second];
}

const onnx::Tensor* ModelRewriter::Constant(const std::string& name) const {
  const auto found = initializers_.find(name);
  if (found != initializers_.end()) return &model_.initializers[found->second];
  const onnx::Node* maker = MakerOf(name);
  if (!maker || maker->op_type != "Constant") return nullptr;
  const onnx::Attribute* value = FindAttribute(*maker, "value");
  return value ? &value->t : nullptr;
}

std::string ModelRewriter::MakeName() {
  std::string name;
  do {
    name = "expanded_" + std::to_string(made_up_++);
  } while (!names_.insert(name).second);
  return name;
}

std::string ModelRewriter::Add(const onnx::Node& origin, const std::string& op_type,
                               std::vector<std::string> inputs,
                               std::vector<onnx::Attribute> attributes, const std::string& output) {
  onnx::Node node;
  node.name = origin.name;
  node.op_type = op_type;
  node.inputs = std::move(inputs);
  node.outputs = {output.empty() ? MakeName() : output};
  node.attributes = std::move(attributes);
  new_.push_back(std::move(node));
  return new_.back().outputs[0];
}

std::string ModelRewriter::AddConstant(onnx::Tensor tensor) {
  tensor.name = MakeName();
  initializers_.emplace(tensor.name, model_.initializers.size());
  model_.initializers.push_back(std::move(tensor));
  return model_.initializers.back().name;
}

std::string ModelRewriter::AddFloats(std::vector<int64_t> dims, std::vector<float> floats) {
  onnx::Tensor tensor;
  tensor.data_type = onnx::DataType::kFloat;
  tensor.dims = std::move(dims);
  tensor.floats = std::move(floats);
  return AddConstant(std::move(tensor));
}

void ModelRewriter::Finish() { model_.nodes = std::move(new_); }

const std::string& InputOf(const onnx::Node& node, size_t index) {
  static const std::string kOmitted;
  return index < node.inputs.size() ? node.inputs[index] : kOmitted;
}

const onnx::Attribute* FindAttribute(const onnx::Node& node, const std::string& name) {
  const auto found = std::find_if(node.attributes.begin(), node.attributes.end(),
                                  [&](const onnx::Attribute& one) { return one.name == name; });
  return found == node.attributes.end() ? nullptr : &*found;
}

onnx::Attribute IntAttribute(std::string name, int64_t value) {
  onnx::Attribute attribute;
  attribute.name = std::move(name);
  attribute.type = onnx::AttributeType::kInt;
  attribute.i = value;
  return attribute;
}

onnx::Attribute FloatAttribute(std::string name, float value) {
  onnx::Attribute attribute;
  attribute.name = std::move(name);
  attribute.type = onnx::AttributeType::kFloat;
  attribute.f = value;
  return attribute;
}

std::vector<onnx::Attribute> AttributesWithout(const onnx::Node& node,
                                               const std::vector<std::string>& names) {
  std::vector<onnx::Attribute> attributes = node.attributes;
  std::erase_if(attributes, [&](const onnx::Attribute& attribute) {
    return std::find(names.begin(), names.end(), attribute.name) != names.end();
  });
  return attributes;
}

bool IsOfMicrosoft(const onnx::Node& node) { return node.domain == "com.microsoft"; }

}  // namespace tessera
