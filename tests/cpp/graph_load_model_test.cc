#include <doctest/doctest.h>

#include <random>
#include <string>

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

TEST_CASE("model: loads a small network and its facts") {
  const std::vector<uint8_t> bytes = SmallNetwork();
  const Result<Model> model = LoadModel(bytes);
  REQUIRE_MESSAGE(model.ok(), model.status().message());
  CHECK(ValidateSimplified(model->graph).ok());
  CHECK(model->graph.info.name == "small");
  CHECK(model->tiling.scale == 2);
  CHECK(model->tiling.size_multiple == 1);
  CHECK(model->tiling.overlap == 2);
  CHECK(model->tiling.tileable);
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
  const Status shapes = InferShapes(model->graph, 8, 8);
  CHECK(shapes.code() != StatusCode::kInternal);
}

TEST_CASE("model: every truncation of a file gives an error, not a crash") {
  const std::vector<uint8_t> bytes = SmallNetwork();
  for (size_t length = 0; length < bytes.size(); ++length) {
    // A copy of the exact size, so that a read beyond its end is seen.
    const std::vector<uint8_t> cut(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(length));
    LoadAnything(cut);
  }
}

TEST_CASE("model: random damage gives an error or a model, not a crash") {
  const std::vector<uint8_t> bytes = SmallNetwork();
  std::mt19937 random(7);
  for (int round = 0; round < 3000; ++round) {
    std::vector<uint8_t> damaged = bytes;
    const int flips = 1 + static_cast<int>(random() % 4);
    for (int i = 0; i < flips; ++i) {
      // Most of the file is weights; every other flip goes to the structure around them.
      const size_t at =
          random() % 2 == 0 ? random() % damaged.size() : damaged.size() - 1 - random() % 700;
      damaged[at] = static_cast<uint8_t>(random());
    }
    LoadAnything(damaged);
  }
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
