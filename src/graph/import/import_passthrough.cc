#include <cmath>
#include <string>

#include "graph/import/importers.h"

namespace tessera {
namespace {

// Numbers of the element types in TensorProto.DataType, for Cast's `to`.
onnx::DataType ToDataType(int64_t number) {
  switch (number) {
    case 1:
    case 6:
    case 7:
    case 10:
    case 11:
      return static_cast<onnx::DataType>(number);
    default:
      return onnx::DataType::kUndefined;
  }
}

onnx::Tensor FloatTensor(std::vector<int64_t> dims, std::vector<float> floats) {
  onnx::Tensor tensor;
  tensor.data_type = onnx::DataType::kFloat;
  tensor.dims = std::move(dims);
  tensor.floats = std::move(floats);
  return tensor;
}

onnx::Tensor IntTensor(std::vector<int64_t> dims, std::vector<int64_t> ints) {
  onnx::Tensor tensor;
  tensor.data_type = onnx::DataType::kInt64;
  tensor.dims = std::move(dims);
  tensor.ints = std::move(ints);
  return tensor;
}

}  // namespace

Status ImportIdentity(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(const ValueId x, op.Input(0));
  return op.Alias(x);
}

Status ImportDropout(OpContext& op) {
  // The ratio, the seed and a false training flag do not matter to inference. A true flag does, but
  // a flag is a boolean, a type that only this input has: it is not worth reading.
  op.Ignore("ratio");
  op.Ignore("seed");
  if (op.HasInput(2)) {
    return op.Unsupported("a training_mode input; export the model for inference");
  }
  TESSERA_ASSIGN_OR_RETURN(const ValueId x, op.Input(0));
  return op.Alias(x);
}

Status ImportConstant(OpContext& op) {
  if (op.Has("value")) {
    TESSERA_ASSIGN_OR_RETURN(const onnx::Tensor* tensor, op.Tensor("value"));
    // An attribute that is present without its tensor reads as a tensor of no type.
    if (tensor->data_type == onnx::DataType::kUndefined) return op.Malformed("has no value");
    return op.EmitConstant(*tensor);
  }
  if (op.Has("value_float")) {
    TESSERA_ASSIGN_OR_RETURN(const float value, op.Float("value_float", 0.0f));
    return op.EmitConstant(FloatTensor({}, {value}));
  }
  if (op.Has("value_int")) {
    TESSERA_ASSIGN_OR_RETURN(const int64_t value, op.Int("value_int", 0));
    return op.EmitConstant(IntTensor({}, {value}));
  }
  if (op.Has("value_floats")) {
    TESSERA_ASSIGN_OR_RETURN(std::vector<float> values, op.Floats("value_floats", {}));
    const auto count = static_cast<int64_t>(values.size());
    return op.EmitConstant(FloatTensor({count}, std::move(values)));
  }
  if (op.Has("value_ints")) {
    TESSERA_ASSIGN_OR_RETURN(std::vector<int64_t> values, op.Ints("value_ints", {}));
    const auto count = static_cast<int64_t>(values.size());
    return op.EmitConstant(IntTensor({count}, std::move(values)));
  }
  return op.Unsupported("only dense tensors of numbers are supported");
}

Status ImportCast(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(const ValueId x, op.Input(0));
  TESSERA_ASSIGN_OR_RETURN(const int64_t to, op.Int("to", 0));
  op.Ignore("saturate");  // concerns 8-bit floats only
  const onnx::DataType type = ToDataType(to);
  const Value& value = op.graph().value(x);
  const bool from_float = value.type == ElementType::kFloat32;
  // Everything runs in float32, so that a cast between floating types changes nothing.
  if (from_float && onnx::IsFloating(type)) return op.Alias(x);
  constexpr int64_t kBool = 9;
  const bool to_whole = type == onnx::DataType::kInt64 || type == onnx::DataType::kInt32;
  if (from_float && !value.constant && (to == kBool || to_whole)) {
    // Truths are 0 and 1; whole numbers are rounded towards zero.
    TESSERA_ASSIGN_OR_RETURN(const ValueId sign, op.Add(Unary{Unary::Kind::kSign}, {x}));
    if (to == kBool) return op.Emit(Unary{Unary::Kind::kAbs}, {sign});
    TESSERA_ASSIGN_OR_RETURN(const ValueId size, op.Add(Unary{Unary::Kind::kAbs}, {x}));
    TESSERA_ASSIGN_OR_RETURN(const ValueId whole, op.Add(Unary{Unary::Kind::kFloor}, {size}));
    return op.Emit(Binary{Binary::Kind::kMul}, {whole, sign});
  }
  if (!from_float && value.constant) {
    if (type == onnx::DataType::kInt64 || type == onnx::DataType::kInt32) return op.Alias(x);
    if (onnx::IsFloating(type)) {
      const std::vector<int64_t>& ints = value.constant->ints;
      return op.EmitConstant(FloatTensor(value.shape, {ints.begin(), ints.end()}));
    }
  }
  return op.Unsupported(
      "only casts between floating types, to whole numbers and truths, and of integer constants to "
      "floating types, are supported");
}

}  // namespace tessera
