#ifndef TESSERA_ONNX_PROTO_H_
#define TESSERA_ONNX_PROTO_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace tessera::onnx {

// The parts of an ONNX file that this library uses, in plain structs. Names follow onnx.proto.

/// Element types, numbered as in TensorProto.DataType.
enum class DataType : int32_t {
  kUndefined = 0,
  kFloat = 1,
  kUint8 = 2,
  kInt8 = 3,
  kInt32 = 6,
  kInt64 = 7,
  kBool = 9,
  kFloat16 = 10,
  kDouble = 11,
};

/// True for the types that are widened (or narrowed) to float32.
bool IsFloating(DataType type);

/// True for operators that compute on 8-bit codes (QLinearConv, ConvInteger, ...). They are not
/// supported; the same networks can be written in QDQ form, which is.
bool ComputesOnCodes(const std::string& op_type);
inline constexpr const char* kQdqHint =
    "quantized networks are supported in QDQ form, which is QuantizeLinear and DequantizeLinear "
    "around ordinary operators (QuantFormat.QDQ in ONNX Runtime's quantizer)";

/// A tensor with its elements: floating types are in `floats`, integers in `ints`. The number of
/// elements is the product of `dims`.
struct Tensor {
  std::string name;
  DataType data_type = DataType::kUndefined;
  std::vector<int64_t> dims;
  std::vector<float> floats;
  std::vector<int64_t> ints;
};

/// Which of an attribute's fields is set, numbered as in AttributeProto.AttributeType.
enum class AttributeType : int32_t {
  kUndefined = 0,
  kFloat = 1,
  kInt = 2,
  kString = 3,
  kTensor = 4,
  kFloats = 6,
  kInts = 7,
  kOther = -1,  // subgraphs, strings, sparse tensors, types: no supported operator has them
};

struct Attribute {
  std::string name;
  AttributeType type = AttributeType::kUndefined;
  float f = 0.0f;
  int64_t i = 0;
  std::string s;
  Tensor t;
  std::vector<float> floats;
  std::vector<int64_t> ints;
};

struct Node {
  std::string name;
  std::string op_type;
  std::string domain;
  std::vector<std::string> inputs;  // "" for an omitted optional input
  std::vector<std::string> outputs;
  std::vector<Attribute> attributes;
};

/// A graph input or output. Symbolic and missing extents are -1.
struct ValueInfo {
  std::string name;
  DataType element_type = DataType::kUndefined;
  bool has_shape = false;
  std::vector<int64_t> shape;
  // For the writer: what to call the extents that are -1, one entry per axis. Not read back.
  std::vector<std::string> symbols;
};

struct Model {
  int64_t ir_version = 0;
  int64_t opset_version = 0;  // of the default domain
  std::vector<std::pair<std::string, std::string>> metadata;
  std::vector<Node> nodes;
  std::vector<Tensor> initializers;
  std::vector<ValueInfo> inputs;
  std::vector<ValueInfo> outputs;
};

}  // namespace tessera::onnx

#endif  // TESSERA_ONNX_PROTO_H_
