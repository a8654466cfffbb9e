#include "onnx/reader.h"

#include <new>
#include <optional>
#include <protozero/exception.hpp>
#include <protozero/pbf_reader.hpp>
#include <protozero/types.hpp>
#include <protozero/varint.hpp>
#include <string>

#include "onnx/fields.h"
#include "onnx/foreign_file.h"
#include "onnx/tensor_reader.h"

namespace tessera::onnx {
namespace {

using protozero::pbf_reader;

// Far above any real network; bounds the time that a hostile file can take.
constexpr size_t kMaxNodes = 20'000;

AttributeType ToAttributeType(int32_t type) {
  switch (type) {
    case 1:
    case 2:
    case 3:
    case 4:
    case 6:
    case 7:
      return static_cast<AttributeType>(type);
    default:
      return AttributeType::kOther;
  }
}

Result<Attribute> ReadAttribute(pbf_reader reader, ExternalData& external) {
  Attribute attribute;
  while (NextField(reader)) {
    switch (reader.tag_and_type()) {
      case BytesField(1):
        attribute.name = reader.get_string();
        break;
      case Fixed32Field(2):
        attribute.f = reader.get_float();
        break;
      case VarintField(3):
        attribute.i = reader.get_int64();
        break;
      case BytesField(4):
        attribute.s = reader.get_string();
        break;
      case BytesField(5): {
        TESSERA_ASSIGN_OR_RETURN(attribute.t, ReadTensor(reader.get_message(), external));
        break;
      }
      case Fixed32Field(7):
        attribute.floats.push_back(reader.get_float());
        break;
      case BytesField(7):
        AppendPacked(reader.get_packed_float(), attribute.floats);
        break;
      case VarintField(8):
        attribute.ints.push_back(reader.get_int64());
        break;
      case BytesField(8):
        AppendPacked(reader.get_packed_int64(), attribute.ints);
        break;
      case VarintField(20):
        attribute.type = ToAttributeType(reader.get_int32());
        break;
      default:
        reader.skip();
    }
  }
  return attribute;
}

Result<Node> ReadNode(pbf_reader reader, ExternalData& external) {
  Node node;
  while (NextField(reader)) {
    switch (reader.tag_and_type()) {
      case BytesField(1):
        node.inputs.push_back(reader.get_string());
        break;
      case BytesField(2):
        node.outputs.push_back(reader.get_string());
        break;
      case BytesField(3):
        node.name = reader.get_string();
        break;
      case BytesField(4):
        node.op_type = reader.get_string();
        break;
      case BytesField(5): {
        TESSERA_ASSIGN_OR_RETURN(Attribute attribute,
                                 ReadAttribute(reader.get_message(), external));
        node.attributes.push_back(std::move(attribute));
        break;
      }
      case BytesField(7):
        node.domain = reader.get_string();
        break;
      default:
        reader.skip();
    }
  }
  return node;
}

// TensorShapeProto.Dimension: a number, a symbol, or nothing.
int64_t ReadDimension(pbf_reader reader) {
  int64_t extent = -1;
  while (NextField(reader)) {
    if (reader.tag_and_type() == VarintField(1)) {
      extent = reader.get_int64();
    } else {
      reader.skip();
    }
  }
  return extent >= 0 ? extent : -1;
}

void ReadShape(pbf_reader reader, ValueInfo& info) {
  info.has_shape = true;
  while (NextField(reader)) {
    if (reader.tag_and_type() == BytesField(1)) {
      info.shape.push_back(ReadDimension(reader.get_message()));
    } else {
      reader.skip();
    }
  }
}

void ReadTensorType(pbf_reader reader, ValueInfo& info) {
  while (NextField(reader)) {
    switch (reader.tag_and_type()) {
      case VarintField(1):
        info.element_type = static_cast<DataType>(reader.get_int32());
        break;
      case BytesField(2):
        ReadShape(reader.get_message(), info);
        break;
      default:
        reader.skip();
    }
  }
}

void ReadType(pbf_reader reader, ValueInfo& info) {
  while (NextField(reader)) {
    if (reader.tag_and_type() == BytesField(1)) {
      ReadTensorType(reader.get_message(), info);
    } else {
      reader.skip();
    }
  }
}

ValueInfo ReadValueInfo(pbf_reader reader) {
  ValueInfo info;
  while (NextField(reader)) {
    switch (reader.tag_and_type()) {
      case BytesField(1):
        info.name = reader.get_string();
        break;
      case BytesField(2):
        ReadType(reader.get_message(), info);
        break;
      default:
        reader.skip();
    }
  }
  return info;
}

Status ReadGraph(pbf_reader reader, ExternalData& external, Model& model) {
  while (NextField(reader)) {
    switch (reader.tag_and_type()) {
      case BytesField(1): {
        TESSERA_ASSIGN_OR_RETURN(Node node, ReadNode(reader.get_message(), external));
        model.nodes.push_back(std::move(node));
        break;
      }
      case BytesField(5): {
        TESSERA_ASSIGN_OR_RETURN(Tensor tensor, ReadTensor(reader.get_message(), external));
        model.initializers.push_back(std::move(tensor));
        break;
      }
      case BytesField(11):
        model.inputs.push_back(ReadValueInfo(reader.get_message()));
        break;
      case BytesField(12):
        model.outputs.push_back(ReadValueInfo(reader.get_message()));
        break;
      case BytesField(15):
        return Status(
            StatusCode::kUnsupported,
            "the model stores sparse weights, which are not supported; save it with dense "
            "weights");
      default:
        reader.skip();
    }
    if (model.nodes.size() > kMaxNodes) {
      return Status(StatusCode::kUnsupported,
                    "the model has more than " + std::to_string(kMaxNodes) + " operators");
    }
  }
  return Status::Ok();
}

bool IsDefaultDomain(const std::string& domain) { return domain.empty() || domain == "ai.onnx"; }

void ReadOpset(pbf_reader reader, Model& model) {
  std::string domain;
  int64_t version = 0;
  while (NextField(reader)) {
    switch (reader.tag_and_type()) {
      case BytesField(1):
        domain = reader.get_string();
        break;
      case VarintField(2):
        version = reader.get_int64();
        break;
      default:
        reader.skip();
    }
  }
  if (IsDefaultDomain(domain)) model.opset_version = version;
}

void ReadMetadata(pbf_reader reader, Model& model) {
  std::pair<std::string, std::string> entry;
  while (NextField(reader)) {
    switch (reader.tag_and_type()) {
      case BytesField(1):
        entry.first = reader.get_string();
        break;
      case BytesField(2):
        entry.second = reader.get_string();
        break;
      default:
        reader.skip();
    }
  }
  model.metadata.push_back(std::move(entry));
}

Result<Model> ReadModelProto(std::span<const uint8_t> bytes, ExternalData& external) {
  pbf_reader reader(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  Model model;
  bool has_graph = false;
  while (NextField(reader)) {
    switch (reader.tag_and_type()) {
      case VarintField(1):
        model.ir_version = reader.get_int64();
        break;
      case BytesField(7):
        if (has_graph) return Status(StatusCode::kModelFormat, "the file holds two graphs");
        has_graph = true;
        TESSERA_RETURN_IF_ERROR(ReadGraph(reader.get_message(), external, model));
        break;
      case BytesField(8):
        ReadOpset(reader.get_message(), model);
        break;
      case BytesField(14):
        ReadMetadata(reader.get_message(), model);
        break;
      default:
        reader.skip();
    }
  }
  if (!has_graph) {
    return Status(StatusCode::kModelFormat, NameForeignMessage(bytes).value_or(
                                                "this is not an ONNX model: it holds no graph"));
  }
  return model;
}

Status CheckVersions(const Model& model) {
  if (model.opset_version == 0) {
    return Status(StatusCode::kModelFormat, "the model does not say which operator set it uses");
  }
  if (model.opset_version < kOldestOpset) {
    return Status(StatusCode::kUnsupported,
                  "the model uses operator set " + std::to_string(model.opset_version) +
                      "; export it with " + std::to_string(kOldestOpset) + " or newer");
  }
  return Status::Ok();
}

// How many bytes a file would need to hold its last field, where that is cut short. May throw.
std::optional<uint64_t> BytesNeeded(std::span<const uint8_t> bytes) {
  const char* at = reinterpret_cast<const char*>(bytes.data());
  const char* const begin = at;
  const char* const end = at + bytes.size();
  while (at < end) {
    const uint64_t key = protozero::decode_varint(&at, end);
    const auto type = static_cast<protozero::pbf_wire_type>(key & 7);
    uint64_t length = 0;
    if (type == protozero::pbf_wire_type::varint) {
      protozero::decode_varint(&at, end);
    } else if (type == protozero::pbf_wire_type::length_delimited) {
      length = protozero::decode_varint(&at, end);
    } else {
      return std::nullopt;  // ONNX has no others at this level
    }
    if (length > static_cast<uint64_t>(end - at)) return static_cast<uint64_t>(at - begin) + length;
    at += length;
  }
  return std::nullopt;
}

// Says of an unreadable file whether it ends too early or is wrong inside.
Status Damaged(std::span<const uint8_t> bytes, const char* what) {
  std::optional<uint64_t> needed;
  try {
    needed = BytesNeeded(bytes);
  } catch (const protozero::exception&) {
    needed.reset();  // no protobuf file at all, or cut within a length
  }
  // ONNX files begin with their version; lengths in other files mean nothing.
  if (needed && bytes[0] == 0x08) {
    return Status(StatusCode::kModelFormat,
                  "the file is cut short: it has " + std::to_string(bytes.size()) +
                      " bytes, but its contents need " + std::to_string(*needed) +
                      "; download or copy it again");
  }
  return Status(StatusCode::kModelFormat,
                std::string("the file is damaged or not an ONNX model (") + what +
                    "); download or export it again");
}

}  // namespace

bool ComputesOnCodes(const std::string& op_type) {
  const bool integer = op_type.size() > 7 && op_type.ends_with("Integer");
  return integer || op_type.starts_with("QLinear") || op_type == "DynamicQuantizeLinear";
}

Result<Model> ReadModel(std::span<const uint8_t> bytes, std::span<const ExternalFile> files) {
  if (const auto foreign = NameForeignFile(bytes)) {
    return Status(StatusCode::kModelFormat, *foreign);
  }
  // With the writer's the only try block of the core: protozero reports malformed bytes by
  // exceptions, and they end here.
  try {
    ExternalData external(files);
    Result<Model> model = ReadModelProto(bytes, external);
    if (!model.ok()) return model;
    TESSERA_RETURN_IF_ERROR(CheckVersions(*model));
    TESSERA_RETURN_IF_ERROR(external.MissingFiles());
    return model;
  } catch (const protozero::exception& error) {
    return Damaged(bytes, error.what());
  } catch (const std::bad_alloc&) {
    return Status(StatusCode::kOutOfMemory, "not enough memory to read the model");
  }
}

}  // namespace tessera::onnx
