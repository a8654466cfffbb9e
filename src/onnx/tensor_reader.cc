#include "onnx/tensor_reader.h"

#include <cstring>
#include <optional>
#include <span>

#include "core/checked_math.h"
#include "onnx/fields.h"
#include "onnx/float16.h"

namespace tessera::onnx {
namespace {

// ONNX allows any rank; nothing an image network holds needs more than this.
constexpr size_t kMaxRank = 8;

// A TensorProto as it lies in the file: the elements are in `raw`, or in the typed field that
// belongs to the element type.
struct Encoded {
  std::string name;
  int32_t data_type = 0;
  std::vector<int64_t> dims;
  std::vector<float> floats;
  std::vector<int32_t> int32s;  // also holds 8-bit integers, and float16 as bits
  std::vector<int64_t> int64s;
  std::vector<double> doubles;
  std::optional<std::span<const char>> raw;
  ExternalPlace place;
  bool external = false;
};

// StringStringEntryProto: one entry of external_data. Other keys, such as a checksum, are left.
void ReadPlace(protozero::pbf_reader reader, ExternalPlace& place) {
  std::string key;
  std::string value;
  while (NextField(reader)) {
    switch (reader.tag_and_type()) {
      case BytesField(1):
        key = reader.get_string();
        break;
      case BytesField(2):
        value = reader.get_string();
        break;
      default:
        reader.skip();
    }
  }
  if (key == "location") place.location = value;
  if (key == "offset") place.offset = value;
  if (key == "length") place.length = value;
}

Encoded Decode(protozero::pbf_reader reader) {
  Encoded tensor;
  while (NextField(reader)) {
    switch (reader.tag_and_type()) {
      case VarintField(1):
        tensor.dims.push_back(reader.get_int64());
        break;
      case BytesField(1):
        AppendPacked(reader.get_packed_int64(), tensor.dims);
        break;
      case VarintField(2):
        tensor.data_type = reader.get_int32();
        break;
      case Fixed32Field(4):
        tensor.floats.push_back(reader.get_float());
        break;
      case BytesField(4):
        AppendPacked(reader.get_packed_float(), tensor.floats);
        break;
      case VarintField(5):
        tensor.int32s.push_back(reader.get_int32());
        break;
      case BytesField(5):
        AppendPacked(reader.get_packed_int32(), tensor.int32s);
        break;
      case VarintField(7):
        tensor.int64s.push_back(reader.get_int64());
        break;
      case BytesField(7):
        AppendPacked(reader.get_packed_int64(), tensor.int64s);
        break;
      case BytesField(8):
        tensor.name = reader.get_string();
        break;
      case BytesField(9): {
        const protozero::data_view view = reader.get_view();
        tensor.raw = std::span<const char>(view.data(), view.size());
        break;
      }
      case Fixed64Field(10):
        tensor.doubles.push_back(reader.get_double());
        break;
      case BytesField(10):
        AppendPacked(reader.get_packed_double(), tensor.doubles);
        break;
      case BytesField(13):
        ReadPlace(reader.get_message(), tensor.place);
        break;
      case VarintField(14):  // data_location: 0 here, 1 at `place`
        tensor.external = reader.get_int32() != 0;
        break;
      default:
        reader.skip();
    }
  }
  return tensor;
}

// Reads raw little-endian elements of type Stored. WebAssembly and every host we build for are
// little-endian, so a copy decodes them; memcpy because the file gives no alignment.
template <typename Stored, typename Target, typename Convert>
void FromRaw(std::span<const char> raw, std::vector<Target>& out, Convert convert) {
  out.reserve(raw.size() / sizeof(Stored));
  for (size_t at = 0; at + sizeof(Stored) <= raw.size(); at += sizeof(Stored)) {
    Stored element;
    std::memcpy(&element, raw.data() + at, sizeof(Stored));
    out.push_back(static_cast<Target>(convert(element)));
  }
}

template <typename Stored, typename Typed, typename Target, typename Convert>
void Elements(const Encoded& tensor, const std::vector<Typed>& typed, std::vector<Target>& out,
              Convert convert) {
  if (tensor.raw) return FromRaw<Stored>(*tensor.raw, out, convert);
  out.reserve(typed.size());
  for (const Typed element : typed) {
    out.push_back(static_cast<Target>(convert(static_cast<Stored>(element))));
  }
}

size_t ElementBytes(DataType type) {
  switch (type) {
    case DataType::kUint8:
    case DataType::kInt8:
    case DataType::kBool:
      return 1;
    case DataType::kFloat16:
      return 2;
    case DataType::kFloat:
    case DataType::kInt32:
      return 4;
    case DataType::kInt64:
    case DataType::kDouble:
      return 8;
    case DataType::kUndefined:
      break;
  }
  return 0;
}

std::string Named(const Encoded& tensor) {
  return tensor.name.empty() ? "a constant" : "tensor '" + tensor.name + "'";
}

Status CheckEncoding(const Encoded& tensor, DataType type) {
  if (ElementBytes(type) == 0) {
    return Status(StatusCode::kUnsupported,
                  Named(tensor) + " has element type " + std::to_string(tensor.data_type) +
                      " of TensorProto.DataType; supported are float32, float16, double, int8, "
                      "uint8, int32, int64 and bool");
  }
  if (tensor.dims.size() > kMaxRank) {
    return Status(StatusCode::kUnsupported,
                  Named(tensor) + " has " + std::to_string(tensor.dims.size()) +
                      " dimensions; at most " + std::to_string(kMaxRank) + " are supported");
  }
  if (tensor.raw && tensor.raw->size() % ElementBytes(type) != 0) {
    return Status(StatusCode::kModelFormat, Named(tensor) + " has a partial last element");
  }
  return Status::Ok();
}

// The product of the extents.
Result<size_t> Count(const Encoded& encoded) {
  size_t expected = 1;
  for (const int64_t dim : encoded.dims) {
    const auto product = CheckedProduct({static_cast<int64_t>(expected), dim});
    // INT32_MAX elements keep later int64 arithmetic on counts far from overflow.
    if (!product || *product > INT32_MAX) {
      return Status(StatusCode::kModelFormat, Named(encoded) + " has impossible dimensions");
    }
    expected = *product;
  }
  return expected;
}

Status CheckCount(const Encoded& encoded, size_t expected, const Tensor& tensor) {
  const size_t found = tensor.floats.size() + tensor.ints.size();
  if (found == expected) return Status::Ok();
  return Status(StatusCode::kModelFormat, Named(encoded) + " should have " +
                                              std::to_string(expected) + " elements but has " +
                                              std::to_string(found));
}

}  // namespace

bool IsFloating(DataType type) {
  return type == DataType::kFloat || type == DataType::kFloat16 || type == DataType::kDouble;
}

Result<Tensor> ReadTensor(protozero::pbf_reader reader, ExternalData& external) {
  Encoded encoded = Decode(reader);
  const auto type = static_cast<DataType>(encoded.data_type);
  TESSERA_RETURN_IF_ERROR(CheckEncoding(encoded, type));
  TESSERA_ASSIGN_OR_RETURN(const size_t count, Count(encoded));

  Tensor tensor;
  tensor.name = encoded.name;
  tensor.data_type = type;
  tensor.dims = encoded.dims;
  if (encoded.external) {
    const size_t bytes = count * ElementBytes(type);
    TESSERA_ASSIGN_OR_RETURN(encoded.raw, external.Find(encoded.place, bytes, Named(encoded)));
    if (encoded.raw->size() < bytes) return tensor;  // the file is missing
  }
  const auto same = [](auto element) { return element; };
  switch (type) {
    case DataType::kFloat:
      Elements<float>(encoded, encoded.floats, tensor.floats, same);
      break;
    case DataType::kFloat16:
      Elements<uint16_t>(encoded, encoded.int32s, tensor.floats, HalfToFloat);
      break;
    case DataType::kDouble:
      Elements<double>(encoded, encoded.doubles, tensor.floats, same);
      break;
    case DataType::kBool:
    case DataType::kUint8:
      Elements<uint8_t>(encoded, encoded.int32s, tensor.ints, same);
      break;
    case DataType::kInt8:
      Elements<int8_t>(encoded, encoded.int32s, tensor.ints, same);
      break;
    case DataType::kInt32:
      Elements<int32_t>(encoded, encoded.int32s, tensor.ints, same);
      break;
    case DataType::kInt64:
      Elements<int64_t>(encoded, encoded.int64s, tensor.ints, same);
      break;
    case DataType::kUndefined:
      break;  // refused by CheckEncoding
  }
  TESSERA_RETURN_IF_ERROR(CheckCount(encoded, count, tensor));
  return tensor;
}

}  // namespace tessera::onnx
