#include "onnx/writer.h"

#include <cstdint>
#include <cstring>
#include <limits>
#include <new>
#include <protozero/pbf_writer.hpp>
#include <vector>

#include "core/checked_math.h"

namespace tessera::onnx {
namespace {

using protozero::pbf_writer;

// Field numbers are those of onnx.proto, which is proto2: repeated numbers are not packed.

Status BadTensor(const Tensor& tensor, const char* why) {
  return Status(StatusCode::kInvalidArgument, "tensor '" + tensor.name + "' " + why);
}

Status CheckCount(const Tensor& tensor) {
  size_t expected = 1;
  for (const int64_t dim : tensor.dims) {
    const auto product = CheckedProduct({static_cast<int64_t>(expected), dim});
    if (!product || *product > INT32_MAX) return BadTensor(tensor, "has impossible dimensions");
    expected = *product;
  }
  const bool floating = IsFloating(tensor.data_type);
  const size_t found = floating ? tensor.floats.size() : tensor.ints.size();
  if (found == expected) return Status::Ok();
  return BadTensor(tensor, "does not fill its dimensions");
}

// Appends elements as they lie in memory: every machine we build for is little-endian.
template <typename Stored, typename Element>
bool AppendRaw(const std::vector<Element>& elements, std::string& raw) {
  raw.resize(elements.size() * sizeof(Stored));
  char* out = raw.data();
  for (const Element element : elements) {
    const auto stored = static_cast<Stored>(element);
    if constexpr (std::numeric_limits<Element>::is_integer) {
      if (static_cast<Element>(stored) != element) return false;
    }
    std::memcpy(out, &stored, sizeof(Stored));
    out += sizeof(Stored);
  }
  return true;
}

Result<std::string> RawData(const Tensor& tensor) {
  std::string raw;
  bool fits = true;
  switch (tensor.data_type) {
    case DataType::kFloat:
      fits = AppendRaw<float>(tensor.floats, raw);
      break;
    case DataType::kDouble:
      fits = AppendRaw<double>(tensor.floats, raw);
      break;
    case DataType::kBool:
    case DataType::kUint8:
      fits = AppendRaw<uint8_t>(tensor.ints, raw);
      break;
    case DataType::kInt8:
      fits = AppendRaw<int8_t>(tensor.ints, raw);
      break;
    case DataType::kInt32:
      fits = AppendRaw<int32_t>(tensor.ints, raw);
      break;
    case DataType::kInt64:
      fits = AppendRaw<int64_t>(tensor.ints, raw);
      break;
    case DataType::kFloat16:
    case DataType::kUndefined:
      return BadTensor(tensor, "has an element type that is not written");
  }
  if (fits) return raw;
  return BadTensor(tensor, "has an element that does not fit its type");
}

Result<std::string> EncodeTensor(const Tensor& tensor) {
  TESSERA_RETURN_IF_ERROR(CheckCount(tensor));
  TESSERA_ASSIGN_OR_RETURN(const std::string raw, RawData(tensor));
  std::string bytes;
  pbf_writer pbf(bytes);
  for (const int64_t dim : tensor.dims) pbf.add_int64(1, dim);
  pbf.add_int32(2, static_cast<int32_t>(tensor.data_type));
  if (!tensor.name.empty()) pbf.add_string(8, tensor.name);
  pbf.add_bytes(9, raw);
  return bytes;
}

Result<std::string> EncodeAttribute(const Attribute& attribute) {
  std::string bytes;
  pbf_writer pbf(bytes);
  pbf.add_string(1, attribute.name);
  switch (attribute.type) {
    case AttributeType::kFloat:
      pbf.add_float(2, attribute.f);
      break;
    case AttributeType::kInt:
      pbf.add_int64(3, attribute.i);
      break;
    case AttributeType::kString:
      pbf.add_bytes(4, attribute.s);
      break;
    case AttributeType::kTensor: {
      TESSERA_ASSIGN_OR_RETURN(const std::string tensor, EncodeTensor(attribute.t));
      pbf.add_message(5, tensor);
      break;
    }
    case AttributeType::kFloats:
      for (const float element : attribute.floats) pbf.add_float(7, element);
      break;
    case AttributeType::kInts:
      for (const int64_t element : attribute.ints) pbf.add_int64(8, element);
      break;
    case AttributeType::kUndefined:
    case AttributeType::kOther:
      return Status(StatusCode::kInvalidArgument,
                    "attribute '" + attribute.name + "' has a type that is not written");
  }
  pbf.add_int32(20, static_cast<int32_t>(attribute.type));
  return bytes;
}

Result<std::string> EncodeNode(const Node& node) {
  std::string bytes;
  pbf_writer pbf(bytes);
  for (const std::string& input : node.inputs) pbf.add_string(1, input);
  for (const std::string& output : node.outputs) pbf.add_string(2, output);
  if (!node.name.empty()) pbf.add_string(3, node.name);
  pbf.add_string(4, node.op_type);
  for (const Attribute& attribute : node.attributes) {
    TESSERA_ASSIGN_OR_RETURN(const std::string encoded, EncodeAttribute(attribute));
    pbf.add_message(5, encoded);
  }
  if (!node.domain.empty()) pbf.add_string(7, node.domain);
  return bytes;
}

// TensorShapeProto.Dimension: a number, a symbol, or nothing.
std::string EncodeDimension(const ValueInfo& info, size_t axis) {
  std::string bytes;
  pbf_writer pbf(bytes);
  if (info.shape[axis] >= 0) {
    pbf.add_int64(1, info.shape[axis]);
  } else if (axis < info.symbols.size() && !info.symbols[axis].empty()) {
    pbf.add_string(2, info.symbols[axis]);
  }
  return bytes;
}

std::string EncodeValueInfo(const ValueInfo& info) {
  std::string tensor_type;
  pbf_writer tensor_pbf(tensor_type);
  tensor_pbf.add_int32(1, static_cast<int32_t>(info.element_type));
  if (info.has_shape) {
    std::string shape;
    for (size_t axis = 0; axis < info.shape.size(); ++axis) {
      pbf_writer(shape).add_message(1, EncodeDimension(info, axis));
    }
    tensor_pbf.add_message(2, shape);
  }
  std::string type;
  pbf_writer(type).add_message(1, tensor_type);
  std::string bytes;
  pbf_writer pbf(bytes);
  pbf.add_string(1, info.name);
  pbf.add_message(2, type);
  return bytes;
}

Result<std::string> EncodeGraph(const Model& model) {
  std::string bytes;
  pbf_writer pbf(bytes);
  for (const Node& node : model.nodes) {
    TESSERA_ASSIGN_OR_RETURN(const std::string encoded, EncodeNode(node));
    pbf.add_message(1, encoded);
  }
  pbf.add_string(2, "network");  // ONNX wants a name
  for (const Tensor& tensor : model.initializers) {
    TESSERA_ASSIGN_OR_RETURN(const std::string encoded, EncodeTensor(tensor));
    pbf.add_message(5, encoded);
  }
  for (const ValueInfo& input : model.inputs) pbf.add_message(11, EncodeValueInfo(input));
  for (const ValueInfo& output : model.outputs) pbf.add_message(12, EncodeValueInfo(output));
  return bytes;
}

Result<std::string> EncodeModel(const Model& model) {
  TESSERA_ASSIGN_OR_RETURN(const std::string graph, EncodeGraph(model));
  std::string opset;
  pbf_writer opset_pbf(opset);
  opset_pbf.add_string(1, "");  // the default domain
  opset_pbf.add_int64(2, model.opset_version);
  std::string bytes;
  pbf_writer pbf(bytes);
  pbf.add_int64(1, model.ir_version);
  pbf.add_string(2, "tessera");  // producer_name
  pbf.add_message(7, graph);
  pbf.add_message(8, opset);
  for (const auto& [key, value] : model.metadata) {
    std::string entry;
    pbf_writer entry_pbf(entry);
    entry_pbf.add_string(1, key);
    entry_pbf.add_string(2, value);
    pbf.add_message(14, entry);
  }
  return bytes;
}

}  // namespace

Result<std::string> WriteModel(const Model& model) {
  try {
    return EncodeModel(model);
  } catch (const std::bad_alloc&) {
    return Status(StatusCode::kOutOfMemory, "not enough memory to write the model");
  }
}

}  // namespace tessera::onnx
