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
  CHECK(facts.tileable);
  CHECK(facts.scale == scale);
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

TEST_CASE("tiling: aligned corners cannot be tiled") {
  GraphBuilder b(3);
  Resize resize;
  resize.mode = Resize::Mode::kLinear;
  resize.coordinates = Resize::Coordinates::kAlignCorners;
  resize.scale = {2.0, 2.0};
  const TilingFacts facts = Analyze(b.Finish(b.Apply(resize, {b.input()})));
  CHECK(!facts.tileable);
  CHECK(facts.not_tileable_because.find("node0") != std::string::npos);
}

TEST_CASE("tiling: outputs that are no whole multiple of the input are refused") {
  GraphBuilder valid(3);
  const Graph shrunk = valid.Finish(valid.Convolve(valid.input(), 3, Strided(3, 1, 0, 0)));
  CHECK(AnalyzeTiling(shrunk).status().code() == StatusCode::kUnsupported);

  GraphBuilder strided(3);
  const Graph half = strided.Finish(strided.Convolve(strided.input(), 3, Strided(3, 2, 1, 1)));
  CHECK(AnalyzeTiling(half).status().code() == StatusCode::kUnsupported);

  GraphBuilder uneven(3);
  Resize resize;
  resize.scale = {2.0, 3.0};
  const Graph wide = uneven.Finish(uneven.Apply(resize, {uneven.input()}));
  CHECK(AnalyzeTiling(wide).status().code() == StatusCode::kUnsupported);
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
    return builder_.Finish(Enlarge(x));
  }

 private:
  int Pick(int count) { return static_cast<int>(random_() % static_cast<uint32_t>(count)); }

  ValueId Step(ValueId x) {
    switch (Pick(8)) {
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

Kept KeepCentre(const Graph& graph, const TilingFacts& facts, const Dense& image,
                const Dense& whole, int64_t top, int64_t left, int64_t size) {
  const Dense tile = Interpret(graph, Crop(image, top, left, size, size));
  // The overlap is cropped only from edges that are not the image's.
  const int64_t y0 = top == 0 ? 0 : facts.overlap;
  const int64_t x0 = left == 0 ? 0 : facts.overlap;
  const int64_t y1 = top + size == image.shape[2] ? size : size - facts.overlap;
  const int64_t x1 = left + size == image.shape[3] ? size : size - facts.overlap;
  const int64_t s = facts.scale;
  return {Crop(tile, y0 * s, x0 * s, (y1 - y0) * s, (x1 - x0) * s),
          Crop(whole, (top + y0) * s, (left + x0) * s, (y1 - y0) * s, (x1 - x0) * s)};
}

TEST_CASE("tiling: tiles of random networks equal the whole image exactly") {
  for (uint32_t seed = 1; seed <= 150; ++seed) {
    CAPTURE(seed);
    const Graph graph = RandomNetwork(seed).Make();
    const TilingFacts facts = Analyze(graph);
    REQUIRE(facts.tileable);
    const int64_t m = facts.size_multiple;
    const int64_t size = 2 * facts.overlap + 2 * m;
    const int64_t extent = size + 4 * m;
    const Dense image = RandomImage({1, 2, extent, extent}, seed);
    const Dense whole = Interpret(graph, image);
    REQUIRE(whole.shape[2] == extent * facts.scale);
    for (const int64_t origin : {int64_t{0}, m, 3 * m, 4 * m}) {
      const Kept kept = KeepCentre(graph, facts, image, whole, origin, 4 * m - origin, size);
      CHECK(test::LargestDifference(kept.tile, kept.whole) == 0.0f);
    }
  }
}

TEST_CASE("tiling: no pixel beyond the overlap changes an output pixel") {
  for (uint32_t seed = 200; seed < 240; ++seed) {
    CAPTURE(seed);
    const Graph graph = RandomNetwork(seed).Make();
    const TilingFacts facts = Analyze(graph);
    const int64_t m = facts.size_multiple;
    const int64_t extent = 2 * facts.overlap + 4 * m;
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
        const int64_t y = index / before.shape[3] % before.shape[2] / facts.scale;
        const int64_t x = index % before.shape[3] / facts.scale;
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
