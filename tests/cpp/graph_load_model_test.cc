#include <doctest/doctest.h>

#include <array>
#include <random>
#include <string>

#include "graph/export_onnx.h"
#include "graph/model.h"
#include "graph/validate.h"
#include "graph_builder.h"
#include "onnx_builder.h"
#include "reference_interpreter.h"

namespace tessera {
namespace {

using test::Interpret;
using test::OnnxAttribute;
using test::OnnxBuilder;
using test::OnnxTensor;
using test::RandomFloats;

// A network with the features of the shipped one: float16 weights behind Casts, PRelu, a shuffle,
// an anchor, a clip, metadata.
std::vector<uint8_t> SmallNetwork() {
  std::vector<uint16_t> halves;
  for (int i = 0; i < 8 * 3 * 9; ++i) {
    halves.push_back(static_cast<uint16_t>(0x2c00 + (i * 37 % 1024) + (i % 2) * 0x8000));
  }
  OnnxBuilder b(13);
  b.Metadata("tessera.name", "small").Metadata("tessera.scale", "2");
  b.Input("image", {1, 3, -1, -1}).Output("enlarged");
  b.Initializer(OnnxTensor::Raw("w0_half", 10, {8, 3, 3, 3}, halves));
  b.Floats("b0", {8}, RandomFloats(8, 1)).Floats("slope", {8, 1, 1}, RandomFloats(8, 2));
  b.Floats("w1", {12, 8, 3, 3}, RandomFloats(12 * 8 * 9, 3));
  b.Floats("scales", {4}, {1, 1, 2, 2}).Floats("lo", {}, {0.0f}).Floats("hi", {}, {1.0f});
  const OnnxAttribute pads = OnnxAttribute::Ints("pads", {1, 1, 1, 1});
  b.Node("Cast", {"w0_half"}, "w0", {OnnxAttribute::Int("to", 1)});
  b.Node("Conv", {"image", "w0", "b0"}, "c0", {pads}, "conv0");
  b.Node("PRelu", {"c0", "slope"}, "p0", {}, "prelu0");
  b.Node("Conv", {"p0", "w1"}, "c1", {pads}, "conv1");
  b.Node("DepthToSpace", {"c1"}, "s",
         {OnnxAttribute::Int("blocksize", 2), OnnxAttribute::String("mode", "CRD")}, "shuffle");
  b.Node("Resize", {"image", "", "scales"}, "anchor",
         {OnnxAttribute::String("coordinate_transformation_mode", "asymmetric"),
          OnnxAttribute::String("nearest_mode", "floor")},
         "anchor");
  b.Node("Add", {"s", "anchor"}, "sum", {}, "sum");
  b.Node("Clip", {"sum", "lo", "hi"}, "enlarged", {}, "clip");
  return b.Build();
}

// A network with every way to write codes: weights per channel as int8, per tensor as uint8 and as
// floats behind a pair, an int32 bias, pairs on activations, a shuffle of codes, bytes at both
// ends.
std::vector<uint8_t> QuantizedNetwork() {
  std::vector<int8_t> codes;
  for (int i = 0; i < 4 * 3 * 9; ++i) codes.push_back(static_cast<int8_t>(i * 37 % 255 - 127));
  OnnxBuilder b(13);
  b.Input("image", {1, 3, -1, -1}, 2).Output("enlarged");
  b.Initializer(OnnxTensor::Raw("w0_codes", 3, {4, 3, 3, 3}, codes));
  b.Floats("w0_scale", {4}, {0.01f, 0.02f, 0.03f, 0.04f});
  b.Initializer(OnnxTensor::Raw<int8_t>("w0_zero", 3, {4}, {0, 0, 0, 0}));
  b.Initializer(OnnxTensor::Raw<int32_t>("b0_codes", 6, {4}, {100, -1000, 10000, -100000}));
  b.Floats("b0_scale", {4}, {4e-5f, 8e-5f, 1.2e-4f, 1.6e-4f});
  b.Initializer(OnnxTensor::Raw("w1_codes", 2, {12, 4, 1, 1}, std::vector<uint8_t>(48, 130)));
  b.Initializer(OnnxTensor::Raw<uint8_t>("w1_zero", 2, {}, {128}));
  b.Floats("w2", {12, 12, 1, 1}, RandomFloats(144, 3)).Floats("w2_scale", {}, {0.01f});
  b.Floats("scale", {}, {1.0f / 255.0f}).Floats("scale1", {}, {0.05f});
  b.Initializer(OnnxTensor::Raw<uint8_t>("zero", 2, {}, {0}));
  b.Initializer(OnnxTensor::Raw<int8_t>("zero1", 3, {}, {-5}));
  const std::vector<OnnxAttribute> axis = {OnnxAttribute::Int("axis", 0)};
  const OnnxAttribute pads = OnnxAttribute::Ints("pads", {1, 1, 1, 1});
  b.Node("DequantizeLinear", {"w0_codes", "w0_scale", "w0_zero"}, "w0", axis, "w0");
  b.Node("DequantizeLinear", {"b0_codes", "b0_scale"}, "b0", axis, "b0");
  b.Node("DequantizeLinear", {"w1_codes", "w2_scale", "w1_zero"}, "w1", {}, "w1");
  b.Node("QuantizeLinear", {"w2", "w2_scale", "zero1"}, "w2_codes", {}, "w2_quantize");
  b.Node("DequantizeLinear", {"w2_codes", "w2_scale", "zero1"}, "w2_real", {}, "w2_real");
  b.Node("DequantizeLinear", {"image", "scale", "zero"}, "x", {}, "bytes");
  b.Node("Conv", {"x", "w0", "b0"}, "c0", {pads}, "conv0");
  b.Node("QuantizeLinear", {"c0", "scale1", "zero1"}, "q0", {}, "quantize0");
  b.Node("DequantizeLinear", {"q0", "scale1", "zero1"}, "d0", {}, "dequantize0");
  b.Node("Sigmoid", {"d0"}, "s0", {}, "sigmoid0");
  b.Node("Conv", {"s0", "w1"}, "c1", {}, "conv1");
  b.Node("Conv", {"c1", "w2_real"}, "c2", {}, "conv2");
  b.Node("QuantizeLinear", {"c2", "scale", "zero"}, "q2", {}, "quantize2");
  b.Node("DepthToSpace", {"q2"}, "enlarged", {OnnxAttribute::Int("blocksize", 2)}, "shuffle");
  return b.Build();
}

TEST_CASE("model: loads a quantized network") {
  const Result<Model> model = LoadModel(QuantizedNetwork());
  REQUIRE_MESSAGE(model.ok(), model.status().message());
  CHECK(model->tiling.scale == Rational(2));
  CHECK(model->tiling.overlap == 1);
  CHECK(model->graph.info.output_range == std::array<float, 2>{0.0f, 1.0f});
  std::vector<bool> quantized;
  for (const Node& node : model->graph.nodes) {
    if (!std::holds_alternative<Conv>(node.operation)) continue;
    quantized.push_back(model->graph.value(node.inputs[1]).constant->quantized.has_value());
  }
  CHECK(quantized == std::vector<bool>{true, true, true});
}

TEST_CASE("model: loads a small network and its facts") {
  const std::vector<uint8_t> bytes = SmallNetwork();
  const Result<Model> model = LoadModel(bytes);
  REQUIRE_MESSAGE(model.ok(), model.status().message());
  CHECK(ValidateSimplified(model->graph).ok());
  CHECK(model->graph.info.name == "small");
  CHECK(model->tiling.scale == Rational(2));
  CHECK(model->tiling.size_multiple == 1);
  CHECK(model->tiling.overlap == 2);
  CHECK(model->tiling.exact);
  CHECK(model->file_bytes == bytes.size());
  CHECK(model->parameters == 8 * 3 * 9 + 8 + 8 + 12 * 8 * 9);
  CHECK(model->multiplications_per_pixel == 8 * 3 * 9 + 12 * 8 * 9);
  const std::vector<float> output =
      Interpret(model->graph, RandomFloats(3 * 5 * 4, 9, 0.0f, 1.0f), 5, 4);
  CHECK(output.size() == 3 * 10 * 8);
}

TEST_CASE("model: a network that ends at a fraction of the image is refused") {
  OnnxBuilder b;
  b.Input("x", {1, 3, -1, -1}).Output("y").Floats("w", {3, 3, 1, 1}, std::vector<float>(9, 1.0f));
  b.Node("Conv", {"x", "w"}, "y", {OnnxAttribute::Ints("strides", {2, 2})});
  CHECK(LoadModel(b.Build()).status().code() == StatusCode::kUnsupported);
}

// Whatever the bytes, loading ends with a model or a message. Crashes, and reads beyond the bytes,
// are for the sanitizers to find.
void LoadAnything(std::span<const uint8_t> bytes) {
  Result<Model> model = LoadModel(bytes);
  if (!model.ok()) {
    CHECK(model.status().code() != StatusCode::kInternal);
    CHECK(!model.status().message().empty());
    return;
  }
  CHECK(ValidateSimplified(model->graph).ok());
  const Result<std::string> written = ExportOnnx(model->graph);
  REQUIRE_MESSAGE(written.ok(), written.status().message());
  const Result<Model> copy =
      LoadModel({reinterpret_cast<const uint8_t*>(written->data()), written->size()});
  CHECK_MESSAGE(copy.ok(), copy.status().message());
  const Status shapes = InferShapes(model->graph, 8, 8);
  CHECK(shapes.code() != StatusCode::kInternal);
}

TEST_CASE("model: every truncation of a file gives an error, not a crash") {
  for (const std::vector<uint8_t>& bytes : {SmallNetwork(), QuantizedNetwork()}) {
    for (size_t length = 0; length < bytes.size(); ++length) {
      // A copy of the exact size, so that a read beyond its end is seen.
      const std::vector<uint8_t> cut(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(length));
      LoadAnything(cut);
    }
  }
}

TEST_CASE("model: random damage gives an error or a model, not a crash") {
  const std::array<std::vector<uint8_t>, 2> networks = {SmallNetwork(), QuantizedNetwork()};
  std::mt19937 random(7);
  for (size_t round = 0; round < 6000; ++round) {
    std::vector<uint8_t> damaged = networks[round % 2];
    const int flips = 1 + static_cast<int>(random() % 4);
    for (int i = 0; i < flips; ++i) {
      // Most of the file is weights; every other flip goes to the structure around them.
      const size_t at =
          random() % 2 == 0 ? random() % damaged.size() : damaged.size() - 1 - random() % 1000;
      damaged[at] = static_cast<uint8_t>(random());
    }
    LoadAnything(damaged);
  }
}

TEST_CASE("model: a Reshape to extents whose product no number can hold is refused") {
  OnnxBuilder b(13);
  b.Input("image", {1, 3, int64_t{1} << 40, int64_t{1} << 40}).Output("y");
  b.Ints("shape", {int64_t{1} << 42, int64_t{3} << 38, int64_t{1} << 50, 2});
  b.Node("Reshape", {"image", "shape"}, "y");
  CHECK_FALSE(LoadModel(b.Build()).ok());
}

TEST_CASE("model: random bytes are refused") {
  std::mt19937 random(11);
  for (int round = 0; round < 500; ++round) {
    std::vector<uint8_t> noise(random() % 200);
    for (uint8_t& byte : noise) byte = static_cast<uint8_t>(random());
    CHECK(!LoadModel(noise).ok());
  }
}

}  // namespace
}  // namespace tessera
