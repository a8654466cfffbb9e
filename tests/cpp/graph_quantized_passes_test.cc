#include <doctest/doctest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "graph/model.h"
#include "graph/passes.h"
#include "graph/validate.h"
#include "graph_builder.h"
#include "reference_interpreter.h"
#include "simplify_checks.h"

namespace tessera {
namespace {

using test::Dense;
using test::GraphBuilder;
using test::Interpret;
using test::LargestDifference;
using test::RandomImage;

constexpr Binary kAdd{Binary::Kind::kAdd};
constexpr Binary kSub{Binary::Kind::kSub};
constexpr Binary kMul{Binary::Kind::kMul};
constexpr Quantization kInt8{1.0f / 64.0f, 0, true};
constexpr Quantization kUint8{1.0f / 32.0f, 100, false};

Graph SimplifyAndCompare(const Graph& original, const Dense& image, float tolerance = 0.0f) {
  return test::CompareSimplified(original, image, tolerance);
}

const Constant& WeightsOf(const Graph& graph, const Node& conv) {
  return *graph.value(conv.inputs[1]).constant;
}

// What `quantized` promises: the floats are what the codes stand for.
void CheckCodes(const Constant& weights) {
  REQUIRE(weights.quantized);
  const QuantizedWeights& quantized = *weights.quantized;
  REQUIRE(quantized.codes.size() == weights.floats.size());
  const size_t per_scale = weights.floats.size() / quantized.scales.size();
  for (size_t i = 0; i < weights.floats.size(); ++i) {
    CHECK(weights.floats[i] ==
          quantized.scales[i / per_scale] * static_cast<float>(quantized.codes[i]));
  }
}

// A convolution with the given codes, one scale per channel or one for all, and then `operation`.
Graph ConvThen(std::vector<int8_t> codes, std::vector<float> scales, const Binary& operation,
               std::vector<float> operand, bool operand_first = false) {
  GraphBuilder b(1);
  const auto outputs = static_cast<int64_t>(codes.size());
  const ValueId weights = b.QuantizedConstant({outputs, 1, 1, 1}, 1);
  const ValueId x = b.Apply(Conv{}, {b.input(), weights});
  const Shape shape =
      operand.size() == 1 ? Shape{} : Shape{static_cast<int64_t>(operand.size()), 1, 1};
  const ValueId c = b.Constant(shape, std::move(operand));
  Graph graph = b.Finish(b.Apply(operation, operand_first ? std::vector{c, x} : std::vector{x, c}));
  Constant constant;
  for (size_t i = 0; i < codes.size(); ++i) {
    constant.floats.push_back(scales[scales.size() == 1 ? 0 : i] * static_cast<float>(codes[i]));
  }
  constant.quantized = QuantizedWeights{std::move(codes), std::move(scales)};
  graph.value(weights).constant = std::make_shared<const Constant>(std::move(constant));
  return graph;
}

const Dense kImage = RandomImage({1, 1, 3, 5}, 3);

TEST_CASE("quantized passes: a factor after a convolution goes into its scales") {
  const Graph graph = SimplifyAndCompare(
      ConvThen({-127, 5, 127}, {0.5f}, kMul, {2.0f, -0.25f, -1.0f}), kImage, 1e-6f);
  REQUIRE(graph.nodes.size() == 1);
  const Constant& weights = WeightsOf(graph, graph.nodes[0]);
  CheckCodes(weights);
  CHECK(weights.quantized->codes == std::vector<int8_t>{-127, -5, -127});
  CHECK(weights.quantized->scales == std::vector<float>{1.0f, 0.125f, 0.5f});
}

TEST_CASE("quantized passes: a sum after a convolution changes no weights") {
  const Graph graph =
      SimplifyAndCompare(ConvThen({-128, 5}, {0.5f}, kAdd, {2.0f, -0.25f}), kImage, 1e-6f);
  REQUIRE(graph.nodes.size() == 1);
  CHECK(WeightsOf(graph, graph.nodes[0]).quantized->scales == std::vector<float>{0.5f});
  CHECK(WeightsOf(graph, graph.nodes[0]).quantized->codes == std::vector<int8_t>{-128, 5});
  // c - x turns the codes round.
  const Graph turned = SimplifyAndCompare(
      ConvThen({-127, 5}, {0.5f, 0.25f}, kSub, {1.0f}, /*operand_first=*/true), kImage, 1e-6f);
  REQUIRE(turned.nodes.size() == 1);
  CheckCodes(WeightsOf(turned, turned.nodes[0]));
  CHECK(WeightsOf(turned, turned.nodes[0]).quantized->codes == std::vector<int8_t>{127, -5});
}

TEST_CASE("quantized passes: a factor that codes cannot take stays") {
  // -128 has no opposite, and scales are positive and finite.
  for (const float factor : {-1.0f, 0.0f, 1e-45f, 3e38f}) {
    const Graph graph =
        SimplifyAndCompare(ConvThen({-128, 5}, {0.25f, 4.0f}, kMul, {factor}), kImage, 1e-6f);
    CHECK(graph.nodes.size() == 2);
    CHECK(WeightsOf(graph, graph.nodes[0]).quantized->scales == std::vector<float>{0.25f, 4.0f});
    CheckCodes(WeightsOf(graph, graph.nodes[0]));
  }
}

TEST_CASE("quantized passes: nothing folds into a later convolution with codes") {
  GraphBuilder b(3);
  const ValueId x = b.Apply(kMul, {b.input(), b.RandomConstant({3, 1, 1})});
  const Graph graph =
      SimplifyAndCompare(b.Finish(b.ConvolveQuantized(x, 4, 1)), RandomImage({1, 3, 4, 5}, 1));
  REQUIRE(graph.nodes.size() == 2);
  CheckCodes(WeightsOf(graph, graph.nodes[1]));
}

TEST_CASE("quantized passes: normalization folds into a convolution with codes") {
  GraphBuilder b(3);
  const ValueId x = b.ConvolveQuantized(b.input(), 4);
  const ValueId y =
      b.Apply(BatchNormalization{}, {x, b.RandomConstant({4}), b.RandomConstant({4}),
                                     b.RandomConstant({4}), b.RandomConstant({4}, 0.5f, 2.0f)});
  const Graph graph = SimplifyAndCompare(b.Finish(b.Relu(y)), RandomImage({1, 3, 4, 5}, 1), 1e-5f);
  REQUIRE(graph.nodes.size() == 1);
  CheckCodes(WeightsOf(graph, graph.nodes[0]));
}

TEST_CASE("quantized passes: nothing folds or fuses past a FakeQuantize") {
  GraphBuilder b(3);
  ValueId x = b.Quantize(b.Convolve(b.input(), 4), kInt8);
  x = b.Relu(b.Apply(kMul, {x, b.Constant({}, {0.5f})}));
  const Graph graph = SimplifyAndCompare(b.Finish(x), RandomImage({1, 3, 4, 5}, 1));
  CHECK(graph.nodes.size() == 4);
}

TEST_CASE("quantized passes: a FakeQuantize of what holds its codes already disappears") {
  GraphBuilder b(4);
  ValueId x = b.Quantize(b.Quantize(b.input(), kInt8), kInt8);
  x = b.Quantize(b.Shuffle(x, 2), kInt8);
  x = b.Quantize(b.UpsampleNearest(x, 2.0), kInt8);
  x = b.Quantize(b.Apply(Concat{1}, {x, x}), kInt8);
  // Both the output and another node read it.
  x = b.Apply(Concat{1}, {x, b.Relu(x)});
  const Graph graph = SimplifyAndCompare(b.Finish(x), RandomImage({1, 4, 4, 5}, 1));
  CHECK(graph.nodes.size() == 6);

  GraphBuilder c(4);
  const Graph output =
      SimplifyAndCompare(c.Finish(c.Quantize(c.Shuffle(c.Quantize(c.input(), kInt8), 2), kInt8)),
                         RandomImage({1, 4, 4, 5}, 1));
  CHECK(output.nodes.size() == 2);
  CHECK(output.nodes[1].output == output.output);
}

TEST_CASE("quantized passes: a FakeQuantize that changes something stays") {
  GraphBuilder b(4);
  ValueId x = b.Quantize(b.Quantize(b.input(), kInt8), kUint8);
  x = b.Quantize(b.Relu(x), kUint8);
  Resize linear;
  linear.mode = Resize::Mode::kLinear;
  linear.scale = {2.0, 2.0};
  x = b.Quantize(b.Apply(linear, {x}), kUint8);
  const Graph graph = SimplifyAndCompare(b.Finish(x), RandomImage({1, 4, 4, 5}, 1));
  CHECK(graph.nodes.size() == 6);
}

TEST_CASE("quantized passes: NHWC networks with QDQ and elementwise functions") {
  GraphBuilder b(Shape{1, kUnknownDim, kUnknownDim, 3});
  ValueId x = b.Quantize(b.input(), kInt8);
  x = b.Quantize(b.Apply(Transpose{{0, 3, 1, 2}}, {x}), kInt8);
  x = b.Quantize(b.ConvolveQuantized(x, 4), kUint8);
  x = b.Quantize(b.Apply(Transpose{{0, 2, 3, 1}}, {x}), kUint8);
  x = b.Quantize(b.Apply(Unary{Unary::Kind::kSigmoid}, {x}), kInt8);
  x = b.Apply(Transpose{{0, 3, 1, 2}}, {x});
  x = b.ConvolveQuantized(x, 3);
  Graph graph = b.Finish(b.Apply(Transpose{{0, 2, 3, 1}}, {x}));
  const Dense nhwc = RandomImage({1, 4, 5, 3}, 1);
  const Dense expected = Interpret(graph, nhwc);
  REQUIRE(Simplify(graph).ok());
  CHECK(ValidateSimplified(graph).ok());
  // Quantize, convolution, quantize, Sigmoid, quantize, convolution.
  CHECK(graph.nodes.size() == 6);
  for (const Node& node : graph.nodes) {
    if (std::holds_alternative<Conv>(node.operation)) CheckCodes(WeightsOf(graph, node));
  }
  const auto transposed = [](const Dense& image, const Transpose& transpose) {
    GraphBuilder t(image.shape);
    return Interpret(t.Finish(t.Apply(transpose, {t.input()})), image);
  };
  const Dense actual = Interpret(graph, transposed(nhwc, Transpose{{0, 3, 1, 2}}));
  CHECK(LargestDifference(expected, transposed(actual, Transpose{{0, 2, 3, 1}})) == 0.0f);
}

TEST_CASE("quantized passes: undeclared channels are found behind the image's quantization") {
  GraphBuilder b(Shape(4, kUnknownDim));
  const ValueId weights = b.QuantizedConstant({4, 3, 1, 1}, 4);
  Graph graph = b.Finish(b.Apply(Conv{}, {b.Quantize(b.input(), kInt8), weights}));
  REQUIRE(Simplify(graph).ok());
  CHECK(graph.value(graph.input).shape[1] == 3);
}

TEST_CASE("quantized passes: what depends on constants alone") {
  GraphBuilder b(3);
  const ValueId sum = b.Apply(kAdd, {b.Constant({}, {0.3f}), b.Constant({}, {0.4f})});
  const ValueId fake = b.Quantize(sum, kInt8);
  const Graph graph =
      SimplifyAndCompare(b.Finish(b.Add(b.input(), fake)), RandomImage({1, 3, 4, 5}, 1));
  CHECK(graph.nodes.size() == 1);

  GraphBuilder c(3);
  const ValueId constant = c.Apply(kAdd, {c.Constant({}, {0.3f}), c.Constant({}, {0.4f})});
  Graph refused = c.Finish(c.Add(c.input(), c.Relu(constant)));
  const Status status = Simplify(refused);
  CHECK(status.code() == StatusCode::kModelOp);
  CHECK(status.message().find("Relu node 'node1'") != std::string::npos);
}

TEST_CASE("quantized passes: codes that do not fit their constant make a graph invalid") {
  GraphBuilder b(3);
  const Graph good = b.Finish(b.ConvolveQuantized(b.input(), 4));
  const ValueId id = good.nodes[0].inputs[1];
  for (const bool too_few_codes : {false, true}) {
    Graph bad = good;
    Constant constant = *good.value(id).constant;
    if (too_few_codes) {
      constant.quantized->codes.pop_back();
    } else {
      constant.quantized->scales.pop_back();
    }
    bad.value(id).constant = std::make_shared<const Constant>(std::move(constant));
    CHECK(Validate(bad).code() == StatusCode::kInternal);
  }
}

}  // namespace
}  // namespace tessera
