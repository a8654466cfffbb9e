#ifndef TESSERA_GRAPH_IMPORT_OP_CONTEXT_H_
#define TESSERA_GRAPH_IMPORT_OP_CONTEXT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/status.h"
#include "graph/graph.h"
#include "onnx/proto.h"

namespace tessera {

/// What an importer sees of the node it imports: typed access to attributes and inputs, ways to
/// report what is wrong with them, and ways to produce the output.
class OpContext {
 public:
  using Names = std::unordered_map<std::string, ValueId>;

  /// `name` is the node's name or a made-up one. The references must outlive the context.
  OpContext(const onnx::Node& node, std::string name, int64_t opset, Names& names, Graph& graph);

  int64_t opset() const { return opset_; }
  const std::string& op_type() const { return node_.op_type; }
  const Graph& graph() const { return graph_; }

  // Attributes: the value, `missing` when the node has none, or kModelFormat for a wrong type.
  Result<int64_t> Int(const char* attribute, int64_t missing);
  Result<float> Float(const char* attribute, float missing);
  Result<std::string> String(const char* attribute, const char* missing);
  Result<std::vector<int64_t>> Ints(const char* attribute, const std::vector<int64_t>& missing);
  Result<std::vector<float>> Floats(const char* attribute, const std::vector<float>& missing);
  /// The tensor, or null.
  Result<const onnx::Tensor*> Tensor(const char* attribute);
  bool Has(const char* attribute) const { return Find(attribute) != nullptr; }
  /// Says that an attribute is known and needs no look.
  void Ignore(const char* attribute);
  /// kModelOp when the node has attributes that were not asked for: they might change its meaning.
  Status CheckAllAttributesUsed() const;

  /// How many inputs the node lists, with omitted ones in between.
  size_t input_count() const { return node_.inputs.size(); }
  bool HasInput(size_t index) const {
    return index < node_.inputs.size() && !node_.inputs[index].empty();
  }
  /// Any input: a tensor or a constant. kModelFormat when it is missing or not yet produced.
  Result<ValueId> Input(size_t index) const;
  /// An input that depends on the image. kModelOp when it is a constant.
  Result<ValueId> TensorInput(size_t index) const;
  /// A constant float input. kModelOp when it is computed from the image.
  Result<ValueId> WeightInput(size_t index) const;
  /// The elements of a constant input of either type.
  Result<std::vector<float>> FloatsInput(size_t index) const;
  Result<std::vector<int64_t>> IntsInput(size_t index) const;
  /// The single element of a constant float input, or `missing` when it is omitted.
  Result<float> ScalarInput(size_t index, float missing) const;

  /// Appends a node for output 0 and infers its shape.
  Status Emit(Operation operation, std::vector<ValueId> inputs);
  /// Makes output 0 another name of `value`.
  Status Alias(ValueId value);
  /// Makes output 0 a constant.
  Status EmitConstant(onnx::Tensor tensor);

  /// kModelFormat: the node breaks the ONNX rules.
  Status Malformed(const std::string& message) const;
  /// kModelOp: the node is valid but not supported; the message says what is.
  Status Unsupported(const std::string& message) const;

 private:
  const onnx::Attribute* Find(const char* attribute) const;
  Result<const onnx::Attribute*> FindTyped(const char* attribute, onnx::AttributeType type);
  Result<const Value*> ConstantValue(size_t index) const;
  Status Bind(ValueId value);
  std::string Prefix() const;

  const onnx::Node& node_;
  std::string name_;
  int64_t opset_;
  Names& names_;
  Graph& graph_;
  std::vector<std::string> used_attributes_;
};

/// Turns a decoded tensor into a constant Value.
Value ToConstant(onnx::Tensor tensor);

}  // namespace tessera

#endif  // TESSERA_GRAPH_IMPORT_OP_CONTEXT_H_
