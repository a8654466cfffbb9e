#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>

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
constexpr Binary kDiv{Binary::Kind::kDiv};

template <typename Op>
size_t CountNodes(const Graph& graph) {
  return static_cast<size_t>(
      std::count_if(graph.nodes.begin(), graph.nodes.end(),
                    [](const Node& node) { return std::holds_alternative<Op>(node.operation); }));
}

// Float sums may come in another order.
Graph SimplifyAndCompare(const Graph& original, const Dense& image, float tolerance = 1e-5f) {
  return test::CompareSimplified(original, image, tolerance);
}

// The same for a graph whose input and output are NHWC: the simplified one is NCHW.
Graph SimplifyNhwcAndCompare(const Graph& original, const Dense& image) {
  Graph graph = test::MustSimplify(original);
  CHECK(ValidateSimplified(graph).ok());
  CHECK(CountNodes<Transpose>(graph) == 0);

  GraphBuilder to_nchw(image.shape);
  const Graph transpose_in =
      to_nchw.Finish(to_nchw.Apply(Transpose{{0, 3, 1, 2}}, {to_nchw.input()}));
  const Dense output = Interpret(graph, Interpret(transpose_in, image));
  GraphBuilder to_nhwc(output.shape);
  const Graph transpose_out =
      to_nhwc.Finish(to_nhwc.Apply(Transpose{{0, 2, 3, 1}}, {to_nhwc.input()}));
  CHECK(LargestDifference(Interpret(original, image), Interpret(transpose_out, output)) <= 1e-5f);
  return graph;
}

Conv Unpadded(int64_t kernel) {
  Conv conv;
  conv.kernel = {kernel, kernel};
  return conv;
}

TEST_CASE("passes: arithmetic between constants is folded") {
  GraphBuilder b(3);
  const ValueId sum =
      b.Apply(kDiv, {b.RandomConstant({3, 1, 1}), b.RandomConstant({1}, 1.0f, 2.0f)});
  const Graph graph =
      SimplifyAndCompare(b.Finish(b.Apply(kMul, {b.input(), sum})), RandomImage({1, 3, 2, 2}, 1));
  CHECK(graph.nodes.size() == 1);
  CHECK(graph.values.size() == 3);
}

TEST_CASE("passes: a division of constants by zero names its node") {
  GraphBuilder b(3);
  const ValueId bad = b.Apply(kDiv, {b.Constant({1}, {1.0f}), b.Constant({1}, {0.0f})});
  Graph graph = b.Finish(b.Apply(kMul, {b.input(), bad}));
  const Status status = Simplify(graph);
  CHECK(status.code() == StatusCode::kModelFormat);
  CHECK(status.message().find("node0") != std::string::npos);
}

TEST_CASE("passes: two long constants are not multiplied into a huge one") {
  GraphBuilder b(1);
  const ValueId huge =
      b.Apply(kAdd, {b.RandomConstant({1, 1, 5000, 1}), b.RandomConstant({1, 1, 1, 5000})});
  Graph graph = b.Finish(b.Apply(kMul, {b.input(), huge}));
  CHECK(Simplify(graph).code() == StatusCode::kUnsupported);
}

TEST_CASE("passes: a constant that varies over the image is refused, a uniform one is not") {
  GraphBuilder b(Shape{1, 1, 2, 2});
  Graph graph = b.Finish(b.Apply(kMul, {b.input(), b.RandomConstant({2, 2})}));
  const Status status = Simplify(graph);
  CHECK(status.code() == StatusCode::kUnsupported);
  CHECK(status.message().find("varies over the image") != std::string::npos);
  GraphBuilder c(Shape{1, 1, 2, 2});
  SimplifyAndCompare(c.Finish(c.Apply(kMul, {c.input(), c.Constant({2, 2}, {3, 3, 3, 3})})),
                     RandomImage({1, 1, 2, 2}, 1));
}

TEST_CASE("passes: a constant with more channels than the image widens it") {
  GraphBuilder b(1);
  const Graph graph = SimplifyAndCompare(
      b.Finish(b.Apply(kMul, {b.input(), b.Constant({1, 4, 1, 1}, {2, 2, 2, 2})})),
      RandomImage({1, 1, 2, 3}, 1));
  CHECK(graph.value(graph.output).shape[1] == 4);
}

TEST_CASE("passes: BatchNormalization folds into the convolution before it") {
  GraphBuilder b(3);
  const ValueId x = b.Convolve(b.input(), 4);
  const ValueId y = b.Apply(BatchNormalization{1e-3f},
                            {x, b.RandomConstant({4}), b.RandomConstant({4}), b.RandomConstant({4}),
                             b.RandomConstant({4}, 0.5f, 2.0f)});
  const Graph graph = SimplifyAndCompare(b.Finish(b.Relu(y)), RandomImage({1, 3, 6, 5}, 1));
  REQUIRE(graph.nodes.size() == 1);
  CHECK(std::get<Conv>(graph.nodes[0].operation).min == 0.0f);
}

TEST_CASE("passes: BatchNormalization without a convolution becomes Mul and Add") {
  GraphBuilder b(3);
  const ValueId y = b.Apply(BatchNormalization{1e-3f},
                            {b.input(), b.RandomConstant({3}), b.RandomConstant({3}),
                             b.RandomConstant({3}), b.RandomConstant({3}, 0.5f, 2.0f)});
  // Padding follows: the arithmetic must not move past it.
  const Graph graph = SimplifyAndCompare(b.Finish(b.Convolve(y, 2)), RandomImage({1, 3, 6, 5}, 1));
  CHECK(graph.nodes.size() == 3);
}

TEST_CASE("passes: BatchNormalization with a negative variance is refused") {
  GraphBuilder b(1);
  const ValueId one = b.Constant({1}, {1.0f});
  Graph graph =
      b.Finish(b.Apply(BatchNormalization{}, {b.input(), one, one, one, b.Constant({1}, {-1.0f})}));
  CHECK(Simplify(graph).code() == StatusCode::kModelFormat);
}

TEST_CASE("passes: all arithmetic after a convolution folds into it") {
  for (const bool constant_first : {false, true}) {
    for (const Binary& binary : {kAdd, kSub, kMul, kDiv}) {
      for (const Shape& shape : {Shape{}, Shape{4, 1, 1}}) {
        GraphBuilder b(3);
        const ValueId x = b.Convolve(b.input(), 4);
        const ValueId c = b.RandomConstant(shape, 0.5f, 2.0f);
        const ValueId y = constant_first ? b.Apply(binary, {c, x}) : b.Apply(binary, {x, c});
        const bool reciprocal = constant_first && binary.kind == Binary::Kind::kDiv;
        // c / x is not of the form x * a + b: it stays as it is.
        const Graph graph = SimplifyAndCompare(b.Finish(y), RandomImage({1, 3, 5, 4}, 1),
                                               reciprocal ? 0.0f : 1e-5f);
        CHECK(graph.nodes.size() == (reciprocal ? 2 : 1));
      }
    }
  }
}

TEST_CASE("passes: arithmetic before a convolution folds only where there is no padding") {
  for (const bool padded : {false, true}) {
    GraphBuilder b(4);
    ValueId x = b.Apply(kSub, {b.input(), b.RandomConstant({4, 1, 1})});
    x = b.Apply(kMul, {x, b.RandomConstant({1, 4, 1, 1})});
    Conv conv = Unpadded(3);
    conv.groups = 2;
    if (padded) conv.auto_pad = Conv::AutoPad::kSameUpper;
    const Graph graph =
        SimplifyAndCompare(b.Finish(b.Convolve(x, 6, conv)), RandomImage({1, 4, 6, 7}, 1));
    CHECK(graph.nodes.size() == (padded ? 3 : 1));
  }
}

TEST_CASE("passes: nothing folds into a convolution whose output is read twice") {
  GraphBuilder b(3);
  const ValueId x = b.Convolve(b.input(), 3);
  const ValueId y = b.Relu(b.Apply(kMul, {x, b.RandomConstant({3, 1, 1})}));
  const Graph graph =
      SimplifyAndCompare(b.Finish(b.Add(y, b.Relu(x))), RandomImage({1, 3, 5, 4}, 1));
  CHECK(graph.nodes.size() == 5);
}

TEST_CASE("passes: arithmetic does not fold past an activation") {
  GraphBuilder b(3);
  const ValueId x = b.Relu(b.Convolve(b.input(), 3));
  const Graph graph = SimplifyAndCompare(b.Finish(b.Apply(kAdd, {x, b.Constant({}, {-1.0f})})),
                                         RandomImage({1, 3, 5, 4}, 1));
  CHECK(graph.nodes.size() == 2);
}

TEST_CASE("passes: weights that two convolutions share are not changed for both") {
  GraphBuilder b(3);
  const ValueId weights = b.RandomConstant({3, 3, 1, 1});
  const ValueId a = b.Apply(Unpadded(1), {b.input(), weights});
  const ValueId scaled = b.Apply(kMul, {a, b.Constant({}, {3.0f})});
  const ValueId c = b.Apply(Unpadded(1), {b.input(), weights});
  const Graph graph = SimplifyAndCompare(b.Finish(b.Add(scaled, c)), RandomImage({1, 3, 5, 4}, 1));
  CHECK(graph.nodes.size() == 3);
}

TEST_CASE("passes: two clips in a row become the limits of the convolution") {
  GraphBuilder b(3);
  const ValueId x = b.Apply(Clip{-0.5f, 0.75f}, {b.Convolve(b.input(), 3)});
  const Graph graph = SimplifyAndCompare(b.Finish(b.Relu(x)), RandomImage({1, 3, 5, 4}, 1));
  REQUIRE(graph.nodes.size() == 1);
  CHECK(std::get<Conv>(graph.nodes[0].operation).min == 0.0f);
  CHECK(std::get<Conv>(graph.nodes[0].operation).max == 0.75f);
}

TEST_CASE("passes: clips with nothing between them stay apart") {
  GraphBuilder b(3);
  const ValueId x = b.Apply(Clip{-2.0f, -1.0f}, {b.Convolve(b.input(), 3)});
  const Graph graph = SimplifyAndCompare(b.Finish(b.Relu(x)), RandomImage({1, 3, 5, 4}, 1));
  CHECK(graph.nodes.size() == 2);
}

TEST_CASE("passes: an NHWC network becomes an NCHW one") {
  GraphBuilder b(Shape{1, kUnknownDim, kUnknownDim, 3});
  // What tf2onnx writes: arithmetic in NHWC, Transposes around the rest, Concat in NHWC.
  ValueId x = b.Apply(kMul, {b.input(), b.RandomConstant({3})});
  x = b.Apply(kAdd, {x, b.RandomConstant({1, 1, 1, 3})});
  const ValueId nchw = b.Apply(Transpose{{0, 3, 1, 2}}, {x});
  ValueId y = b.Apply(PRelu{}, {b.Convolve(nchw, 5), b.RandomConstant({5, 1, 1})});
  y = b.Apply(Transpose{{0, 2, 3, 1}}, {y});
  y = b.Apply(PRelu{}, {y, b.RandomConstant({1, 1, 5})});
  y = b.Apply(Concat{3}, {y, x});
  y = b.Apply(Transpose{{0, 3, 1, 2}}, {y});
  y = b.Apply(DepthToSpace{2, DepthToSpace::Order::kDcr}, {b.Convolve(y, 12)});
  y = b.Apply(Transpose{{0, 2, 3, 1}}, {y});
  const Graph graph = b.Finish(b.Apply(kAdd, {y, b.RandomConstant({3})}));
  const Graph simple = SimplifyNhwcAndCompare(graph, RandomImage({1, 5, 4, 3}, 1));
  CHECK(simple.value(simple.input).shape == Shape{1, 3, kUnknownDim, kUnknownDim});
}

TEST_CASE("passes: Transposes that cancel leave an NCHW network alone") {
  GraphBuilder b(3);
  ValueId x = b.Convolve(b.input(), 4);
  x = b.Apply(Transpose{{0, 2, 3, 1}}, {x});
  x = b.Apply(kAdd, {x, b.RandomConstant({4})});
  x = b.Apply(Transpose{{0, 3, 1, 2}}, {x});
  const Graph graph = SimplifyAndCompare(b.Finish(b.Convolve(x, 2)), RandomImage({1, 3, 5, 4}, 1));
  CHECK(graph.nodes.size() == 2);
}

TEST_CASE("passes: what is done to axes that no image has is left on plain tensors") {
  GraphBuilder b(3);
  const ValueId turned = b.Apply(Transpose{{0, 1, 3, 2}}, {b.input()});
  const Graph rotated =
      SimplifyAndCompare(b.Finish(b.Convolve(turned, 3)), RandomImage({1, 3, 5, 4}, 1));
  CHECK(std::any_of(rotated.values.begin(), rotated.values.end(),
                    [](const Value& value) { return value.plain; }));

  GraphBuilder c(3);
  Graph mixed = c.Finish(c.Add(c.Apply(Transpose{{0, 1, 3, 2}}, {c.input()}), c.input()));
  CHECK(Simplify(mixed).code() == StatusCode::kModelFormat);

  GraphBuilder d(3);
  SimplifyAndCompare(d.Finish(d.Apply(Concat{2}, {d.input(), d.input()})),
                     RandomImage({1, 3, 5, 4}, 1));
}

// [1, C, H, W] in pieces and together again, the steps of which are views.
TEST_CASE("passes: shuffles of pixels and channels spelled out become operators") {
  const Extent h = Extent::Height();
  const Extent w = Extent::Width();
  const auto twice = [](const Extent& extent) { return *Extent::Product(extent, 2); };
  const auto half = [](const Extent& extent) { return *Extent::Quotient(extent, 2); };
  const auto count = [](const Graph& graph, const char* name) {
    return std::count_if(graph.nodes.begin(), graph.nodes.end(), [&](const Node& node) {
      return std::string(OperationName(node.operation)) == name;
    });
  };
  const auto run = [&](std::vector<Extent> apart, std::vector<int64_t> order,
                       std::vector<Extent> together) {
    GraphBuilder b(12);
    ValueId x = b.Apply(Reshape{std::move(apart)}, {b.input()});
    x = b.Apply(Transpose{std::move(order)}, {x});
    x = b.Apply(Reshape{std::move(together)}, {x});
    return SimplifyAndCompare(b.Finish(b.Relu(x)), RandomImage({1, 12, 4, 6}, 1));
  };
  const Graph crd = run({1, 3, 2, 2, h, w}, {0, 1, 4, 2, 5, 3}, {1, 3, twice(h), twice(w)});
  CHECK(count(crd, "DepthToSpace") == 1);
  CHECK(crd.nodes.size() == 2);
  const Graph dcr = run({1, 2, 2, 3, h, w}, {0, 3, 4, 1, 5, 2}, {1, 3, twice(h), twice(w)});
  CHECK(count(dcr, "DepthToSpace") == 1);
  const Graph unshuffled =
      run({1, 12, half(h), 2, half(w), 2}, {0, 1, 3, 5, 2, 4}, {1, 48, half(h), half(w)});
  CHECK(count(unshuffled, "SpaceToDepth") == 1);
  CHECK(unshuffled.size_multiple == 2);
  const Graph channels = run({1, 3, 4, h, w}, {0, 2, 1, 3, 4}, {1, 12, h, w});
  CHECK(count(channels, "SelectChannels") == 1);
  CHECK(channels.nodes.size() == 2);
}

TEST_CASE("passes: slices of channels and of the image, and products with matrices") {
  const Extent h = Extent::Height();
  const Extent w = Extent::Width();
  GraphBuilder b(6);
  const ValueId channels = b.Apply(Slice{1, 1, 5, 2}, {b.input()});
  const ValueId rows = b.Apply(Slice{2, 1, h - Extent(2), 1}, {channels});
  const Graph sliced = SimplifyAndCompare(b.Finish(b.Apply(Slice{3, 1, w, 2}, {rows})),
                                          RandomImage({1, 6, 7, 8}, 1));
  CHECK(std::none_of(sliced.values.begin(), sliced.values.end(),
                     [](const Value& value) { return value.plain; }));

  GraphBuilder c(4);
  ValueId x = c.Apply(Reshape{{1, 4, *Extent::Product(h, w)}}, {c.input()});
  x = c.Apply(Transpose{{0, 2, 1}}, {x});
  x = c.Apply(MatMul{}, {x, c.RandomConstant({4, 5})});
  x = c.Apply(kAdd, {x, c.RandomConstant({5})});
  x = c.Apply(Transpose{{0, 2, 1}}, {x});
  const Graph tokens = SimplifyAndCompare(c.Finish(c.Apply(Reshape{{1, 5, h, w}}, {x})),
                                          RandomImage({1, 4, 3, 6}, 1));
  CHECK(tokens.nodes.size() == 1);
}

TEST_CASE("passes: dead nodes and values disappear") {
  GraphBuilder b(3);
  const ValueId x = b.Convolve(b.input(), 4);
  b.Relu(b.Convolve(b.input(), 7));
  const Graph graph = SimplifyAndCompare(b.Finish(x), RandomImage({1, 3, 5, 4}, 1));
  CHECK(graph.nodes.size() == 1);
  CHECK(graph.values.size() == 4);
}

TEST_CASE("passes: an output that does not depend on the image is refused") {
  GraphBuilder b(1);
  const ValueId constant = b.Constant({1, 1, 1, 1}, {1.0f});
  Graph graph = b.Finish(b.Apply(kAdd, {constant, constant}));
  CHECK(Simplify(graph).code() == StatusCode::kUnsupported);
}

TEST_CASE("passes: undeclared channels come from the first convolution") {
  GraphBuilder b(Shape(4, kUnknownDim));
  const ValueId weights = b.RandomConstant({4, 3, 1, 1});
  Graph graph = b.Finish(b.Apply(Unpadded(1), {b.input(), weights}));
  REQUIRE(Simplify(graph).ok());
  CHECK(graph.value(graph.input).shape[1] == 3);
  GraphBuilder c(Shape(4, kUnknownDim));
  Graph none = c.Finish(c.Relu(c.input()));
  CHECK(Simplify(none).code() == StatusCode::kModelFormat);
}

Resize Nearest(double scale, Resize::Coordinates coordinates, Resize::Rounding rounding) {
  Resize resize;
  resize.scale = {scale, scale};
  resize.coordinates = coordinates;
  resize.rounding = rounding;
  return resize;
}

TEST_CASE("passes: a convolution of repeated pixels becomes one of the pixels and a shuffle") {
  const Resize plain = Nearest(2.0, Resize::Coordinates::kAsymmetric, Resize::Rounding::kFloor);
  for (const double scale : {2.0, 3.0, 4.0}) {
    for (const int64_t kernel : {1, 3, 5, 7}) {
      CAPTURE(scale);
      CAPTURE(kernel);
      Resize resize = plain;
      resize.scale = {scale, scale};
      GraphBuilder b(3);
      const ValueId large = b.Apply(resize, {b.Convolve(b.input(), 5)});
      const Graph graph = SimplifyAndCompare(b.Finish(b.Relu(b.Convolve(large, 4, kernel))),
                                             RandomImage({1, 3, 5, 4}, 1), 1e-4f);
      CHECK(CountNodes<Resize>(graph) == 0);
      CHECK(CountNodes<DepthToSpace>(graph) == 1);
      CHECK(CountNodes<Clip>(graph) == 0);
    }
  }
}

TEST_CASE("passes: all ways to repeat pixels are merged, and all paddings that keep the size") {
  Conv uneven;
  uneven.kernel = {3, 4};
  uneven.pads_begin = {0, 1};
  uneven.pads_end = {2, 2};
  Conv lower;
  lower.kernel = {4, 2};
  lower.auto_pad = Conv::AutoPad::kSameLower;
  Conv upper = lower;
  upper.auto_pad = Conv::AutoPad::kSameUpper;
  for (const Conv& conv : {uneven, lower, upper, Unpadded(1)}) {
    for (const auto& [coordinates, rounding] :
         {std::pair{Resize::Coordinates::kAsymmetric, Resize::Rounding::kFloor},
          {Resize::Coordinates::kHalfPixel, Resize::Rounding::kRoundPreferFloor},
          {Resize::Coordinates::kHalfPixel, Resize::Rounding::kRoundPreferCeil}}) {
      GraphBuilder b(3);
      const ValueId large = b.Apply(Nearest(3.0, coordinates, rounding), {b.input()});
      const Graph graph =
          SimplifyAndCompare(b.Finish(b.Convolve(large, 2, conv)), RandomImage({1, 3, 4, 3}, 1));
      CHECK(CountNodes<Resize>(graph) == 0);
    }
  }
}

TEST_CASE("passes: what cannot be merged with its enlargement stays") {
  const Resize plain = Nearest(2.0, Resize::Coordinates::kAsymmetric, Resize::Rounding::kFloor);
  const Resize shifted =
      Nearest(2.0, Resize::Coordinates::kAsymmetric, Resize::Rounding::kRoundPreferCeil);
  Resize linear = plain;
  linear.mode = Resize::Mode::kLinear;
  Resize uneven = plain;
  uneven.scale = {2.0, 3.0};
  Resize vast = plain;
  vast.scale = {8.0, 8.0};
  Conv same = Unpadded(3);
  same.pads_begin = same.pads_end = {1, 1};
  Conv strided = same;
  strided.stride = {2, 2};
  Conv grouped = same;
  grouped.groups = 3;
  const auto resizes_left = [](const Resize& resize, const Conv& conv) {
    GraphBuilder b(3);
    const ValueId large = b.Apply(resize, {b.input()});
    return CountNodes<Resize>(
        SimplifyAndCompare(b.Finish(b.Convolve(large, 6, conv)), RandomImage({1, 3, 4, 4}, 1)));
  };
  for (const Resize& resize : {shifted, linear, uneven, vast}) {
    CHECK(resizes_left(resize, same) == 1);
  }
  for (const Conv& conv : {Unpadded(3), strided, grouped}) CHECK(resizes_left(plain, conv) == 1);
  CHECK(resizes_left(plain, same) == 0);

  GraphBuilder quantized(3);
  const ValueId codes = quantized.ConvolveQuantized(quantized.Apply(plain, {quantized.input()}), 4);
  CHECK(CountNodes<Resize>(
            SimplifyAndCompare(quantized.Finish(codes), RandomImage({1, 3, 4, 4}, 1))) == 1);
  GraphBuilder twice(3);
  const ValueId large = twice.Apply(plain, {twice.input()});
  CHECK(CountNodes<Resize>(
            SimplifyAndCompare(twice.Finish(twice.Add(twice.Convolve(large, 3), large)),
                               RandomImage({1, 3, 4, 4}, 1))) == 1);
}

TEST_CASE("shapes: what is inferred is what the interpreter computes") {
  GraphBuilder b(3);
  Conv conv = Unpadded(3);
  conv.stride = {2, 1};
  conv.auto_pad = Conv::AutoPad::kSameLower;
  ValueId x = b.Convolve(b.input(), 8, conv);
  x = b.Shuffle(x, 2);
  x = b.Apply(Pad{{1, -1}, {2, 0}, 0.0f}, {x});
  Resize resize;
  resize.scale = {1.5, 3.0};
  const Graph graph = b.Finish(b.Apply(resize, {x}));
  for (const auto& [height, width] : {std::pair<int64_t, int64_t>{7, 5}, {8, 4}, {1, 1}, {2, 9}}) {
    Graph shaped = graph;
    REQUIRE(InferShapes(shaped, height, width).ok());
    const Dense image = RandomImage({1, 3, height, width}, 1);
    CHECK(shaped.value(shaped.output).shape == Interpret(graph, image).shape);
    // The pads that were resolved are the pads of auto_pad.
    CHECK(std::get<Conv>(shaped.nodes[0].operation).auto_pad == Conv::AutoPad::kExplicit);
    CHECK(LargestDifference(Interpret(graph, image), Interpret(shaped, image)) == 0.0f);
  }
}

TEST_CASE("shapes: images that a network cannot take") {
  GraphBuilder b(3);
  Graph graph = b.Finish(b.Convolve(b.input(), 3, Unpadded(5)));
  CHECK(InferShapes(graph, 4, 9).code() == StatusCode::kInvalidArgument);
  CHECK(InferShapes(graph, 0, 9).code() == StatusCode::kInvalidArgument);
  CHECK(InferShapes(graph, 5, -1).code() == StatusCode::kInvalidArgument);
  CHECK(InferShapes(graph, 5, int64_t{1} << 40).code() == StatusCode::kImageTooLarge);
  CHECK(InferShapes(graph, 5, 5).ok());
}

TEST_CASE("shapes: a one-pixel image is not broadcast over a larger one") {
  GraphBuilder b(1);
  const ValueId large = b.UpsampleNearest(b.input(), 2);
  Graph graph = b.Finish(b.Add(b.input(), large));
  CHECK(InferShapes(graph, 1, 1).code() == StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace tessera
