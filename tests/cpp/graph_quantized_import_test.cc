#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "graph/import_onnx.h"
#include "graph/model.h"
#include "graph/passes.h"
#include "graph/validate.h"
#include "graph_builder.h"
#include "import_checks.h"
#include "onnx/reader.h"
#include "onnx_builder.h"
#include "reference_interpreter.h"

namespace tessera {
namespace {

using test::Dense;
using test::Import;
using test::Interpret;
using test::MustImport;
using test::OnnxAttribute;
using test::OnnxBuilder;
using test::OnnxTensor;

constexpr int32_t kUint8 = 2;
constexpr int32_t kInt8 = 3;
constexpr int32_t kInt32 = 6;

void CheckNodeRefused(const OnnxBuilder& builder, StatusCode code, const std::string& mention) {
  test::CheckRefused(builder, code, mention);
  test::CheckRefused(builder, code, "the_node");
}

OnnxBuilder Start(int64_t opset = 13, int64_t channels = 1) {
  OnnxBuilder b(opset);
  b.Input("x", {1, channels, -1, -1}).Output("y");
  b.Floats("s", {}, {0.5f}).Floats("s2", {}, {0.25f});
  b.Initializer(OnnxTensor::Raw<int8_t>("z", kInt8, {}, {-3}));
  b.Initializer(OnnxTensor::Raw<uint8_t>("uz", kUint8, {}, {4}));
  return b;
}

const Dense kRow = {{1, 1, 1, 6}, {-100.0f, -0.75f, 0.2f, 0.25f, 1.3f, 100.0f}};

TEST_CASE("qdq: a pair on an activation is one FakeQuantize") {
  OnnxBuilder b = Start();
  b.Node("QuantizeLinear", {"x", "s", "z"}, "q", {}, "quantize");
  b.Node("DequantizeLinear", {"q", "s", "z"}, "y");
  const Graph graph = MustImport(b);
  REQUIRE(graph.nodes.size() == 1);
  CHECK(graph.nodes[0].name == "quantize");
  CHECK(std::get<FakeQuantize>(graph.nodes[0].operation).quantization ==
        Quantization{0.5f, -3, true});
  CHECK(graph.value(graph.output).name == "y");
  CHECK(Interpret(graph, kRow).elements ==
        std::vector<float>{-62.5f, -1.0f, 0.0f, 0.0f, 1.5f, 65.0f});
}

TEST_CASE("qdq: without a zero point codes are uint8 from 0") {
  OnnxBuilder b = Start(10);
  b.Node("QuantizeLinear", {"x", "s"}, "q").Node("DequantizeLinear", {"q", "s"}, "y");
  const Graph graph = MustImport(b);
  REQUIRE(graph.nodes.size() == 1);
  CHECK(std::get<FakeQuantize>(graph.nodes[0].operation).quantization ==
        Quantization{0.5f, 0, false});
  OnnxBuilder named = Start(21);
  named.Node("QuantizeLinear", {"x", "s"}, "q", {OnnxAttribute::Int("output_dtype", kInt8)});
  named.Node("DequantizeLinear", {"q", "s"}, "y");
  CHECK(std::get<FakeQuantize>(MustImport(named).nodes[0].operation).quantization ==
        Quantization{0.5f, 0, true});
}

TEST_CASE("qdq: several readers share the codes, and a scale may be float16") {
  OnnxBuilder b = Start(19);
  b.Initializer(OnnxTensor::Raw<uint16_t>("h", 10, {1}, {0x3800}));  // 0.5
  b.Node("QuantizeLinear", {"x", "h", "uz"}, "q",
         {OnnxAttribute::Int("axis", 1), OnnxAttribute::Int("saturate", 1)});
  b.Node("DequantizeLinear", {"q", "s", "uz"}, "a");
  b.Node("DequantizeLinear", {"q", "h", "uz"}, "b");
  b.Node("Add", {"a", "b"}, "y");
  const Graph graph = MustImport(b);
  REQUIRE(graph.nodes.size() == 2);
  CHECK(graph.nodes[1].inputs[0] == graph.nodes[1].inputs[1]);
}

TEST_CASE("qdq: codes may be moved before they are read") {
  OnnxBuilder b = Start(13, 4);
  b.Node("QuantizeLinear", {"x", "s", "z"}, "q");
  b.Node("DepthToSpace", {"q"}, "d", {OnnxAttribute::Int("blocksize", 2)});
  b.Node("Transpose", {"d"}, "t", {OnnxAttribute::Ints("perm", {0, 2, 3, 1})});
  b.Node("Concat", {"t", "t"}, "c", {OnnxAttribute::Int("axis", 3)});
  b.Node("Identity", {"c"}, "i");
  b.Node("DequantizeLinear", {"i", "s", "z"}, "y");
  const Graph graph = MustImport(b);
  CHECK(graph.nodes.size() == 4);
  OnnxBuilder mixed = Start();
  mixed.Node("QuantizeLinear", {"x", "s", "z"}, "q");
  mixed.Node("Concat", {"q", "x"}, "y", {}, "the_node");
  CheckNodeRefused(mixed, StatusCode::kModelOp, "quantized differently");
}

TEST_CASE("qdq: other operators on codes are refused") {
  OnnxBuilder b = Start();
  b.Node("QuantizeLinear", {"x", "s", "z"}, "q").Node("Relu", {"q"}, "y", {}, "the_node");
  CheckNodeRefused(b, StatusCode::kModelOp, "8-bit codes 'q'");
  OnnxBuilder twice = Start();
  twice.Node("QuantizeLinear", {"x", "s", "z"}, "q");
  twice.Node("QuantizeLinear", {"q", "s", "z"}, "y", {}, "the_node");
  CheckNodeRefused(twice, StatusCode::kModelOp, "8-bit codes 'q'");
  OnnxBuilder linear = Start();
  linear.Node("QLinearConv", {"x"}, "y", {}, "the_node");
  CheckNodeRefused(linear, StatusCode::kModelOp, "QDQ");
  OnnxBuilder integer = Start();
  integer.Node("ConvInteger", {"x"}, "y", {}, "the_node");
  CheckNodeRefused(integer, StatusCode::kModelOp, "QDQ");
}

TEST_CASE("qdq: a pair whose parameters differ is refused") {
  for (const auto& [scale, zero_point] :
       {std::pair{"s2", "z"}, std::pair{"s", ""}, std::pair{"s", "uz"}}) {
    OnnxBuilder b = Start();
    b.Node("QuantizeLinear", {"x", "s", "z"}, "q");
    b.Node("DequantizeLinear", {"q", scale, zero_point}, "y", {}, "the_node");
    const bool type = std::string(zero_point) == "uz";
    CheckNodeRefused(b, type ? StatusCode::kModelFormat : StatusCode::kModelOp, "differ");
  }
}

TEST_CASE("qdq: scales must be positive finite numbers") {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  for (const float scale : {0.0f, -1.0f, kInfinity, -kInfinity, NAN, 3e38f}) {
    for (const char* op_type : {"QuantizeLinear", "DequantizeLinear"}) {
      OnnxBuilder b = Start();
      b.Floats("bad", {}, {scale});
      b.Initializer(OnnxTensor::Raw<int8_t>("w", kInt8, {1}, {1}));
      const bool quantize = std::string(op_type) == "QuantizeLinear";
      b.Node(op_type, {quantize ? "x" : "w", "bad"}, "y", {}, "the_node");
      CheckNodeRefused(b, StatusCode::kModelFormat, "not a positive finite number");
    }
  }
}

TEST_CASE("qdq: forms that do not exist or are not supported") {
  const auto quantize = [](const std::string& scale, const std::string& zero_point,
                           const std::vector<OnnxAttribute>& attributes = {}) {
    OnnxBuilder b = Start(21, 2);
    b.Floats("s_two", {2}, {0.5f, 0.25f}).Floats("none", {0}, {}).Ints("i64", {1});
    b.Initializer(OnnxTensor::Raw<int8_t>("z_two", kInt8, {2}, {0, 0}));
    b.Initializer(OnnxTensor::Raw<int32_t>("z32", kInt32, {}, {0}));
    return b.Node("QuantizeLinear", {"x", scale, zero_point}, "y", attributes, "the_node");
  };
  CheckNodeRefused(quantize("s_two", "z_two"), StatusCode::kModelOp, "has 2 scales");
  CheckNodeRefused(quantize("s", "z_two"), StatusCode::kModelFormat, "1 scales but 2 zero points");
  CheckNodeRefused(quantize("none", ""), StatusCode::kModelFormat, "no scale");
  CheckNodeRefused(quantize("", ""), StatusCode::kModelFormat, "input 1 is missing");
  CheckNodeRefused(quantize("x", ""), StatusCode::kModelOp, "must be a constant");
  CheckNodeRefused(quantize("i64", ""), StatusCode::kModelFormat, "floating");
  CheckNodeRefused(quantize("s", "x"), StatusCode::kModelFormat, "constant of integers");
  CheckNodeRefused(quantize("s", "s2"), StatusCode::kModelFormat, "constant of integers");
  CheckNodeRefused(quantize("s", "z32"), StatusCode::kModelOp, "int8 and uint8");
  CheckNodeRefused(quantize("s", "i64"), StatusCode::kModelOp, "int8 and uint8");
  CheckNodeRefused(quantize("s", "z", {OnnxAttribute::Int("block_size", 16)}), StatusCode::kModelOp,
                   "block_size 16");
  CheckNodeRefused(quantize("s", "", {OnnxAttribute::Int("output_dtype", 17)}),
                   StatusCode::kModelOp, "type 17");
  CheckNodeRefused(quantize("s", "z", {OnnxAttribute::Int("output_dtype", kUint8)}),
                   StatusCode::kModelFormat, "output_dtype");
  CheckNodeRefused(quantize("s", "z", {OnnxAttribute::Int("precision", 10)}), StatusCode::kModelOp,
                   "precision");

  const auto dequantize = [](const std::string& x, const std::string& scale,
                             const std::string& zero_point,
                             const std::vector<OnnxAttribute>& attributes = {}) {
    OnnxBuilder b = Start(21);
    b.Floats("s_two", {2}, {0.5f, 0.25f}).Ints("i64", {1});
    b.Initializer(OnnxTensor::Raw<int8_t>("w", kInt8, {2, 3}, {1, 2, 3, 4, 5, 6}));
    return b.Node("DequantizeLinear", {x, scale, zero_point}, "y", attributes, "the_node");
  };
  CheckNodeRefused(dequantize("x", "s", "z"), StatusCode::kModelOp, "neither a constant nor");
  CheckNodeRefused(dequantize("s", "s", ""), StatusCode::kModelFormat, "constant of integers");
  CheckNodeRefused(dequantize("i64", "s", ""), StatusCode::kModelOp, "int64");
  CheckNodeRefused(dequantize("w", "s", "uz"), StatusCode::kModelFormat, "different types");
  CheckNodeRefused(dequantize("w", "s_two", ""), StatusCode::kModelFormat, "2 scales for axis 1");
  CheckNodeRefused(dequantize("w", "s_two", "", {OnnxAttribute::Int("axis", 2)}),
                   StatusCode::kModelFormat, "no axis 2");
  CheckNodeRefused(dequantize("w", "s_two", "", {OnnxAttribute::Int("axis", -3)}),
                   StatusCode::kModelFormat, "no axis -1");
  CheckNodeRefused(dequantize("w", "s", "", {OnnxAttribute::Int("output_dtype", kInt8)}),
                   StatusCode::kModelOp, "type 3");
}

// A 1x1 convolution of two channels into two, whose weights 'w' some nodes compute.
Graph ConvOf(OnnxBuilder& b) {
  b.Node("Conv", {"x", "w"}, "y");
  return MustImport(b);
}

const Constant& Weights(const Graph& graph) {
  return *graph.value(graph.nodes.back().inputs[1]).constant;
}

TEST_CASE("qdq: int8 weights keep their codes") {
  for (const int64_t axis : {int64_t{0}, int64_t{-4}}) {
    OnnxBuilder b = Start(13, 2);
    b.Initializer(OnnxTensor::Raw<int8_t>("c", kInt8, {2, 2, 1, 1}, {-127, 2, 3, 127}));
    b.Floats("ws", {2}, {0.5f, 2.0f});
    b.Initializer(OnnxTensor::Raw<int8_t>("wz", kInt8, {2}, {0, 1}));
    b.Node("DequantizeLinear", {"c", "ws", "wz"}, "w", {OnnxAttribute::Int("axis", axis)});
    const Graph graph = ConvOf(b);
    const Constant& weights = Weights(graph);
    CHECK(graph.value(graph.nodes[0].inputs[1]).name == "w");
    CHECK(weights.floats == std::vector<float>{-63.5f, 1.0f, 4.0f, 252.0f});
    REQUIRE(weights.quantized);
    CHECK(weights.quantized->codes == std::vector<int8_t>{-127, 2, 2, 126});
    CHECK(weights.quantized->scales == std::vector<float>{0.5f, 2.0f});
  }
}

TEST_CASE("qdq: uint8 weights lose their zero point") {
  OnnxBuilder b = Start(10, 2);
  // As typed integers in a Constant node.
  std::string tensor = OnnxTensor::Header("", kUint8, {2, 2, 1, 1});
  const std::vector<int32_t> elements = {0, 128, 129, 255};
  protozero::pbf_writer(tensor).add_packed_int32(5, elements.begin(), elements.end());
  b.Node("Constant", {}, "c", {OnnxAttribute::Tensor("value", tensor)});
  b.Initializer(OnnxTensor::Raw<uint8_t>("wz", kUint8, {1}, {128}));
  b.Node("DequantizeLinear", {"c", "s", "wz"}, "w");
  const Graph graph = ConvOf(b);
  CHECK(Weights(graph).floats == std::vector<float>{-64.0f, 0.0f, 0.5f, 63.5f});
  REQUIRE(Weights(graph).quantized);
  CHECK(Weights(graph).quantized->codes == std::vector<int8_t>{-128, 0, 1, 127});
  CHECK(Weights(graph).quantized->scales == std::vector<float>{0.5f});
}

TEST_CASE("qdq: weights that do not fit int8, or other axes, become floats alone") {
  OnnxBuilder far = Start(13, 2);
  far.Initializer(OnnxTensor::Raw<uint8_t>("c", kUint8, {2, 2, 1, 1}, {0, 4, 5, 255}));
  far.Node("DequantizeLinear", {"c", "s", "uz"}, "w");
  const Graph unfit = ConvOf(far);
  CHECK(Weights(unfit).floats == std::vector<float>{-2.0f, 0.0f, 0.5f, 125.5f});
  CHECK(!Weights(unfit).quantized);

  OnnxBuilder inner = Start(13, 2);
  inner.Initializer(OnnxTensor::Raw<int8_t>("c", kInt8, {2, 2, 1, 1}, {1, 2, 3, 4}));
  inner.Floats("ws", {2}, {0.5f, 2.0f});
  inner.Node("DequantizeLinear", {"c", "ws"}, "w");
  const Graph along_inputs = ConvOf(inner);
  CHECK(Weights(along_inputs).floats == std::vector<float>{0.5f, 4.0f, 1.5f, 8.0f});
  CHECK(!Weights(along_inputs).quantized);
}

TEST_CASE("qdq: weights left in floating point are quantized on import") {
  OnnxBuilder b = Start(13, 2);
  b.Floats("f", {2, 2, 1, 1}, {-1000.0f, 0.2f, 0.5f, 3.0f}).Floats("ws", {2}, {0.5f, 2.0f});
  b.Initializer(OnnxTensor::Raw<int8_t>("wz", kInt8, {2}, {0, 0}));
  b.Node("QuantizeLinear", {"f", "ws", "wz"}, "c", {OnnxAttribute::Int("axis", 0)});
  b.Node("DequantizeLinear", {"c", "ws", "wz"}, "w", {OnnxAttribute::Int("axis", 0)});
  const Graph graph = ConvOf(b);
  REQUIRE(Weights(graph).quantized);
  CHECK(Weights(graph).quantized->codes == std::vector<int8_t>{-128, 0, 0, 2});
  CHECK(Weights(graph).floats == std::vector<float>{-64.0f, 0.0f, 0.0f, 4.0f});

  OnnxBuilder nan = Start();
  nan.Floats("f", {1}, {NAN}).Node("QuantizeLinear", {"f", "s", "z"}, "y", {}, "the_node");
  CheckNodeRefused(nan, StatusCode::kModelFormat, "NaN");
}

TEST_CASE("qdq: an int32 bias becomes floats") {
  OnnxBuilder b = Start(13, 2);
  b.Floats("w", {2, 2, 1, 1}, {1.0f, 0.0f, 0.0f, 1.0f}).Floats("bs", {2}, {0.5f, 0.25f});
  b.Initializer(OnnxTensor::Raw<int32_t>("c", kInt32, {2}, {-100000, 3}));
  b.Node("DequantizeLinear", {"c", "bs"}, "b", {OnnxAttribute::Int("axis", 0)});
  b.Node("Conv", {"x", "w", "b"}, "y");
  const Graph graph = MustImport(b);
  const Constant& bias = *graph.value(graph.nodes[0].inputs[2]).constant;
  CHECK(bias.floats == std::vector<float>{-50000.0f, 0.75f});
  CHECK(!bias.quantized);
}

TEST_CASE("qdq: dequantized weights that overflow are refused") {
  OnnxBuilder b = Start(13, 1);
  b.Floats("large", {}, {1e36f}).Floats("w", {1, 1, 1, 1}, {1.0f});
  b.Initializer(OnnxTensor::Raw<int32_t>("c", kInt32, {1}, {2000000000}));
  b.Node("DequantizeLinear", {"c", "large"}, "b")
      .Node("Conv", {"x", "w", "b"}, "y", {}, "the_node");
  CheckNodeRefused(b, StatusCode::kModelFormat, "not a finite number");
}

// A network between uint8 images, in either layout.
OnnxBuilder OfBytes(bool nhwc) {
  OnnxBuilder b;
  b.Input("x", nhwc ? std::vector<int64_t>{1, -1, -1, 3} : std::vector<int64_t>{1, 3, -1, -1},
          kUint8);
  b.Output("y").Floats("s", {}, {2.0f});
  b.Initializer(OnnxTensor::Raw<uint8_t>("z", kUint8, {}, {128}));
  if (nhwc) b.Node("Transpose", {"x"}, "t", {OnnxAttribute::Ints("perm", {0, 3, 1, 2})});
  b.Node("DequantizeLinear", {nhwc ? "t" : "x", "s", "z"}, "r");
  b.Node("Relu", {"r"}, "a").Node("DequantizeLinear", {nhwc ? "t" : "x", "s", "z"}, "r2");
  b.Node("Add", {"a", "r2"}, "sum").Node("QuantizeLinear", {"sum", "s", "z"}, nhwc ? "p" : "y");
  if (nhwc) b.Node("Transpose", {"p"}, "y", {OnnxAttribute::Ints("perm", {0, 2, 3, 1})});
  return b;
}

TEST_CASE("qdq: images that enter and leave as codes are the real numbers of those") {
  for (const bool nhwc : {false, true}) {
    Graph graph = MustImport(OfBytes(nhwc));
    CHECK(graph.info.input_range == std::array<float, 2>{-256.0f, 254.0f});
    CHECK(graph.info.output_range == std::array<float, 2>{-256.0f, 254.0f});
    const Status status = Simplify(graph);
    REQUIRE_MESSAGE(status.ok(), status.message());
    const Dense image = {{1, 3, 1, 1}, {-3.2f, 3.2f, 1000.0f}};
    CHECK(Interpret(graph, image).elements == std::vector<float>{-4.0f, 8.0f, 254.0f});
  }
  OnnxBuilder declared = OfBytes(false);
  declared.Metadata("tessera.input_range", "0,1").Metadata("tessera.output_range", "0,2");
  CHECK(MustImport(declared).info.input_range == std::array<float, 2>{0.0f, 1.0f});
  CHECK(MustImport(declared).info.output_range == std::array<float, 2>{0.0f, 2.0f});
}

TEST_CASE("qdq: an image of codes has one meaning") {
  const auto twice = [](bool moved) {
    OnnxBuilder b;
    b.Input("x", {1, 1, -1, -1}, kInt8).Output("y");
    b.Floats("s", {}, {2.0f}).Floats("s2", {}, {1.0f}).Node("Identity", {"x"}, "i");
    b.Node("DequantizeLinear", {"x", "s"}, "a");
    b.Node("DequantizeLinear", {moved ? "i" : "x", "s2"}, "b", {}, "the_node");
    return b.Node("Add", {"a", "b"}, "y");
  };
  CheckNodeRefused(twice(false), StatusCode::kModelOp, "differs");
  CheckNodeRefused(twice(true), StatusCode::kModelOp, "another meaning");
  OnnxBuilder unread;
  unread.Input("x", {1, 1, -1, -1}, kInt8).Output("y").Node("Identity", {"x"}, "y");
  CHECK(Import(unread).status().code() == StatusCode::kUnsupported);
  OnnxBuilder shuffled;
  shuffled.Input("x", {1, 4, -1, -1}, kInt8).Output("y");
  shuffled.Node("DepthToSpace", {"x"}, "y", {OnnxAttribute::Int("blocksize", 2)}, "the_node");
  CHECK(Import(shuffled).status().code() == StatusCode::kUnsupported);
}

TEST_CASE("import: Sigmoid, Tanh and Gelu") {
  const auto run = [](const char* op_type, const std::vector<OnnxAttribute>& attributes) {
    OnnxBuilder b = Start(20);
    return Interpret(MustImport(b.Node(op_type, {"x"}, "y", attributes)), {{1, 1, 1, 1}, {1.0f}})
        .elements[0];
  };
  CHECK(run("Sigmoid", {}) == doctest::Approx(0.7310586));
  CHECK(run("Tanh", {}) == doctest::Approx(0.7615942));
  CHECK(run("Gelu", {}) == doctest::Approx(0.8413447));
  CHECK(run("Gelu", {OnnxAttribute::String("approximate", "none")}) == doctest::Approx(0.8413447));
  CHECK(run("Gelu", {OnnxAttribute::String("approximate", "tanh")}) == doctest::Approx(0.8411920));
  OnnxBuilder b = Start(20);
  b.Node("Gelu", {"x"}, "y", {OnnxAttribute::String("approximate", "most")}, "the_node");
  CheckNodeRefused(b, StatusCode::kModelFormat, "approximate 'most'");
}

}  // namespace
}  // namespace tessera
