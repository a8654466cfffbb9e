#include <cmath>
#include <optional>
#include <string>

#include "core/number_text.h"
#include "graph/import/importers.h"
#include "graph/infer_node.h"
#include "graph/track_quantization.h"

namespace tessera {
namespace {

using onnx::DataType;

bool IsCode(DataType type) { return type == DataType::kInt8 || type == DataType::kUint8; }

// The parameters of QuantizeLinear and DequantizeLinear: as many zero points as scales, one for the
// whole tensor or one for each index of an axis.
struct Parameters {
  std::vector<float> scales;
  std::vector<int64_t> zero_points;
  std::optional<DataType> type;  // of the zero points, where there are any

  Quantization Of(size_t channel, bool is_signed) const {
    return {scales[channel], static_cast<int32_t>(zero_points[channel]), is_signed};
  }
};

Status ReadScales(OpContext& op, Parameters& parameters) {
  TESSERA_ASSIGN_OR_RETURN(parameters.scales, op.FloatsInput(1));
  if (parameters.scales.empty()) return op.Malformed("has no scale");
  for (const float scale : parameters.scales) {
    // The largest number that a code can stand for must be finite as well.
    constexpr float kMostCodes = 256.0f;
    if (scale > 0.0f && std::isfinite(scale * kMostCodes)) continue;
    return op.Malformed("the scale " + NumberText(scale) + " is not a positive finite number");
  }
  return Status::Ok();
}

Status ReadZeroPoints(OpContext& op, Parameters& parameters) {
  parameters.zero_points.assign(parameters.scales.size(), 0);
  if (!op.HasInput(2)) return Status::Ok();
  TESSERA_ASSIGN_OR_RETURN(parameters.type, op.IntegerTypeInput(2));
  TESSERA_ASSIGN_OR_RETURN(parameters.zero_points, op.IntsInput(2));
  if (parameters.zero_points.size() == parameters.scales.size()) return Status::Ok();
  return op.Malformed("has " + std::to_string(parameters.scales.size()) + " scales but " +
                      std::to_string(parameters.zero_points.size()) + " zero points");
}

Result<Parameters> ReadParameters(OpContext& op) {
  op.Ignore("saturate");  // concerns 8-bit floats
  TESSERA_ASSIGN_OR_RETURN(const int64_t block_size, op.Int("block_size", 0));
  if (block_size != 0) {
    return op.Unsupported("block_size " + std::to_string(block_size) +
                          "; one scale per tensor or per channel is supported");
  }
  Parameters parameters;
  TESSERA_RETURN_IF_ERROR(ReadScales(op, parameters));
  TESSERA_RETURN_IF_ERROR(ReadZeroPoints(op, parameters));
  return parameters;
}

// Which scale belongs to which element of a tensor.
struct Channels {
  size_t axis = 0;
  size_t extent = 1;  // 1: one scale for all
  size_t inner = 1;   // elements from one index of the axis to the next

  size_t Of(size_t element) const { return element / inner % extent; }
};

Result<Channels> ReadChannels(OpContext& op, const Shape& shape, const Parameters& parameters) {
  TESSERA_ASSIGN_OR_RETURN(int64_t axis, op.Int("axis", 1));
  Channels channels;
  if (parameters.scales.size() == 1) return channels;
  const auto rank = static_cast<int64_t>(shape.size());
  if (axis < 0) axis += rank;
  if (axis < 0 || axis >= rank) {
    return op.Malformed("there is no axis " + std::to_string(axis) + " in a tensor of shape " +
                        ShapeToString(shape));
  }
  channels.axis = static_cast<size_t>(axis);
  channels.extent = parameters.scales.size();
  if (shape[channels.axis] != static_cast<int64_t>(channels.extent)) {
    return op.Malformed("has " + std::to_string(channels.extent) + " scales for axis " +
                        std::to_string(axis) + " of a tensor of shape " + ShapeToString(shape));
  }
  for (size_t i = channels.axis + 1; i < shape.size(); ++i) {
    channels.inner *= static_cast<size_t>(shape[i]);
  }
  return channels;
}

// The type of the codes that a QuantizeLinear makes.
Result<DataType> ReadOutputType(OpContext& op, const Parameters& parameters) {
  TESSERA_ASSIGN_OR_RETURN(const int64_t output_dtype, op.Int("output_dtype", 0));
  TESSERA_ASSIGN_OR_RETURN(const int64_t precision, op.Int("precision", 0));
  DataType type = parameters.type.value_or(DataType::kUint8);
  if (output_dtype != 0 && !parameters.type) type = static_cast<DataType>(output_dtype);
  if (output_dtype != 0 && output_dtype != static_cast<int64_t>(type)) {
    return op.Malformed("output_dtype and the type of the zero point differ");
  }
  if (!IsCode(type)) {
    return op.Unsupported("makes elements of type " + std::to_string(static_cast<int32_t>(type)) +
                          " of TensorProto.DataType; int8 and uint8 are supported");
  }
  if (precision != 0 && precision != static_cast<int64_t>(DataType::kFloat)) {
    return op.Unsupported("divides in a precision other than float32");
  }
  return type;
}

// Weights that an exporter has left in floating point.
Status QuantizeConstant(OpContext& op, const Value& x, const Parameters& parameters,
                        DataType type) {
  TESSERA_ASSIGN_OR_RETURN(const Channels channels, ReadChannels(op, x.shape, parameters));
  onnx::Tensor codes;
  codes.data_type = type;
  codes.dims = x.shape;
  const std::vector<float>& reals = x.constant->floats;
  codes.ints.reserve(reals.size());
  for (size_t i = 0; i < reals.size(); ++i) {
    if (std::isnan(reals[i])) return op.Malformed("the tensor '" + x.name + "' holds a NaN");
    const Quantization quantization =
        parameters.Of(channels.Of(i), /*is_signed=*/type == DataType::kInt8);
    const float code = CodeOf(quantization, reals[i]);
    codes.ints.push_back(static_cast<int64_t>(code) + quantization.zero_point);
  }
  return op.EmitConstant(std::move(codes));
}

// The 8-bit form of weights, where it fits the engine: scales along the outermost axis, and codes
// that are int8 once the zero point is off.
std::optional<QuantizedWeights> ToQuantizedWeights(const std::vector<int64_t>& codes,
                                                   const Channels& channels,
                                                   const Parameters& parameters) {
  if (channels.axis != 0) return std::nullopt;
  QuantizedWeights weights;
  weights.scales = parameters.scales;
  weights.codes.reserve(codes.size());
  for (size_t i = 0; i < codes.size(); ++i) {
    const int64_t code = codes[i] - parameters.zero_points[channels.Of(i)];
    if (code < INT8_MIN || code > INT8_MAX) return std::nullopt;
    weights.codes.push_back(static_cast<int8_t>(code));
  }
  return weights;
}

Status DequantizeConstant(OpContext& op, const Parameters& parameters) {
  TESSERA_ASSIGN_OR_RETURN(const DataType type, op.IntegerTypeInput(0));
  TESSERA_ASSIGN_OR_RETURN(const std::vector<int64_t> codes, op.IntsInput(0));
  TESSERA_ASSIGN_OR_RETURN(const ValueId id, op.Input(0));
  if (!IsCode(type) && type != DataType::kInt32) {
    return op.Unsupported("reads elements of type int64; int8, uint8 and int32 are supported");
  }
  if (parameters.type && *parameters.type != type) {
    return op.Malformed("its input and its zero point have different types");
  }
  const Shape shape = op.graph().value(id).shape;
  TESSERA_ASSIGN_OR_RETURN(const Channels channels, ReadChannels(op, shape, parameters));
  Constant constant;
  constant.floats.reserve(codes.size());
  for (size_t i = 0; i < codes.size(); ++i) {
    const size_t channel = channels.Of(i);
    const auto code = static_cast<float>(codes[i] - parameters.zero_points[channel]);
    constant.floats.push_back(code * parameters.scales[channel]);
  }
  if (IsCode(type)) constant.quantized = ToQuantizedWeights(codes, channels, parameters);
  return op.EmitConstant(shape, std::move(constant));
}

Status RequireOneScale(OpContext& op, const Parameters& parameters) {
  op.Ignore("axis");  // concerns several scales
  if (parameters.scales.size() == 1) return Status::Ok();
  return op.Unsupported("has " + std::to_string(parameters.scales.size()) +
                        " scales; tensors that depend on the image may have one");
}

// Back from codes to real numbers. The graph holds the real numbers already, as long as both
// operators agree on what the codes stand for.
Status DequantizeActivation(OpContext& op, const Codes& codes, const Parameters& parameters) {
  TESSERA_RETURN_IF_ERROR(RequireOneScale(op, parameters));
  const DataType type = codes.is_signed ? DataType::kInt8 : DataType::kUint8;
  if (parameters.type.value_or(type) != type) {
    return op.Malformed("its input and its zero point have different types");
  }
  const Quantization quantization = parameters.Of(0, codes.is_signed);
  if (codes.quantization && *codes.quantization != quantization) {
    return op.Unsupported(
        "its scale or zero point differs from that of the QuantizeLinear that made its input");
  }
  return op.EmitReal(0, quantization);
}

}  // namespace

Status ImportQuantizeLinear(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(const Parameters parameters, ReadParameters(op));
  TESSERA_ASSIGN_OR_RETURN(const DataType type, ReadOutputType(op, parameters));
  TESSERA_ASSIGN_OR_RETURN(const ValueId id, op.Input(0));
  const Value& x = op.graph().value(id);
  if (x.type != ElementType::kFloat32) return op.Unsupported("quantizes integers");
  if (x.constant) return QuantizeConstant(op, x, parameters, type);
  TESSERA_RETURN_IF_ERROR(RequireOneScale(op, parameters));
  return op.EmitCodes(parameters.Of(0, /*is_signed=*/type == DataType::kInt8), id);
}

Status ImportDequantizeLinear(OpContext& op) {
  TESSERA_ASSIGN_OR_RETURN(const int64_t output_dtype, op.Int("output_dtype", 0));
  if (output_dtype != 0 && !onnx::IsFloating(static_cast<DataType>(output_dtype))) {
    return op.Unsupported("makes elements of type " + std::to_string(output_dtype) +
                          " of TensorProto.DataType; floating types are supported");
  }
  TESSERA_ASSIGN_OR_RETURN(const Parameters parameters, ReadParameters(op));
  if (const Codes* codes = op.CodesInput(0)) return DequantizeActivation(op, *codes, parameters);
  TESSERA_ASSIGN_OR_RETURN(const ValueId id, op.Input(0));
  if (op.graph().value(id).constant) return DequantizeConstant(op, parameters);
  return op.Unsupported("its input is neither a constant nor made by a QuantizeLinear");
}

}  // namespace tessera
