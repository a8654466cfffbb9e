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

/// A tensor of 8-bit codes that depends on the image: what QuantizeLinear returns. Its ValueId is
/// that of the real numbers that the codes stand for; the graph holds no codes.
struct Codes {
  bool is_signed = false;
  // Missing for the codes of an image that enters as 8-bit integers, until a DequantizeLinear says
  // what they stand for.
  std::optional<Quantization> quantization;

  bool operator==(const Codes&) const = default;
};

/// What the names in a model stand for.
struct Scope {
  std::unordered_map<std::string, ValueId> names;
  std::unordered_map<std::string, Codes> codes;       // the names that stand for codes
  std::unordered_map<ValueId, onnx::DataType> types;  // of integer constants, which the IR forgets
  std::optional<Quantization> image;                  // see Codes::quantization
};

/// What an importer sees of the node it imports: typed access to attributes and inputs, ways to
/// report what is wrong with them, and ways to produce the output.
class OpContext {
 public:
  /// `name` is the node's name or a made-up one. The references must outlive the context.
  OpContext(const onnx::Node& node, std::string name, int64_t opset, Scope& scope, Graph& graph);

  /// Declares that the operator does to codes what it does to the real numbers they stand for:
  /// moves them. Its inputs may then be codes, all of one quantization; so is its output.
  Status AllowCodes();

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
  /// Any input: a tensor or a constant. kModelFormat when it is missing or not yet produced,
  /// kModelOp when it is a tensor of codes (see AllowCodes).
  Result<ValueId> Input(size_t index) const;
  /// An input that depends on the image. kModelOp when it is a constant.
  Result<ValueId> TensorInput(size_t index) const;
  /// A constant float input. kModelOp when it is computed from the image.
  Result<ValueId> WeightInput(size_t index) const;
  /// The codes that an input is, or null.
  const Codes* CodesInput(size_t index) const;
  /// The real numbers that a CodesInput stands for.
  Result<ValueId> RealInput(size_t index) const;
  /// The ONNX type of a constant integer input.
  Result<onnx::DataType> IntegerTypeInput(size_t index) const;
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
  Status EmitConstant(Shape shape, Constant constant);
  /// Makes output 0 the codes of `x`: appends a FakeQuantize.
  Status EmitCodes(const Quantization& quantization, ValueId x);
  /// Makes output 0 the real numbers of a CodesInput, once they are known to be `quantization`.
  Status EmitReal(size_t index, const Quantization& quantization);

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
  Scope& scope_;
  Graph& graph_;
  std::vector<std::string> used_attributes_;
  bool allows_codes_ = false;
};

/// Adds a decoded tensor to the graph and to the scope's types.
ValueId AddConstant(onnx::Tensor tensor, Scope& scope, Graph& graph);

}  // namespace tessera

#endif  // TESSERA_GRAPH_IMPORT_OP_CONTEXT_H_
