#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "onnx/float16.h"
#include "onnx/reader.h"
#include "onnx_builder.h"

namespace tessera::onnx {
namespace {

using test::OnnxAttribute;
using test::OnnxBuilder;
using test::OnnxTensor;

Model Read(const OnnxBuilder& builder) {
  Result<Model> model = ReadModel(builder.Build());
  REQUIRE_MESSAGE(model.ok(), model.status().message());
  return std::move(model).value();
}

Status ReadStatus(const OnnxBuilder& builder) { return ReadModel(builder.Build()).status(); }

bool Mentions(const Status& status, const std::string& text) {
  return status.message().find(text) != std::string::npos;
}

TEST_CASE("onnx: reads nodes, attributes, inputs and metadata") {
  const Model model =
      Read(OnnxBuilder(17)
               .Metadata("tessera.name", "x")
               .Input("image", {1, 3, -1, 7})
               .Output("y")
               .Node("Foo", {"image", "", "w"}, "y",
                     {OnnxAttribute::Int("i", -5), OnnxAttribute::Float("f", 0.5f),
                      OnnxAttribute::String("s", "text"), OnnxAttribute::Ints("is", {1, -2}),
                      OnnxAttribute::Floats("fs", {1.5f})},
                     "foo"));
  CHECK(model.opset_version == 17);
  REQUIRE(model.metadata.size() == 1);
  CHECK(model.metadata[0].second == "x");
  REQUIRE(model.inputs.size() == 1);
  CHECK(model.inputs[0].shape == std::vector<int64_t>{1, 3, -1, 7});
  REQUIRE(model.nodes.size() == 1);
  const Node& node = model.nodes[0];
  CHECK(node.name == "foo");
  CHECK(node.inputs == std::vector<std::string>{"image", "", "w"});
  REQUIRE(node.attributes.size() == 5);
  CHECK(node.attributes[0].i == -5);
  CHECK(node.attributes[1].f == 0.5f);
  CHECK(node.attributes[2].s == "text");
  CHECK(node.attributes[3].ints == std::vector<int64_t>{1, -2});
  CHECK(node.attributes[4].floats == std::vector<float>{1.5f});
}

TEST_CASE("onnx: reads every supported element type, raw and typed") {
  const auto typed = [](int32_t type, auto fill) {
    std::string bytes = OnnxTensor::Header("t", type, {2});
    protozero::pbf_writer pbf(bytes);
    fill(pbf);
    return bytes;
  };
  const std::vector<float> floats = {1.5f, -2.0f};
  const std::vector<uint16_t> halves = {0x3e00, 0xc000};
  const std::vector<int32_t> half_bits = {0x3e00, 0xc000};
  const std::vector<double> doubles = {1.5, -2.0};
  const std::vector<int64_t> ints = {7, -8};
  const std::vector<int32_t> int32s = {7, -8};

  for (const std::string& tensor :
       {OnnxTensor::Raw("t", 1, {2}, floats), OnnxTensor::Raw("t", 10, {2}, halves),
        OnnxTensor::Raw("t", 11, {2}, doubles),
        typed(1, [&](auto& p) { p.add_packed_float(4, floats.begin(), floats.end()); }),
        typed(1, [&](auto& p) { p.add_float(4, 1.5f), p.add_float(4, -2.0f); }),
        typed(10, [&](auto& p) { p.add_packed_int32(5, half_bits.begin(), half_bits.end()); }),
        typed(11, [&](auto& p) { p.add_packed_double(10, doubles.begin(), doubles.end()); })}) {
    const Model model = Read(OnnxBuilder().Initializer(tensor));
    REQUIRE(model.initializers.size() == 1);
    CHECK(model.initializers[0].floats == floats);
  }
  const std::vector<int8_t> int8s = {7, -8};
  const std::vector<uint8_t> uint8s = {7, 248};
  const std::vector<int32_t> both = {7, 248};
  for (const std::string& tensor :
       {OnnxTensor::Raw("t", 7, {2}, ints), OnnxTensor::Raw("t", 6, {2}, int32s),
        typed(7, [&](auto& p) { p.add_packed_int64(7, ints.begin(), ints.end()); }),
        typed(6, [&](auto& p) { p.add_packed_int32(5, int32s.begin(), int32s.end()); })}) {
    const Model model = Read(OnnxBuilder().Initializer(tensor));
    REQUIRE(model.initializers.size() == 1);
    CHECK(model.initializers[0].ints == ints);
  }
  for (const std::string& tensor :
       {OnnxTensor::Raw("t", 3, {2}, int8s), OnnxTensor::Raw("t", 2, {2}, uint8s),
        typed(3, [&](auto& p) { p.add_packed_int32(5, int32s.begin(), int32s.end()); }),
        typed(2, [&](auto& p) { p.add_packed_int32(5, both.begin(), both.end()); })}) {
    const Model model = Read(OnnxBuilder().Initializer(tensor));
    REQUIRE(model.initializers.size() == 1);
    const bool is_signed = model.initializers[0].data_type == DataType::kInt8;
    CHECK(model.initializers[0].ints == std::vector<int64_t>{7, is_signed ? -8 : 248});
  }
}

TEST_CASE("onnx: every half is the float it denotes") {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const float value = HalfToFloat(static_cast<uint16_t>(bits));
    const auto exponent = static_cast<int>(bits >> 10 & 0x1f);
    const auto mantissa = static_cast<double>(bits & 0x3ff);
    if (exponent == 0x1f) {
      CHECK((mantissa == 0 ? std::isinf(value) : std::isnan(value)));
      continue;
    }
    const double magnitude = exponent == 0 ? std::ldexp(mantissa, -24)
                                           : std::ldexp(1.0 + mantissa / 1024.0, exponent - 15);
    CHECK(value == (bits >= 0x8000 ? -magnitude : magnitude));
    CHECK(std::signbit(value) == (bits >= 0x8000));
  }
}

TEST_CASE("onnx: refuses tensors whose elements do not match") {
  const std::vector<float> two = {1.0f, 2.0f};
  Status status = ReadStatus(OnnxBuilder().Floats("w", {3}, two));
  CHECK(status.code() == StatusCode::kModelFormat);
  CHECK(Mentions(status, "'w'"));
  CHECK(ReadStatus(OnnxBuilder().Floats("w", {-2}, two)).code() == StatusCode::kModelFormat);
  CHECK(ReadStatus(OnnxBuilder().Floats("w", {int64_t{1} << 40, int64_t{1} << 40}, two)).code() ==
        StatusCode::kModelFormat);
  CHECK(
      ReadStatus(OnnxBuilder().Initializer(OnnxTensor::Raw<char>("w", 1, {1}, {1, 2, 3}))).code() ==
      StatusCode::kModelFormat);
}

TEST_CASE("onnx: refuses what it does not read") {
  Status status =
      ReadStatus(OnnxBuilder().Initializer(OnnxTensor::Raw<char>("w", 16, {1}, {1, 1})));
  CHECK(status.code() == StatusCode::kUnsupported);
  CHECK(Mentions(status, "element type 16"));

  CHECK(ReadStatus(OnnxBuilder(5).Input("x", {})).code() == StatusCode::kUnsupported);
  CHECK(ReadStatus(OnnxBuilder(0).Input("x", {})).code() == StatusCode::kModelFormat);

  CHECK(ReadModel(OnnxBuilder().Node("Relu", {"x"}, "y", {}, "n", "ai.onnx").Build()).ok());
}

// The model with a tensor 'w' of two floats at byte 4 of a file.
std::string ExternalTensor(bool place_first, const std::string& offset, const std::string& length) {
  std::string bytes;
  protozero::pbf_writer pbf(bytes);
  const auto entry = [&](const char* key, const std::string& value) {
    std::string text;
    protozero::pbf_writer(text).add_string(1, key);
    protozero::pbf_writer(text).add_string(2, value);
    pbf.add_message(13, text);
  };
  if (!place_first) pbf.add_int32(14, 1);
  entry("location", "weights/model.data");
  if (!offset.empty()) entry("offset", offset);
  if (!length.empty()) entry("length", length);
  if (place_first) pbf.add_int32(14, 1);
  return OnnxTensor::Header("w", 1, {2}) + bytes;
}

TEST_CASE("onnx: reads tensors from files beside the model, in any order of fields") {
  const std::vector<float> floats = {9.0f, 1.5f, -2.0f};
  const std::span<const uint8_t> data(reinterpret_cast<const uint8_t*>(floats.data()), 12);
  for (const bool place_first : {true, false}) {
    for (const char* length : {"8", ""}) {
      const auto file = OnnxBuilder().Initializer(ExternalTensor(place_first, "4", length)).Build();
      for (const char* name : {"weights/model.data", "./weights\\model.data", "model.data"}) {
        const ExternalFile beside = {name, data};
        const Result<Model> model = ReadModel(file, {&beside, 1});
        REQUIRE_MESSAGE(model.ok(), model.status().message());
        CHECK(model->initializers[0].floats == std::vector<float>{1.5f, -2.0f});
      }
    }
  }
  const auto refused = [&](const std::string& offset, const std::string& length,
                           const char* mention, size_t bytes = 12,
                           const char* name = "model.data") {
    const ExternalFile beside = {name, data.first(bytes)};
    const auto file = OnnxBuilder().Initializer(ExternalTensor(true, offset, length)).Build();
    const Status status = ReadModel(file, {&beside, 1}).status();
    CAPTURE(status.message());
    CHECK(status.code() == StatusCode::kModelFormat);
    CHECK(Mentions(status, mention));
  };
  refused("4", "8", "'weights/model.data'", 12, "another.data");
  refused("4", "8", "cut short", 11);
  refused("8", "8", "bytes 8 to 16 of 'weights/model.data', which has 12");
  refused("18446744073709551615", "8", "which has 12");
  refused("18446744073709551616", "8", "offset");
  refused("-4", "8", "offset");
  refused("4", "12", "needs 8 bytes but has 12");
  refused("4", "eight", "length");
  CHECK(
      ReadModel(OnnxBuilder().Initializer(ExternalTensor(true, "", "")).Build()).status().code() ==
      StatusCode::kModelFormat);
}

TEST_CASE("onnx: few bytes beside a model cannot become many tensors") {
  const std::vector<uint8_t> data(12);
  OnnxBuilder builder;
  for (int i = 0; i < 8; ++i) builder.Initializer(ExternalTensor(true, "4", "8"));
  const ExternalFile beside = {"model.data", data};
  CHECK(Mentions(ReadModel(builder.Build(), {&beside, 1}).status(), "share"));
}

TEST_CASE("onnx: the order of fields does not matter, nor do unknown ones") {
  // A tensor, a node with attributes, a graph and a model, each as a list of fields.
  using Fields = std::vector<std::string>;
  const auto field = [](auto add) {
    std::string bytes;
    protozero::pbf_writer pbf(bytes);
    add(pbf);
    return bytes;
  };
  const auto unknown = [&](int tag) {
    return Fields{field([&](auto& p) { p.add_int64(900 + tag, 5); }),
                  field([&](auto& p) { p.add_string(910 + tag, "new in a later version"); }),
                  field([&](auto& p) { p.add_double(920 + tag, 0.5); })};
  };
  std::mt19937 random(5);
  const auto join = [&](Fields fields, int tag) {
    for (std::string& more : unknown(tag)) fields.push_back(std::move(more));
    std::shuffle(fields.begin(), fields.end(), random);
    std::string bytes;
    for (const std::string& one : fields) bytes += one;
    return bytes;
  };
  const std::vector<float> floats = {1.5f};
  for (int round = 0; round < 200; ++round) {
    const std::string entry = join({field([](auto& p) { p.add_string(1, "location"); }),
                                    field([](auto& p) { p.add_string(2, "d"); })},
                                   0);
    const std::string tensor = join(
        {field([](auto& p) { p.add_int64(1, 1); }), field([](auto& p) { p.add_int32(2, 1); }),
         field([](auto& p) { p.add_string(8, "w"); }), field([](auto& p) { p.add_int32(14, 1); }),
         field([&](auto& p) { p.add_message(13, entry); }),
         field([](auto& p) { p.add_string(12, "doc"); })},
        1);
    const std::string attribute = join({field([](auto& p) { p.add_string(1, "t"); }),
                                        field([&](auto& p) { p.add_message(5, tensor); }),
                                        field([](auto& p) { p.add_int32(20, 4); })},
                                       2);
    const std::string node = join(
        {field([](auto& p) { p.add_string(1, "x"); }), field([](auto& p) { p.add_string(2, "y"); }),
         field([](auto& p) { p.add_string(4, "Foo"); }),
         field([&](auto& p) { p.add_message(5, attribute); })},
        3);
    const std::string graph = join({field([&](auto& p) { p.add_message(1, node); }),
                                    field([&](auto& p) { p.add_message(5, tensor); }),
                                    field([](auto& p) { p.add_string(2, "g"); })},
                                   4);
    const std::string opset = join(
        {field([](auto& p) { p.add_string(1, ""); }), field([](auto& p) { p.add_int64(2, 13); })},
        5);
    const std::string bytes = join({field([](auto& p) { p.add_int64(1, 8); }),
                                    field([&](auto& p) { p.add_message(7, graph); }),
                                    field([&](auto& p) { p.add_message(8, opset); })},
                                   6);
    const ExternalFile beside = {"d",
                                 {reinterpret_cast<const uint8_t*>(floats.data()), sizeof(float)}};
    const Result<Model> model =
        ReadModel({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, {&beside, 1});
    REQUIRE_MESSAGE(model.ok(), model.status().message());
    CHECK(model->initializers.at(0).floats == floats);
    CHECK(model->nodes.at(0).attributes.at(0).t.floats == floats);
    CHECK(model->nodes[0].inputs == std::vector<std::string>{"x"});
    CHECK(model->opset_version == 13);
  }
}

TEST_CASE("onnx: refuses what is no model at all") {
  CHECK(ReadModel({}).status().code() == StatusCode::kModelFormat);
  const std::string html = "<!DOCTYPE html><html><body>404 Not Found</body></html>";
  const std::vector<uint8_t> bytes(html.begin(), html.end());
  CHECK(ReadModel(bytes).status().code() == StatusCode::kModelFormat);
}

TEST_CASE("onnx: a field longer than the file is refused, also beyond 31 and 32 bits") {
  // Field 7 (the graph) and its length as a varint, with nothing behind it.
  const std::vector<std::vector<uint8_t>> files = {
      {0x3a, 0x01},                                            // 1
      {0x3a, 0x80, 0x80, 0x80, 0x80, 0x08},                    // 2^31
      {0x3a, 0xff, 0xff, 0xff, 0xff, 0x0f},                    // 2^32 - 1
      {0x3a, 0x81, 0x80, 0x80, 0x80, 0x10},                    // 2^32 + 1
      {0x08, 0x07, 0x72, 0xf8, 0xff, 0xff, 0xff, 0x0f, 0, 0},  // backwards, read as signed
  };
  for (const std::vector<uint8_t>& file : files) {
    CHECK(ReadModel(file).status().code() == StatusCode::kModelFormat);
  }
}

TEST_CASE("onnx: a field with the wrong wire type is not taken for the right one") {
  std::string model;
  protozero::pbf_writer pbf(model);
  pbf.add_fixed64(7, 1);       // graph, but a number
  pbf.add_string(1, "eight");  // ir_version, but text
  CHECK(ReadModel(std::vector<uint8_t>(model.begin(), model.end())).status().code() ==
        StatusCode::kModelFormat);
}

}  // namespace
}  // namespace tessera::onnx
