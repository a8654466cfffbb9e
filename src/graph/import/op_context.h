#ifndef TESSERA_GRAPH_IMPORT_OP_CONTEXT_H_
#define TESSERA_GRAPH_IMPORT_OP_CONTEXT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/status.h"
#include "graph/graph.h"
#include "graph/import/known_tensor.h"
#include "graph/symbolic_shapes.h"
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
  std::unordered_map<std::string, Codes> codes;        // the names that stand for codes
  std::unordered_map<ValueId, onnx::DataType> types;   // of integer constants, which the IR forgets
  std::optional<Quantization> image;                   // see Codes::quantization
  std::unordered_map<std::string, KnownTensor> known;  // names that depend on the image's size only
  // Of known names and constants that were rounded on the way: what height and width must be
  // multiples of for them to hold.
  std::unordered_map<std::string, int64_t> multiples;
  SymbolicShapes shapes;
  // What the output depends on.
  std::unordered_set<std::string> wanted;
  // Constants that stand in for tensors (see OpContext::TensorInput), and the zero that they are
  // made of.
  std::unordered_map<ValueId, ValueId> tensors;
  ValueId zero = kNoValue;
  // What nodes that could not be imported would have made, and all that depends on it: the import
  // goes on to find what else stands in the way.
  std::unordered_set<ValueId> unknown;
  // Bytes that constants which are computed on import may still take, and all that were ever made:
  // a short file can ask for any amount, by Expand or by doubling what it has.
  uint64_t folding_bytes = uint64_t{15} << 22;
  uint64_t folding_work = uint64_t{1} << 30;
  // What each name has taken of them, to be given back when nothing reads it any more.
  std::unordered_map<std::string, uint64_t> folded_bytes;
};

/// What an importer sees of the node it imports: typed access to attributes and inputs, ways to
/// report what is wrong with them, and ways to produce the output.
class OpContext {
 public:
  /// `name` is the node's name or a made-up one. The references must outlive the context.
  OpContext(const onnx::Node& node, std::string name, int64_t opset, Scope& scope, Graph& graph);

  /// Whether an input is unknown (see Scope).
  bool ReadsUnknown() const;
  /// Whether what went wrong may be the fault of an unknown input.
  bool BlamesUnknown() const { return blames_unknown_; }

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
  /// An input that depends on the image. A constant is made to, by adding it to a zero that does,
  /// in a graph of a fixed size; else kModelOp.
  Result<ValueId> TensorInput(size_t index);
  /// A constant float input. kModelOp when it is computed from the image.
  Result<ValueId> WeightInput(size_t index) const;
  /// Whether the input is a constant, or depends on nothing but the image's size.
  bool IsKnown(size_t index) const;
  /// Whether the input is a constant of the graph.
  bool IsConstantInput(size_t index) const;
  /// The input, if IsKnown.
  std::optional<KnownTensor> KnownInput(size_t index) const;
  /// The elements of a known input of integers, or of simple fractions.
  Result<std::vector<Extent>> ExtentsInput(size_t index) const;
  /// The shape of any input. kUnsupported when an extent is no function of the image's size.
  Result<std::vector<Extent>> ExtentsOf(size_t index) const;
  Result<std::vector<Extent>> ValueExtents(ValueId id) const;
  /// The input's shape in the size that the file was exported for, if it fixes one.
  std::optional<Shape> DeclaredShape(size_t index) const;
  const std::optional<ImageSize>& declared_image() const { return scope_.shapes.declared_image(); }
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

  /// Whether the network's output depends on the node's output `index`.
  bool IsWanted(size_t index) const {
    return index < node_.outputs.size() && scope_.wanted.count(node_.outputs[index]) > 0;
  }

  size_t output_count() const { return node_.outputs.size(); }
  /// The output that the next Emit, Alias or EmitKnown makes; 0 at first.
  void SelectOutput(size_t index) { output_ = index; }

  /// Appends a node between the inputs and the output.
  Result<ValueId> Add(Operation operation, std::vector<ValueId> inputs);
  /// Adds a constant to the graph.
  ValueId AddConstant(Shape shape, std::vector<float> elements);
  /// The same for one that is as large as the file says, within what it may take (see FoldedSize).
  Result<ValueId> AddFolded(Shape shape, std::vector<float> elements);
  /// Asks for images whose height and width make this a whole number.
  void RequireMultiple(const Extent& extent);
  /// The number of elements of `shape`, for a tensor that is about to be computed. Fails when the
  /// file has no room for it (Scope::folding_bytes).
  Result<size_t> FoldedSize(const Shape& shape, bool of_extents) const;
  /// Says that known outputs hold for such images only. Nothing is asked for before they are used.
  void HoldsFor(const Extent& extent);
  /// The same of all that known inputs hold for.
  void PassMultiplesOn();
  /// Asks for images that all known inputs hold for.
  void RequireMultiplesOfInputs();
  /// Makes the output a constant, or numbers that depend on the image's size.
  Status EmitKnown(KnownTensor known);

  /// Appends a node for the output and infers its shape.
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
  Result<ValueId> Append(std::string name, std::string output, Operation operation,
                         std::vector<ValueId> inputs);
  bool HasOutput() const {
    return output_ < node_.outputs.size() && !node_.outputs[output_].empty();
  }
  std::string OutputName() const { return HasOutput() ? node_.outputs[output_] : ""; }
  Status Bind(ValueId value);
  Result<ValueId> Zero();
  Status Charge(uint64_t bytes);
  std::string Prefix() const;
  int64_t MultipleOfInputs() const;

  const onnx::Node& node_;
  std::string name_;
  int64_t opset_;
  Scope& scope_;
  Graph& graph_;
  std::vector<std::string> used_attributes_;
  bool allows_codes_ = false;
  size_t output_ = 0;
  int parts_ = 0;          // nodes made by Add
  int64_t holds_for_ = 1;  // see HoldsFor
  mutable bool blames_unknown_ = false;
};

/// Adds a decoded tensor to the graph and to the scope's types.
ValueId AddConstant(onnx::Tensor tensor, Scope& scope, Graph& graph);

}  // namespace tessera

#endif  // TESSERA_GRAPH_IMPORT_OP_CONTEXT_H_
