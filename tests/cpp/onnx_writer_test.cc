#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "onnx/reader.h"
#include "onnx/writer.h"

namespace tessera::onnx {
namespace {

Tensor MakeTensor(DataType type, std::vector<int64_t> dims, std::vector<float> floats,
                  std::vector<int64_t> ints) {
  Tensor tensor;
  tensor.name = "t";
  tensor.data_type = type;
  tensor.dims = std::move(dims);
  tensor.floats = std::move(floats);
  tensor.ints = std::move(ints);
  return tensor;
}

Model ModelOf(Tensor tensor) {
  Model model;
  model.ir_version = 8;
  model.opset_version = 13;
  model.initializers.push_back(std::move(tensor));
  return model;
}

Model WriteAndRead(const Model& model) {
  const Result<std::string> bytes = WriteModel(model);
  REQUIRE_MESSAGE(bytes.ok(), bytes.status().message());
  Result<Model> read = ReadModel({reinterpret_cast<const uint8_t*>(bytes->data()), bytes->size()});
  REQUIRE_MESSAGE(read.ok(), read.status().message());
  return std::move(read).value();
}

TEST_CASE("onnx writer: tensors of every type come back") {
  const std::vector<int64_t> ints = {1, -2, 3, -128, 127, 0};
  const std::vector<float> floats = {1.5f, -2.0f, 1e-40f, 3e38f, 0.0f, -0.0f};
  for (const Tensor& tensor :
       {MakeTensor(DataType::kFloat, {2, 3}, floats, {}),
        MakeTensor(DataType::kDouble, {6}, floats, {}), MakeTensor(DataType::kFloat, {}, {7}, {}),
        MakeTensor(DataType::kFloat, {0}, {}, {}), MakeTensor(DataType::kInt8, {3, 2}, {}, ints),
        MakeTensor(DataType::kUint8, {2}, {}, {0, 255}),
        MakeTensor(DataType::kInt32, {2}, {}, {INT32_MIN, INT32_MAX}),
        MakeTensor(DataType::kInt64, {2}, {}, {INT64_MIN, INT64_MAX})}) {
    const Model read = WriteAndRead(ModelOf(tensor));
    REQUIRE(read.initializers.size() == 1);
    CHECK(read.initializers[0].name == "t");
    CHECK(read.initializers[0].data_type == tensor.data_type);
    CHECK(read.initializers[0].dims == tensor.dims);
    CHECK(read.initializers[0].floats == tensor.floats);
    CHECK(read.initializers[0].ints == tensor.ints);
  }
}

TEST_CASE("onnx writer: nodes, attributes, inputs and metadata come back") {
  Model model = ModelOf(MakeTensor(DataType::kInt64, {1}, {}, {5}));
  model.metadata = {{"key", "value"}, {"", ""}};
  model.inputs = {{"x", DataType::kFloat, true, {1, -1, 0}, {"", "n"}},
                  {"y", DataType::kInt8, false, {}, {}}};
  model.outputs = {{"z", DataType::kFloat, true, {}, {}}};
  Node node;
  node.name = "node";
  node.op_type = "Foo";
  node.domain = "ai.onnx";
  node.inputs = {"x", "", "t"};
  node.outputs = {"z", "w"};
  for (const AttributeType type :
       {AttributeType::kFloat, AttributeType::kInt, AttributeType::kString, AttributeType::kTensor,
        AttributeType::kFloats, AttributeType::kInts}) {
    Attribute attribute;
    attribute.name = "a" + std::to_string(static_cast<int>(type));
    attribute.type = type;
    attribute.f = 0.5f;
    attribute.i = -7;
    attribute.s = std::string("a\0b", 3);
    attribute.t = MakeTensor(DataType::kFloat, {1}, {2.5f}, {});
    attribute.floats = {1.5f, -1.5f};
    attribute.ints = {-1, INT64_MAX};
    node.attributes.push_back(attribute);
  }
  model.nodes = {node};

  const Model read = WriteAndRead(model);
  CHECK(read.ir_version == 8);
  CHECK(read.opset_version == 13);
  CHECK(read.metadata == model.metadata);
  REQUIRE(read.inputs.size() == 2);
  CHECK(read.inputs[0].name == "x");
  CHECK(read.inputs[0].has_shape);
  CHECK(read.inputs[0].shape == std::vector<int64_t>{1, -1, 0});
  CHECK(read.inputs[1].element_type == DataType::kInt8);
  CHECK(!read.inputs[1].has_shape);
  REQUIRE(read.outputs.size() == 1);
  CHECK(read.outputs[0].has_shape);
  CHECK(read.outputs[0].shape.empty());
  REQUIRE(read.nodes.size() == 1);
  CHECK(read.nodes[0].name == "node");
  CHECK(read.nodes[0].op_type == "Foo");
  CHECK(read.nodes[0].domain == "ai.onnx");
  CHECK(read.nodes[0].inputs == node.inputs);
  CHECK(read.nodes[0].outputs == node.outputs);
  const std::vector<Attribute>& attributes = read.nodes[0].attributes;
  REQUIRE(attributes.size() == 6);
  for (size_t i = 0; i < attributes.size(); ++i) {
    CHECK(attributes[i].name == node.attributes[i].name);
    CHECK(attributes[i].type == node.attributes[i].type);
  }
  CHECK(attributes[0].f == 0.5f);
  CHECK(attributes[1].i == -7);
  CHECK(attributes[2].s == std::string("a\0b", 3));
  CHECK(attributes[3].t.floats == std::vector<float>{2.5f});
  CHECK(attributes[4].floats == std::vector<float>{1.5f, -1.5f});
  CHECK(attributes[5].ints == std::vector<int64_t>{-1, INT64_MAX});
}

TEST_CASE("onnx writer: tensors that do not match themselves are refused") {
  for (const Tensor& tensor :
       {MakeTensor(DataType::kFloat, {2}, {1.0f}, {}), MakeTensor(DataType::kFloat, {-1}, {}, {}),
        MakeTensor(DataType::kInt8, {1}, {}, {128}), MakeTensor(DataType::kUint8, {1}, {}, {-1}),
        MakeTensor(DataType::kInt32, {1}, {}, {int64_t{1} << 31}),
        MakeTensor(DataType::kInt8, {1}, {1.0f}, {}),
        MakeTensor(DataType::kFloat16, {1}, {1.0f}, {}),
        MakeTensor(DataType::kUndefined, {1}, {}, {1}),
        MakeTensor(DataType::kFloat, {int64_t{1} << 40, int64_t{1} << 40}, {}, {})}) {
    const Status status = WriteModel(ModelOf(tensor)).status();
    CHECK(status.code() == StatusCode::kInvalidArgument);
    CHECK(status.message().find("'t'") != std::string::npos);
  }
  Model model = ModelOf(MakeTensor(DataType::kFloat, {}, {1.0f}, {}));
  Attribute attribute;
  attribute.name = "strange";
  attribute.type = AttributeType::kOther;
  Node node;
  node.attributes.push_back(attribute);
  model.nodes.push_back(node);
  CHECK(WriteModel(model).status().code() == StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace tessera::onnx
