#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <string>

#include "graph/analyze_tiling.h"
#include "graph/passes.h"
#include "graph_builder.h"
#include "reference_interpreter.h"

namespace tessera {
namespace {

using test::Dense;
using test::GraphBuilder;
using test::Interpret;
using test::RandomImage;

TilingFacts Analyze(const Graph& graph) {
  const Result<TilingAnalysis> analysis = AnalyzeTiling(graph);
  REQUIRE_MESSAGE(analysis.ok(), analysis.status().message());
  return analysis->facts;
}

void CheckFacts(const TilingFacts& facts, int64_t scale, int64_t multiple, int64_t overlap) {
  CHECK(facts.exact);
  CHECK(facts.not_exact_because.empty());
  CHECK(facts.scale.numerator() == scale);
  CHECK(facts.scale.IsWhole());
  CHECK(facts.margin == 0);
  CHECK(facts.size_multiple == multiple);
  CHECK(facts.overlap == overlap);
}

Conv Strided(int64_t kernel, int64_t stride, int64_t pad_begin, int64_t pad_end) {
  Conv conv;
  conv.kernel = {kernel, kernel};
  conv.stride = {stride, stride};
  conv.pads_begin = {pad_begin, pad_begin};
  conv.pads_end = {pad_end, pad_end};
  return conv;
}

TEST_CASE("tiling: the plain network with four body layers") {
  GraphBuilder b(3);
  ValueId x = b.Convolve(b.input(), 8);
  for (int i = 0; i < 4; ++i) x = b.Convolve(b.Relu(x), 8);
  x = b.Shuffle(b.Convolve(b.Relu(x), 12), 2);
  const Graph graph = b.Finish(b.Add(x, b.UpsampleNearest(b.input(), 2)));
  CheckFacts(Analyze(graph), 2, 1, 6);
}

TEST_CASE("tiling: ESPCN's 5x5, 3x3, 3x3") {
  GraphBuilder b(1);
  const ValueId x = b.Convolve(b.Convolve(b.Convolve(b.input(), 6, 5), 4, 3), 9, 3);
  CheckFacts(Analyze(b.Finish(b.Shuffle(x, 3))), 3, 1, 4);
}

TEST_CASE("tiling: a stride-2 head and a shuffle by 6, as in Bicubic++") {
  GraphBuilder b(3);
  const ValueId head = b.Convolve(b.input(), 8, Strided(3, 2, 1, 1));
  const ValueId body = b.Add(b.Convolve(b.Convolve(head, 8), 8), head);
  const ValueId x = b.Shuffle(b.Convolve(body, 108), 6);
  // An element of the half-size tensor lies on pixels 2i-1 to 2i+1; three 3x3 convolutions add
  // three elements, 6 pixels, on either side. The second pixel of a pair reaches one further left.
  CheckFacts(Analyze(b.Finish(x)), 3, 2, 8);
}

TEST_CASE("tiling: ABPN adds its anchor before the shuffle") {
  GraphBuilder b(3);
  ValueId x = b.input();
  for (int i = 0; i < 5; ++i) x = b.Relu(b.Convolve(x, 8));
  x = b.Convolve(b.Relu(b.Convolve(x, 12)), 12);
  const ValueId anchor = b.Apply(Concat{1}, {b.input(), b.input(), b.input(), b.input()});
  x = b.Apply(DepthToSpace{2, DepthToSpace::Order::kDcr}, {b.Add(x, anchor)});
  CheckFacts(Analyze(b.Finish(x)), 2, 1, 7);
}

TEST_CASE("tiling: convolutions after the upsampling count in fractions of a pixel") {
  GraphBuilder b(3);
  ValueId x = b.UpsampleNearest(b.Convolve(b.input(), 4), 4);
  for (int i = 0; i < 4; ++i) x = b.Convolve(x, 4);
  // Four elements at a quarter of a pixel each are exactly one pixel.
  CheckFacts(Analyze(b.Finish(x)), 4, 1, 2);
  GraphBuilder c(3);
  x = c.UpsampleNearest(c.Convolve(c.input(), 4), 4);
  for (int i = 0; i < 5; ++i) x = c.Convolve(x, 4);
  CheckFacts(Analyze(c.Finish(x)), 4, 1, 3);
}

TEST_CASE("tiling: an image that is only enlarged needs no overlap") {
  GraphBuilder b(3);
  CheckFacts(Analyze(b.Finish(b.UpsampleNearest(b.input(), 3))), 3, 1, 0);
}

TEST_CASE("tiling: bilinear enlargement needs a pixel on either side") {
  GraphBuilder b(3);
  Resize resize;
  resize.mode = Resize::Mode::kLinear;
  resize.scale = {2.0, 2.0};
  CheckFacts(Analyze(b.Finish(b.Apply(resize, {b.input()}))), 2, 1, 1);
}

TEST_CASE("tiling: dilation widens the receptive field") {
  GraphBuilder b(2);
  Conv conv = Strided(3, 1, 4, 4);
  conv.dilation = {4, 4};
  CheckFacts(Analyze(b.Finish(b.Convolve(b.input(), 2, conv))), 1, 1, 4);
}

TEST_CASE("tiling: SAME padding with stride 2 is lopsided") {
  for (const auto auto_pad : {Conv::AutoPad::kSameUpper, Conv::AutoPad::kSameLower}) {
    GraphBuilder b(2);
    Conv conv = Strided(3, 2, 0, 0);
    conv.auto_pad = auto_pad;
    const ValueId x = b.Shuffle(b.Convolve(b.input(), 8, conv), 2);
    CheckFacts(Analyze(b.Finish(x)), 1, 2, 2);
  }
}

TEST_CASE("tiling: aligned corners are not exact in tiles") {
  GraphBuilder b(3);
  Resize resize;
  resize.mode = Resize::Mode::kLinear;
  resize.coordinates = Resize::Coordinates::kAlignCorners;
  resize.scale = {2.0, 2.0};
  const TilingFacts facts = Analyze(b.Finish(b.Apply(resize, {b.input()})));
  CHECK(!facts.exact);
  CHECK(facts.not_exact_because.find("node0") != std::string::npos);
}

TEST_CASE("tiling: outputs that are no enlargement of the input are refused") {
  GraphBuilder strided(3);
  const Graph half = strided.Finish(strided.Convolve(strided.input(), 3, Strided(3, 2, 1, 1)));
  CHECK(AnalyzeTiling(half).status().code() == StatusCode::kUnsupported);

  GraphBuilder uneven(3);
  Resize resize;
  resize.scale = {2.0, 3.0};
  const Graph wide = uneven.Finish(uneven.Apply(resize, {uneven.input()}));
  CHECK(AnalyzeTiling(wide).status().code() == StatusCode::kUnsupported);

  GraphBuilder mean(3);
  const Graph colour = mean.Finish(mean.Apply(Reduce{Reduce::Kind::kMean, {2, 3}}, {mean.input()}));
  CHECK(AnalyzeTiling(colour).status().code() == StatusCode::kUnsupported);
}

TEST_CASE("tiling: unpadded convolutions leave a margin") {
  GraphBuilder b(3);
  ValueId x = b.input();
  for (int i = 0; i < 3; ++i) x = b.Convolve(x, 12, Strided(3, 1, 0, 0));
  const Result<TilingAnalysis> analysis = AnalyzeTiling(b.Finish(b.Shuffle(x, 2)));
  REQUIRE_MESSAGE(analysis.ok(), analysis.status().message());
  CHECK(analysis->facts.scale == Rational(2));
  CHECK(analysis->facts.margin == 3);
  CHECK(analysis->facts.overlap == 3);
  CHECK(analysis->facts.smallest == 7);
  CHECK(!analysis->crop);
}

TEST_CASE("tiling: a pixel that only one edge lacks is cut off the other") {
  // As a transposed convolution of stride 2 without output_padding: 2 * extent - 1.
  GraphBuilder b(3);
  const ValueId x = b.Shuffle(b.Convolve(b.input(), 12), 2);
  const Graph graph = b.Finish(b.Apply(Pad{{0, 0}, {-1, -1}, 0.0f}, {x}));
  const Result<TilingAnalysis> analysis = AnalyzeTiling(graph);
  REQUIRE_MESSAGE(analysis.ok(), analysis.status().message());
  CHECK(analysis->facts.margin == 1);
  REQUIRE(analysis->crop);
  CHECK(analysis->crop->begin == std::array<int64_t, 2>{-2, -2});
  CHECK(analysis->crop->end == std::array<int64_t, 2>{-1, -1});
}

TEST_CASE("tiling: what is beyond the enlarged image is cut off") {
  // As a transposed convolution of stride 2 and kernel 4 without padding: 2 * extent + 2.
  GraphBuilder b(3);
  ValueId x = b.Apply(Pad{{1, 1}, {1, 1}, 0.0f}, {b.input()});
  x = b.Shuffle(b.Convolve(x, 12), 2);
  const Graph graph = b.Finish(b.Apply(Pad{{-1, -1}, {-1, -1}, 0.0f}, {x}));
  const Result<TilingAnalysis> analysis = AnalyzeTiling(graph);
  REQUIRE_MESSAGE(analysis.ok(), analysis.status().message());
  CHECK(analysis->facts.margin == 0);
  REQUIRE(analysis->crop);
  CHECK(analysis->crop->begin == std::array<int64_t, 2>{-1, -1});
  CHECK(analysis->crop->end == std::array<int64_t, 2>{-1, -1});
}

TEST_CASE("tiling: a scale may be a fraction") {
  GraphBuilder b(3);
  Resize resize;
  resize.mode = Resize::Mode::kLinear;
  resize.scale = {1.5, 1.5};
  const TilingFacts facts = Analyze(b.Finish(b.Apply(resize, {b.Convolve(b.input(), 3)})));
  CHECK(facts.scale == Rational(3, 2));
  CHECK(facts.size_multiple == 2);
  CHECK(facts.overlap == 2);
  CHECK(facts.exact);
}

// The gate of RLFN and its relatives: a strided convolution without padding, a pool, convolutions,
// back to the image's size whatever the rounding was, and a product.
ValueId SpatialAttention(GraphBuilder& b, ValueId x) {
  ValueId gate = b.Convolve(x, 2, Strided(3, 2, 0, 0));
  Pool pool;
  pool.kernel = {7, 7};
  pool.stride = {3, 3};
  gate = b.Convolve(b.Apply(pool, {gate}), 2);
  Resize resize;
  resize.mode = Resize::Mode::kLinear;
  resize.to_image = {Rational(1), Rational(1)};
  gate = b.Apply(Unary{Unary::Kind::kSigmoid}, {b.Apply(resize, {gate})});
  return b.Apply(Binary{Binary::Kind::kMul}, {x, gate});
}

TEST_CASE("tiling: spatial attention is not exact, and asks for no size multiple") {
  GraphBuilder b(2);
  const ValueId x = SpatialAttention(b, b.Convolve(b.input(), 2));
  const TilingFacts facts = Analyze(b.Finish(b.Convolve(x, 2)));
  CHECK(!facts.exact);
  CHECK(facts.not_exact_because.find("Resize") != std::string::npos);
  CHECK(facts.scale == Rational(1));
  CHECK(facts.size_multiple == 1);
  // The pool's window of 7, 2 pixels each, and elements of 6 pixels beside it.
  CHECK(facts.overlap >= 14);
  CHECK(facts.overlap <= 40);
  // What is left of the image after the convolution must fill the pool's window.
  CHECK(facts.smallest == 15);
}

TEST_CASE("tiling: a mean over the image is not exact and reaches nowhere by itself") {
  GraphBuilder b(2);
  const ValueId x = b.Convolve(b.input(), 2);
  const ValueId mean = b.Apply(Reduce{Reduce::Kind::kMean, {2, 3}}, {x});
  const ValueId gate = b.Apply(Unary{Unary::Kind::kSigmoid}, {b.Convolve(mean, 2, 1)});
  const TilingFacts facts = Analyze(b.Finish(b.Apply(Binary{Binary::Kind::kMul}, {x, gate})));
  CHECK(!facts.exact);
  CHECK(facts.not_exact_because.find("node1") != std::string::npos);
  CHECK(facts.overlap == 1);
}

TEST_CASE("tiling: over channels, sums and softmax are pointwise") {
  GraphBuilder b(2);
  ValueId x = b.Apply(Softmax{1}, {b.Convolve(b.input(), 4)});
  x = b.Apply(SelectChannels{{3, 1}}, {x});
  const ValueId sum = b.Apply(Reduce{Reduce::Kind::kSum, {1}}, {x});
  CheckFacts(Analyze(b.Finish(sum)), 1, 1, 1);
}

TEST_CASE("tiling: an unshuffle needs whole blocks") {
  GraphBuilder b(3);
  const ValueId x = b.Convolve(b.Apply(SpaceToDepth{4}, {b.input()}), 48);
  CheckFacts(Analyze(b.Finish(b.Shuffle(x, 4))), 1, 4, 8);
}

TEST_CASE("tiling: windows ask for their size multiple") {
  GraphBuilder b(3);
  Graph graph = b.Finish(b.UpsampleNearest(b.Convolve(b.input(), 3), 2));
  graph.size_multiple = 8;
  CheckFacts(Analyze(graph), 2, 8, 8);
}

TEST_CASE("tiling: reflections need their room, wrapping is not exact") {
  GraphBuilder b(3);
  Pad pad{{5, 5}, {5, 5}, 0.0f, Pad::Mode::kReflect};
  const ValueId x = b.Apply(pad, {b.input()});
  const TilingFacts facts = Analyze(b.Finish(b.Convolve(x, 3, Strided(11, 1, 0, 0))));
  CheckFacts(facts, 1, 1, 5);
  CHECK(facts.smallest == 6);
  GraphBuilder wrapped(3);
  pad.mode = Pad::Mode::kWrap;
  const ValueId y = wrapped.Apply(pad, {wrapped.input()});
  CHECK(!Analyze(wrapped.Finish(wrapped.Convolve(y, 3, Strided(11, 1, 0, 0)))).exact);
}

TEST_CASE("tiling: tensors of different sizes cannot be added") {
  GraphBuilder b(3);
  const ValueId cropped = b.Convolve(b.input(), 3, Strided(3, 1, 0, 0));
  const Graph graph = b.Finish(b.Add(cropped, b.Convolve(b.input(), 3)));
  const Status status = AnalyzeTiling(graph).status();
  CHECK(status.code() == StatusCode::kModelFormat);
  CHECK(status.message().find("node2") != std::string::npos);
}

TEST_CASE("tiling: a declared scale must be the graph's") {
  GraphBuilder b(3);
  Graph graph = b.Finish(b.UpsampleNearest(b.input(), 3));
  graph.info.declared_scale = 3;
  CHECK(AnalyzeTiling(graph).ok());
  graph.info.declared_scale = 2;
  CHECK(AnalyzeTiling(graph).status().code() == StatusCode::kModelFormat);
}

TEST_CASE("tiling: counts multiplications per input pixel") {
  GraphBuilder b(3);
  ValueId x = b.Convolve(b.input(), 8, Strided(3, 2, 1, 1));  // at a quarter of the pixels
  x = b.Shuffle(b.Convolve(x, 48), 4);                        // likewise
  const Graph graph = b.Finish(b.Convolve(x, 3));             // at four times the pixels
  const Result<TilingAnalysis> analysis = AnalyzeTiling(graph);
  REQUIRE(analysis.ok());
  CHECK(analysis->multiplications_per_pixel ==
        doctest::Approx(3 * 8 * 9 / 4.0 + 8 * 48 * 9 / 4.0 + 3 * 3 * 9 * 4.0));
}

// --- Random networks against the interpreter ---------------------------------------------------

// A random network whose output is the input enlarged by a whole number. It walks through
// operators, keeping track of its scale, and repairs scale and extents at the end.
class RandomNetwork {
 public:
  explicit RandomNetwork(uint32_t seed) : random_(seed), builder_(2, seed) {}

  Graph Make() {
    ValueId x = builder_.input();
    const int steps = 2 + Pick(4);
    for (int i = 0; i < steps; ++i) x = Step(x);
    x = Enlarge(x);
    // Every third network's output lacks some pixels, not always as many at all edges, or has more.
    if (Pick(3) > 0) return builder_.Finish(x);
    if (Pick(2) == 0) x = builder_.Convolve(x, 2, Strided(2 + Pick(3), 1, 0, 0));
    const int64_t missing = Pick(4) - 1;
    return builder_.Finish(builder_.Apply(Pad{{-missing, -1}, {0, -missing}, 0.5f}, {x}));
  }

 private:
  int Pick(int count) { return static_cast<int>(random_() % static_cast<uint32_t>(count)); }

  ValueId Step(ValueId x) {
    switch (Pick(12)) {
      case 8:
        return Reflected(x);
      case 9:
        return Pooled(x);
      case 10:
        return Unshuffled(x);
      case 11:
        return OverChannels(x);
      case 0:
        return AnyConv(x);
      case 1:
        return PaddedConv(x);
      case 2:
        return Down(x);
      case 3:
        return Up(x);
      case 4:
        return Residual(x);
      case 5:
        return Cropped(x);
      case 6:
        return builder_.Apply(LeakyRelu{0.2f}, {x});
      default:
        return builder_.Apply(Concat{1}, {builder_.Convolve(x, 1), x});
    }
  }

  // Any kernel and dilation with padding, even or not, that keeps the extent.
  ValueId AnyConv(ValueId x) {
    Conv conv;
    for (size_t axis = 0; axis < 2; ++axis) {
      conv.kernel[axis] = 1 + Pick(4);
      conv.dilation[axis] = 1 + Pick(2);
      const int64_t total = (conv.kernel[axis] - 1) * conv.dilation[axis];
      conv.pads_begin[axis] = Pick(static_cast<int>(total) + 1);
      conv.pads_end[axis] = total - conv.pads_begin[axis];
    }
    return builder_.Convolve(x, 2, conv);
  }

  // A Pad with a value, then a convolution without padding.
  ValueId PaddedConv(ValueId x) {
    const int64_t begin = Pick(3);
    x = builder_.Apply(Pad{{begin, begin}, {2 - begin, 2 - begin}, 0.5f}, {x});
    Conv conv;
    conv.kernel = {3, 3};
    conv.auto_pad = Conv::AutoPad::kValid;
    return builder_.Convolve(x, 2, conv);
  }

  // Crops, so that a later padding puts its zeros inside of what the image has.
  ValueId Cropped(ValueId x) {
    const int64_t amount = 1 + Pick(2);
    x = builder_.Apply(Pad{{-amount, 0}, {0, -amount}, 0.0f}, {x});
    x = builder_.Convolve(x, 2);
    return builder_.Apply(Pad{{0, amount}, {amount, 0}, 0.25f}, {x});
  }

  // What lies beyond the image's edge is made of what lies inside.
  ValueId Reflected(ValueId x) {
    const auto mode = Pick(2) == 0 ? Pad::Mode::kReflect : Pad::Mode::kEdge;
    const int64_t begin = Pick(3);
    x = builder_.Apply(Pad{{begin, 2 - begin}, {2 - begin, begin}, 0.0f, mode}, {x});
    return builder_.Convolve(x, 2, Strided(3, 1, 0, 0));
  }

  // A window that keeps the extent, or makes it half of it when there was no such step yet.
  ValueId Pooled(ValueId x) {
    Pool pool;
    pool.kind = Pick(2) == 0 ? Pool::Kind::kMax : Pool::Kind::kAverage;
    pool.count_include_pad = Pick(2) == 0;
    if (denominator_ == 1 && Pick(2) == 0) {
      denominator_ = 2;
      pool.kernel = pool.stride = {2, 2};
      pool.ceil_mode = Pick(2) == 0;
    } else {
      pool.kernel = {3, 3};
      pool.pads_begin = pool.pads_end = {1, 1};
    }
    return builder_.Apply(pool, {x});
  }

  ValueId Unshuffled(ValueId x) {
    const int64_t block = 2 + Pick(2);
    const int64_t channels = builder_.ChannelsOf(x) * block * block;
    x = builder_.Convolve(builder_.Apply(SpaceToDepth{block}, {x}), channels, 1);
    return builder_.Shuffle(x, block);
  }

  ValueId OverChannels(ValueId x) {
    const ValueId shares = builder_.Apply(Softmax{1}, {builder_.Convolve(x, 3, 1)});
    const ValueId picked = builder_.Apply(SelectChannels{{2, 0, 0}}, {shares});
    const ValueId sum = builder_.Apply(Reduce{Reduce::Kind::kSum, {1}}, {picked});
    return builder_.Apply(Binary{Binary::Kind::kMul}, {x, sum});
  }

  ValueId Down(ValueId x) {
    if (denominator_ > 1) return x;
    denominator_ = 2;
    Conv conv;
    const int64_t kernel = 2 + Pick(3);
    conv.kernel = {kernel, kernel};
    conv.stride = {2, 2};
    switch (Pick(3)) {
      case 0:
        conv.auto_pad = Conv::AutoPad::kSameUpper;
        break;
      case 1:
        conv.auto_pad = Conv::AutoPad::kSameLower;
        break;
      default:
        // kernel - 2 in all: half the extent remains.
        conv.pads_begin = {(kernel - 2) / 2, kernel - 2};
        conv.pads_end = {kernel - 2 - (kernel - 2) / 2, 0};
    }
    return builder_.Convolve(x, 2, conv);
  }

  ValueId Up(ValueId x) {
    if (numerator_ > 1) return x;
    numerator_ = 2 + Pick(2);
    if (Pick(2) == 0) {
      return builder_.Shuffle(builder_.Convolve(x, 2 * numerator_ * numerator_, 1), numerator_);
    }
    return builder_.Apply(AnyResize(static_cast<double>(numerator_)), {x});
  }

  Resize AnyResize(double scale) {
    Resize resize;
    resize.mode = Pick(2) == 0 ? Resize::Mode::kNearest : Resize::Mode::kLinear;
    constexpr std::array kCoordinates = {Resize::Coordinates::kHalfPixel,
                                         Resize::Coordinates::kPytorchHalfPixel,
                                         Resize::Coordinates::kAsymmetric};
    constexpr std::array kRoundings = {Resize::Rounding::kRoundPreferFloor,
                                       Resize::Rounding::kRoundPreferCeil, Resize::Rounding::kFloor,
                                       Resize::Rounding::kCeil};
    resize.coordinates = kCoordinates[static_cast<size_t>(Pick(3))];
    resize.rounding = kRoundings[static_cast<size_t>(Pick(4))];
    if (scale < 1.0) resize.coordinates = Resize::Coordinates::kHalfPixel;
    resize.scale = {scale, scale};
    return resize;
  }

  ValueId Residual(ValueId x) {
    const int64_t channels = builder_.ChannelsOf(x);
    return builder_.Add(builder_.Relu(builder_.Convolve(x, channels)), x);
  }

  // Multiplies the scale numerator_/denominator_ up to a whole number.
  ValueId Enlarge(ValueId x) {
    if (denominator_ == 1 || numerator_ == 2) return x;
    if (numerator_ == 3) {  // 3/2, with a fractional resize: 3/2 * 4/3 = 2
      return builder_.Apply(AnyResize(4.0 / 3.0), {x});
    }
    return builder_.Apply(AnyResize(2.0), {x});
  }

  std::mt19937 random_;
  GraphBuilder builder_;
  int64_t numerator_ = 1;
  int64_t denominator_ = 1;
};

Dense Crop(const Dense& image, int64_t top, int64_t left, int64_t height, int64_t width) {
  Dense tile{{1, image.shape[1], height, width}, {}};
  for (int64_t c = 0; c < image.shape[1]; ++c) {
    for (int64_t y = top; y < top + height; ++y) {
      const auto row = image.elements.begin() + ((c * image.shape[2] + y) * image.shape[3] + left);
      tile.elements.insert(tile.elements.end(), row, row + width);
    }
  }
  return tile;
}

// The part of a tile's output that a tiler keeps, and the same part of the whole output.
struct Kept {
  Dense tile;
  Dense whole;
};

// A graph whose output is the enlarged image less a margin.
struct Analyzed {
  Graph graph;
  TilingFacts facts;
};

Analyzed AnalyzeAndCrop(Graph graph) {
  const Result<TilingAnalysis> analysis = AnalyzeTiling(graph);
  REQUIRE_MESSAGE(analysis.ok(), analysis.status().message());
  if (analysis->crop) CropOutput(graph, *analysis->crop);
  return {std::move(graph), analysis->facts};
}

// A part of an output, given in input pixels of the image.
Dense CropOutputOf(const TilingFacts& facts, const Dense& output, int64_t top, int64_t left,
                   int64_t height, int64_t width) {
  const auto scaled = [&](int64_t pixels) { return (facts.scale * Rational(pixels)).Floor(); };
  return Crop(output, scaled(top - facts.margin), scaled(left - facts.margin), scaled(height),
              scaled(width));
}

Kept KeepCentre(const Graph& graph, const TilingFacts& facts, const Dense& image,
                const Dense& whole, int64_t top, int64_t left, int64_t size) {
  const Dense tile = Interpret(graph, Crop(image, top, left, size, size));
  // The overlap is cropped only from edges that are not the image's.
  const int64_t y0 = top == 0 ? facts.margin : facts.overlap;
  const int64_t x0 = left == 0 ? facts.margin : facts.overlap;
  const int64_t y1 = size - (top + size == image.shape[2] ? facts.margin : facts.overlap);
  const int64_t x1 = size - (left + size == image.shape[3] ? facts.margin : facts.overlap);
  return {CropOutputOf(facts, tile, y0, x0, y1 - y0, x1 - x0),
          CropOutputOf(facts, whole, top + y0, left + x0, y1 - y0, x1 - x0)};
}

TEST_CASE("tiling: tiles of random networks equal the whole image exactly") {
  for (uint32_t seed = 1; seed <= 150; ++seed) {
    CAPTURE(seed);
    const auto [graph, facts] = AnalyzeAndCrop(RandomNetwork(seed).Make());
    REQUIRE(facts.exact);
    // Boundaries between output pixels are boundaries between input pixels at such positions only.
    const int64_t m = facts.size_multiple;
    CHECK(m % facts.scale.denominator() == 0);
    CHECK(facts.margin % facts.scale.denominator() == 0);
    const int64_t size = std::max(2 * facts.overlap + 2 * m, facts.smallest);
    const int64_t extent = size + 4 * m;
    const Dense image = RandomImage({1, 2, extent, extent}, seed);
    const Dense whole = Interpret(graph, image);
    REQUIRE(Rational(whole.shape[2]) == facts.scale * Rational(extent - 2 * facts.margin));
    for (const int64_t origin : {int64_t{0}, m, 3 * m, 4 * m}) {
      const Kept kept = KeepCentre(graph, facts, image, whole, origin, 4 * m - origin, size);
      CHECK(test::LargestDifference(kept.tile, kept.whole) == 0.0f);
    }
  }
}

TEST_CASE("tiling: no pixel beyond the overlap changes an output pixel") {
  for (uint32_t seed = 200; seed < 240; ++seed) {
    CAPTURE(seed);
    const auto [graph, facts] = AnalyzeAndCrop(RandomNetwork(seed).Make());
    const int64_t m = facts.size_multiple;
    const int64_t extent = std::max(2 * facts.overlap + 4 * m, facts.smallest);
    const Dense image = RandomImage({1, 2, extent, extent}, seed);
    const Dense before = Interpret(graph, image);
    for (int64_t offset = 0; offset < m; ++offset) {
      const int64_t pixel = extent / 2 + offset;
      Dense changed = image;
      changed.elements[static_cast<size_t>(pixel * extent + pixel)] += 1.0f;
      const Dense after = Interpret(graph, changed);
      for (size_t i = 0; i < before.elements.size(); ++i) {
        if (before.elements[i] == after.elements[i]) continue;
        const auto index = static_cast<int64_t>(i);
        const auto own = [&](int64_t position) {
          return facts.margin + (Rational(position) / facts.scale).Floor();
        };
        const int64_t y = own(index / before.shape[3] % before.shape[2]);
        const int64_t x = own(index % before.shape[3]);
        CHECK(std::abs(y - pixel) <= facts.overlap);
        CHECK(std::abs(x - pixel) <= facts.overlap);
      }
    }
  }
}

TEST_CASE("tiling: the overlap of a chain of convolutions is not larger than needed") {
  GraphBuilder b(1);
  const ValueId x = b.Convolve(b.Convolve(b.input(), 2, 5), 1, 3);
  const Graph graph = b.Finish(x);
  const int64_t overlap = Analyze(graph).overlap;
  REQUIRE(overlap == 3);
  const Dense image = RandomImage({1, 1, 16, 16}, 5);
  const Dense before = Interpret(graph, image);
  Dense changed = image;
  changed.elements[8 * 16 + 8] += 1.0f;
  const Dense after = Interpret(graph, changed);
  CHECK(before.elements[(8 - 3) * 16 + 8] != after.elements[(8 - 3) * 16 + 8]);
  CHECK(before.elements[(8 + 3) * 16 + 8] != after.elements[(8 + 3) * 16 + 8]);
}

}  // namespace
}  // namespace tessera
