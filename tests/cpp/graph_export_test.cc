#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "graph/export_onnx.h"
#include "graph/import_onnx.h"
#include "graph/metadata.h"
#include "graph/model.h"
#include "graph/passes.h"
#include "graph/validate.h"
#include "graph_builder.h"
#include "onnx/reader.h"
#include "reference_interpreter.h"
#include "simplify_checks.h"

namespace tessera {
namespace {

using test::Dense;
using test::GraphBuilder;
using test::Interpret;
using test::LargestDifference;
using test::MustSimplify;
using test::RandomImage;

constexpr Quantization kUint8{1.0f / 32.0f, 100, false};

std::string MustExport(const Graph& graph) {
  Result<std::string> bytes = ExportOnnx(graph);
  REQUIRE_MESSAGE(bytes.ok(), bytes.status().message());
  return std::move(bytes).value();
}

onnx::Model Read(const std::string& bytes) {
  Result<onnx::Model> model =
      onnx::ReadModel({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
  REQUIRE_MESSAGE(model.ok(), model.status().message());
  return std::move(model).value();
}

Graph MustImport(const std::string& bytes) {
  Result<Graph> graph = ImportOnnx(Read(bytes));
  REQUIRE_MESSAGE(graph.ok(), graph.status().message());
  return std::move(graph).value();
}

// Exports a simplified graph, reads it back, and compares. Returns what was read.
Graph RoundTrip(const Graph& graph, const Dense& image, float tolerance = 0.0f) {
  const std::string bytes = MustExport(graph);
  CHECK(MustExport(graph) == bytes);
  Graph copy = MustSimplify(MustImport(bytes));
  REQUIRE(copy.nodes.size() == graph.nodes.size());
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    CHECK(copy.nodes[i].name == graph.nodes[i].name);
    CHECK(copy.nodes[i].operation.index() == graph.nodes[i].operation.index());
    CHECK(copy.value(copy.nodes[i].output).name == graph.value(graph.nodes[i].output).name);
  }
  CHECK(copy.value(copy.input).shape == graph.value(graph.input).shape);
  CHECK(LargestDifference(Interpret(graph, image), Interpret(copy, image)) <= tolerance);
  // The file holds all that the graph does: nothing changes any more.
  CHECK(MustExport(copy) == bytes);
  return copy;
}

// One step of a random network that keeps the number of channels, 4, but not always the extents.
ValueId RandomStep(GraphBuilder& b, uint32_t kind, ValueId x) {
  Conv conv;
  conv.kernel = {3, 3};
  Resize resize;
  resize.scale = {2.0, 1.5};
  switch (kind) {
    case 0:
      conv.auto_pad = Conv::AutoPad::kSameUpper;
      conv.stride = {2, 1};
      return b.Convolve(x, 4, conv);
    case 1:
      conv.pads_begin = {2, 1};
      conv.pads_end = {0, 3};
      conv.dilation = {1, 2};
      conv.groups = 2;
      return b.Convolve(x, 4, conv);
    case 2:
      conv.auto_pad = Conv::AutoPad::kSameLower;
      return b.Apply(conv, {x, b.RandomConstant({4, 4, 3, 3}, -0.3f, 0.3f)});
    case 3:
      return b.Relu(b.Convolve(x, 4));
    case 4:
      return b.Apply(Clip{-0.5f, std::numeric_limits<float>::infinity()}, {b.Convolve(x, 4, 1)});
    case 5:
      return b.Apply(Clip{-std::numeric_limits<float>::infinity(), 0.75f}, {x});
    case 6:
      return b.Apply(LeakyRelu{0.2f}, {x});
    case 7:
      return b.Apply(PRelu{}, {x, b.RandomConstant({4, 1, 1})});
    case 8:
      return b.Apply(Binary{Binary::Kind::kSub}, {b.Constant({}, {0.5f}), x});
    case 9:
      return b.Apply(Binary{Binary::Kind::kMul}, {x, b.Convolve(x, 4)});
    case 10:
      return b.Apply(Binary{Binary::Kind::kDiv}, {x, b.RandomConstant({4, 1, 1}, 1.0f, 2.0f)});
    case 11:
      return b.Convolve(b.Apply(Concat{1}, {x, b.Relu(x), x}), 4, 1);
    case 12:
      return b.Convolve(b.Shuffle(x, 2), 4, 1);
    case 13:
      return b.Apply(DepthToSpace{2, DepthToSpace::Order::kDcr}, {b.Convolve(x, 16, 1)});
    case 14:
      return b.Apply(resize, {x});
    case 15:
      resize.mode = Resize::Mode::kLinear;
      resize.coordinates = Resize::Coordinates::kAlignCorners;
      return b.Apply(resize, {x});
    case 16:
      resize.coordinates = Resize::Coordinates::kAsymmetric;
      resize.rounding = Resize::Rounding::kCeil;
      return b.Apply(resize, {x});
    case 17:
      return b.Apply(Pad{{1, -1}, {0, 2}, 0.25f}, {x});
    case 18:
      return b.Apply(Unary{Unary::Kind::kSigmoid}, {x});
    case 19:
      return b.Apply(Unary{Unary::Kind::kTanh}, {x});
    case 20:
      return b.Apply(Unary{Unary::Kind::kGelu}, {x});
    case 21:
      return b.Quantize(x, kUint8);
    case 22:
      return b.ConvolveQuantized(x, 4);
    case 23:
      resize.mode = Resize::Mode::kCubic;
      resize.cubic_a = -0.5f;
      return b.Apply(resize, {x});
    case 24:
      x = b.Apply(DepthToSpace{2, DepthToSpace::Order::kDcr}, {b.Convolve(x, 8, 1)});
      return b.Convolve(b.Apply(SpaceToDepth{2}, {x}), 4, 1);
    case 25:
      return b.Apply(SelectChannels{{3, 1, 1, 0}}, {x});
    case 26:
      return b.Apply(Pool{Pool::Kind::kAverage, {2, 3}, {1, 2}, {1, 1}, {0, 1}, {1, 1}, true, true},
                     {x});
    case 27:
      return b.Apply(Pool{Pool::Kind::kMax, {2, 1}, {1, 1}, {1, 1}, {1, 0}, {0, 0}}, {x});
    case 28:
      return b.Add(x, b.Apply(Reduce{Reduce::Kind::kMax, {1}}, {x}));
    case 29:
      return b.Add(x, b.Apply(Reduce{Reduce::Kind::kSum, {2, 3}}, {x}));
    case 30:
      return b.Apply(Softmax{1}, {x});
    case 31:
      return b.Apply(Unary{Unary::Kind::kElu, 0.5f}, {x});
    case 32:
      return b.Apply(Pad{{1, 1}, {0, 1}, 0.0f, Pad::Mode::kEdge}, {x});
    case 33:
      return b.Apply(Binary{Binary::Kind::kMax}, {x, b.Convolve(x, 4)});
    default:
      return b.Add(x, b.Constant({4, 1, 1}, {0.1f, 0.2f, 0.3f, 0.4f}));
  }
}

TEST_CASE("export: random networks of every operator compute the same when read back") {
  std::set<size_t> operations;
  std::mt19937 random(5);
  for (uint32_t seed = 0; seed < 80; ++seed) {
    GraphBuilder b(4, seed * 1000);
    ValueId x = b.input();
    std::string kinds;
    // Each kind comes first once.
    std::array<uint32_t, 4> steps = {seed};
    for (size_t i = 1; i < steps.size(); ++i) steps[i] = static_cast<uint32_t>(random());
    for (const uint32_t step : steps) {
      const uint32_t kind = step % 35;
      x = RandomStep(b, kind, x);
      kinds += std::to_string(kind) + " ";
    }
    CAPTURE(kinds);
    const Graph graph = MustSimplify(b.Finish(x));
    for (const Node& node : graph.nodes) operations.insert(node.operation.index());
    // The int32 biases behind quantized inputs are rounded.
    const bool rounds =
        kinds.find("21 ") != std::string::npos && kinds.find("22 ") != std::string::npos;
    RoundTrip(graph, RandomImage({1, 4, 6, 5}, seed), rounds ? 0.1f : 0.0f);
  }
  // All but BatchNormalization, which a pass removes, and the seven on plain tensors.
  CHECK(operations.size() == std::variant_size_v<Operation> - 8);
}

TEST_CASE("export: operators that the passes remove") {
  GraphBuilder b(Shape{1, kUnknownDim, kUnknownDim, 3});
  ValueId x = b.Apply(Transpose{{0, 3, 1, 2}}, {b.input()});
  x = b.Apply(BatchNormalization{1e-3f},
              {x, b.RandomConstant({3}), b.RandomConstant({3}), b.RandomConstant({3}),
               b.RandomConstant({3}, 0.5f, 1.0f)});
  const Graph graph = b.Finish(x);
  const Graph copy = MustImport(MustExport(graph));
  const Dense image = RandomImage({1, 4, 5, 3}, 1);
  CHECK(LargestDifference(Interpret(graph, image), Interpret(copy, image)) == 0.0f);
}

// x quantized -> convolution -> output.
Graph QuantizedConv(float input_scale, size_t weight_scales, std::vector<float> bias) {
  GraphBuilder b(2);
  const ValueId x = b.Quantize(b.input(), {input_scale, 3, true});
  const auto outputs = static_cast<int64_t>(bias.size());
  const ValueId weights = b.QuantizedConstant({outputs, 2, 1, 1}, weight_scales);
  return b.Finish(b.Apply(Conv{}, {x, weights, b.Constant({outputs}, std::move(bias))}));
}

const onnx::Tensor* FindInitializer(const onnx::Model& model, const std::string& name) {
  const auto found = std::find_if(model.initializers.begin(), model.initializers.end(),
                                  [&](const onnx::Tensor& tensor) { return tensor.name == name; });
  return found == model.initializers.end() ? nullptr : &*found;
}

TEST_CASE("export: quantized weights are int8, and the bias behind them is int32") {
  for (const size_t scales : {size_t{1}, size_t{3}}) {
    const Graph graph = MustSimplify(QuantizedConv(0.25f, scales, {0.5f, -1.0f, 2.0f}));
    const Graph copy = RoundTrip(graph, RandomImage({1, 2, 3, 4}, 1), 0.002f);
    const auto& before = graph.value(graph.nodes[1].inputs[1]).constant->quantized;
    const auto& after = copy.value(copy.nodes[1].inputs[1]).constant->quantized;
    REQUIRE(after);
    CHECK(after->codes == before->codes);
    CHECK(after->scales == before->scales);
    CHECK(after->scales.size() == scales);

    const onnx::Model model = Read(MustExport(graph));
    CHECK(model.opset_version == 13);
    const std::string weights = graph.value(graph.nodes[1].inputs[1]).name;
    const onnx::Tensor* codes = FindInitializer(model, weights + ".codes");
    REQUIRE(codes);
    CHECK(codes->data_type == onnx::DataType::kInt8);
    const std::string bias = graph.value(graph.nodes[1].inputs[2]).name;
    const onnx::Tensor* integers = FindInitializer(model, bias + ".codes");
    REQUIRE(integers);
    CHECK(integers->data_type == onnx::DataType::kInt32);
    const onnx::Tensor* bias_scales = FindInitializer(model, bias + ".scale");
    REQUIRE(bias_scales);
    REQUIRE(bias_scales->floats.size() == scales);
    for (size_t i = 0; i < scales; ++i) {
      CHECK(bias_scales->floats[i] == 0.25f * before->scales[i]);
    }
  }
}

TEST_CASE("export: a bias that int32 cannot hold stays in floating point") {
  for (const float scale : {1e-12f, 1e-38f}) {
    const Graph graph = MustSimplify(QuantizedConv(scale, 1, {1e3f, -1e3f}));
    RoundTrip(graph, RandomImage({1, 2, 3, 4}, 1));
    const onnx::Model model = Read(MustExport(graph));
    const onnx::Tensor* bias = FindInitializer(model, graph.value(graph.nodes[1].inputs[2]).name);
    REQUIRE(bias);
    CHECK(bias->data_type == onnx::DataType::kFloat);
  }
}

TEST_CASE("export: a bias that convolutions with different scales share") {
  GraphBuilder b(2);
  const ValueId bias = b.Constant({2}, {0.123f, -0.456f});
  const auto convolve = [&](ValueId x, ValueId weights) {
    return b.Apply(Conv{}, {x, weights, bias});
  };
  const ValueId coarse = b.Quantize(b.input(), {0.5f, 0, true});
  const ValueId fine = b.Quantize(b.input(), {0.01f, 0, false});
  const ValueId a = convolve(coarse, b.QuantizedConstant({2, 2, 1, 1}, 1));
  const ValueId c = convolve(fine, b.QuantizedConstant({2, 2, 1, 1}, 2));
  const ValueId d = convolve(b.input(), b.RandomConstant({2, 2, 1, 1}));
  const ValueId e = convolve(fine, b.RandomConstant({2, 2, 1, 1}));
  const Graph graph = b.Finish(b.Apply(Concat{1}, {a, c, d, e}));
  const Graph copy = MustImport(MustExport(graph));
  const Dense image = {{1, 2, 1, 1}, {0.0f, 0.0f}};
  const Dense expected = Interpret(graph, image);
  const Dense actual = Interpret(copy, image);
  for (size_t i = 0; i < 8; ++i) {
    const float tolerance = i < 2 ? 0.5f * 0.01f : i < 4 ? 0.01f * 0.01f : 0.0f;
    CHECK(std::abs(actual.elements[i] - expected.elements[i]) <= tolerance);
  }
}

TEST_CASE("export: names become unique and are otherwise kept") {
  GraphBuilder b(2);
  ValueId x = b.Relu(b.Convolve(b.input(), 2));
  x = b.Convolve(x, 2);
  Graph graph = b.Finish(b.Apply(Clip{0.0f, 1.0f}, {x}));
  for (Value& value : graph.values) value.name = "same";
  for (Node& node : graph.nodes) node.name = "same";
  graph.values[1].name.clear();
  graph.values[2].name = "same_2";
  graph = MustSimplify(std::move(graph));
  const onnx::Model model = Read(MustExport(graph));
  std::set<std::string> values;
  for (const onnx::Tensor& tensor : model.initializers) CHECK(values.insert(tensor.name).second);
  std::set<std::string> nodes;
  for (const onnx::Node& node : model.nodes) {
    CHECK(values.insert(node.outputs[0]).second);
    CHECK(nodes.insert(node.name).second);
  }
  CHECK(model.inputs[0].name == "same");
  const Graph copy = MustSimplify(MustImport(MustExport(graph)));
  const Dense image = RandomImage({1, 2, 3, 4}, 1);
  CHECK(LargestDifference(Interpret(graph, image), Interpret(copy, image)) == 0.0f);
}

TEST_CASE("export: the image's extents are free") {
  GraphBuilder b(2);
  const onnx::Model model = Read(MustExport(b.Finish(b.Convolve(b.input(), 3))));
  REQUIRE(model.inputs.size() == 1);
  CHECK(model.inputs[0].name == "input");
  CHECK(model.inputs[0].shape == std::vector<int64_t>{1, 2, -1, -1});
  REQUIRE(model.outputs.size() == 1);
  CHECK(model.outputs[0].shape == std::vector<int64_t>{1, 3, -1, -1});
}

TEST_CASE("export: Gelu asks for the operator set that has it") {
  GraphBuilder b(2);
  CHECK(Read(MustExport(b.Finish(b.Apply(Unary{Unary::Kind::kGelu}, {b.input()})))).opset_version ==
        20);
  GraphBuilder c(2);
  CHECK(Read(MustExport(c.Finish(c.Apply(Unary{Unary::Kind::kTanh}, {c.input()})))).opset_version ==
        13);
}

TEST_CASE("export: metadata comes back as it was") {
  ModelInfo info;
  CHECK(FormatMetadata(info).empty());
  info.name = "n";
  info.licence = "MIT";
  info.data = "d";
  info.scores = "{\"a\":1}";
  info.declared_scale = 4;
  info.color = Color::kBgr;
  info.input_range = {-1.0f / 3.0f, 255.0f};
  info.output_range = {1e-10f, 1e10f};
  info.mean = {0.4488f, 0.4371f, 0.4040f, 0.5f};
  info.stddev = {0.1f, 1e-5f, 3.0f, 1.0f};
  GraphBuilder b(3);
  Graph graph = b.Finish(b.Relu(b.input()));
  graph.info = info;
  const ModelInfo read = MustImport(MustExport(graph)).info;
  CHECK(read.name == info.name);
  CHECK(read.licence == info.licence);
  CHECK(read.data == info.data);
  CHECK(read.scores == info.scores);
  CHECK(read.declared_scale == info.declared_scale);
  CHECK(read.color == info.color);
  CHECK(read.input_range == info.input_range);
  CHECK(read.output_range == info.output_range);
  CHECK(read.mean == info.mean);
  CHECK(read.stddev == info.stddev);
}

TEST_CASE("export: a broken graph is refused") {
  GraphBuilder b(3);
  Graph graph = b.Finish(b.Relu(b.input()));
  graph.nodes[0].inputs[0] = 99;
  CHECK(ExportOnnx(graph).status().code() == StatusCode::kInternal);
}

}  // namespace
}  // namespace tessera
