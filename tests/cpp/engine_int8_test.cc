// The int8 engine against the reference interpreter, which computes quantized graphs in float, and
// its implementations against each other, which must agree to the last bit.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "all_kernels.h"
#include "engine/int8/lower.h"
#include "engine/picture_steps.h"
#include "engine/pixels.h"
#include "engine/session.h"
#include "graph/model.h"
#include "graph/track_quantization.h"
#include "graph_builder.h"
#include "kernels/kernel_set.h"
#include "reference_interpreter.h"

namespace tessera {
namespace {

using test::Dense;
using test::GraphBuilder;

constexpr int64_t kHeight = 11;
constexpr int64_t kWidth = 13;

std::vector<uint8_t> RandomPixels(int64_t height, int64_t width, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<uint8_t> pixels(static_cast<size_t>(height * width * kBytesPerPixel));
  for (uint8_t& byte : pixels) byte = static_cast<uint8_t>(random() >> 16);
  return pixels;
}

PictureFormat FormatOf(const ModelInfo& info, int64_t channels) {
  const Color usual = channels == 1 ? Color::kY : Color::kRgb;
  return {channels, info.color == Color::kByChannels ? usual : info.color};
}

Dense ToDense(const ModelInfo& info, const std::vector<uint8_t>& pixels, int64_t height,
              int64_t width, int64_t channels = kColors) {
  const int64_t count = height * width;
  std::vector<float> interleaved(static_cast<size_t>(count * channels));
  PixelReader(info, FormatOf(info, channels)).Read(pixels.data(), count, true, interleaved.data());
  Dense image = {{1, channels, height, width}, {}};
  for (int64_t c = 0; c < channels; ++c) {
    for (int64_t i = 0; i < count; ++i) {
      image.elements.push_back(interleaved[static_cast<size_t>(i * channels + c)]);
    }
  }
  return image;
}

// The network's output, laid out as the float engine has it, as the engine writes it.
std::vector<uint8_t> ToPixels(const ModelInfo& info, const Dense& image,
                              const std::vector<uint8_t>& input) {
  const int64_t channels = image.shape[1];
  const int64_t count = image.shape[2] * image.shape[3];
  std::vector<float> interleaved;
  for (int64_t i = 0; i < count; ++i) {
    for (int64_t c = 0; c < channels; ++c) {
      interleaved.push_back(image.elements[static_cast<size_t>(c * count + i)]);
    }
  }
  std::vector<uint8_t> pixels(static_cast<size_t>(count * kBytesPerPixel));
  Result<StepPtr> step = MakeWriteFloatsStep(
      info, FormatOf(info, channels), {input.data(), pixels.data(), channels == 4},
      {interleaved.data(), image.shape[2], image.shape[3], channels}, image.shape[2] / kHeight);
  REQUIRE(step.ok());
  REQUIRE((*step)->Run().ok());
  return pixels;
}

// Builds quantized networks whose values fill their ranges: each scale comes from running what
// there is so far.
class QuantizedBuilder {
 public:
  explicit QuantizedBuilder(uint32_t seed, int64_t channels = kColors)
      : builder_(channels, seed), random_(seed), channels_(channels) {
    pixels_ = RandomPixels(kHeight, kWidth, seed);
  }

  GraphBuilder& graph() { return builder_; }

  ValueId Picture() {
    return builder_.Apply(FakeQuantize{{1.0f / 255.0f, 0, false}}, {builder_.input()});
  }

  ValueId Quantize(ValueId x, bool is_signed = false) {
    const auto [low, high] = RangeOf(x);
    Quantization quantization;
    quantization.is_signed = is_signed;
    quantization.scale = std::max((high - low) / 255.0f, 1e-6f);
    const float zero = std::nearbyint(-low / quantization.scale);
    quantization.zero_point =
        static_cast<int32_t>(std::clamp(zero, 0.0f, 255.0f)) + quantization.lowest();
    return builder_.Apply(FakeQuantize{quantization}, {x});
  }

  // Random codes of `bits` bits, with a scale per channel.
  ValueId Convolve(ValueId x, int64_t outputs, const Conv& conv, int bits = 7) {
    const int64_t inputs = builder_.ChannelsOf(x) / conv.groups;
    const int64_t per_output = inputs * conv.kernel[0] * conv.kernel[1];
    QuantizedWeights quantized;
    std::vector<float> floats;
    std::vector<float> bias;
    for (int64_t o = 0; o < outputs; ++o) {
      const float scale = (0.5f + 0.1f * static_cast<float>(o % 7)) /
                          (40.0f * std::sqrt(static_cast<float>(per_output)));
      quantized.scales.push_back(scale);
      // A whole number of the sums' units, as int32 biases are.
      const double unit = static_cast<double>(ScaleOf(x)) * scale;
      bias.push_back(
          static_cast<float>(std::nearbyint(0.05 * static_cast<double>(o % 5 - 2) / unit) * unit));
      for (int64_t i = 0; i < per_output; ++i) {
        const auto code =
            static_cast<int8_t>(static_cast<int32_t>(random_() % (1u << bits)) - (1 << (bits - 1)));
        quantized.codes.push_back(code);
        floats.push_back(scale * static_cast<float>(code));
      }
    }
    const ValueId weights = builder_.QuantizedConstant(
        {outputs, inputs, conv.kernel[0], conv.kernel[1]}, std::move(floats), std::move(quantized));
    return builder_.Apply(conv, {x, weights, builder_.Constant({outputs}, bias)});
  }
  ValueId Convolve(ValueId x, int64_t outputs, int64_t kernel = 3, int bits = 7) {
    Conv conv;
    conv.kernel = {kernel, kernel};
    conv.pads_begin = conv.pads_end = {kernel / 2, kernel / 2};
    return Convolve(x, outputs, conv, bits);
  }

  ValueId PRelu(ValueId x, float low, float high) {
    const int64_t channels = builder_.ChannelsOf(x);
    return builder_.Apply(tessera::PRelu{},
                          {x, builder_.RandomConstant({1, channels, 1, 1}, low, high)});
  }

  Model Finish(ValueId output, int64_t scale) {
    Model model;
    model.graph = builder_.Finish(output);
    model.tiling.scale = scale;
    return model;
  }

 private:
  float ScaleOf(ValueId x) const {
    GraphBuilder copy = builder_;
    return TrackQuantization(copy.Finish(x))[static_cast<size_t>(x)].value_or(Quantization{}).scale;
  }

  std::pair<float, float> RangeOf(ValueId x) {
    GraphBuilder copy = builder_;
    const Dense values =
        test::Interpret(copy.Finish(x), ToDense({}, pixels_, kHeight, kWidth, channels_));
    const auto [low, high] = std::minmax_element(values.elements.begin(), values.elements.end());
    return {std::min(*low, 0.0f), std::max(*high, 0.0f)};
  }

  GraphBuilder builder_;
  std::mt19937 random_;
  int64_t channels_;
  std::vector<uint8_t> pixels_;
};

std::vector<uint8_t> Run(const Model& model, const std::vector<uint8_t>& pixels,
                         const KernelSet& kernels) {
  SessionOptions options;
  options.width = kWidth;
  options.height = kHeight;
  options.alpha = model.graph.value(model.graph.input).shape[1] == 4;
  options.kernels = &kernels;
  Result<Session> session = Session::Create(model, options);
  REQUIRE_MESSAGE(session.ok(), session.status().message());
  std::copy(pixels.begin(), pixels.end(), session->input().begin());
  // With a pause after each step, and in one go, which finds the arena as the first left it.
  Result<double> done = session->RunFor(0.0);
  while (done.ok() && *done < 1.0) done = session->RunFor(0.0);
  REQUIRE(done.ok());
  const std::vector<uint8_t> paused(session->output().begin(), session->output().end());
  REQUIRE(session->Run(nullptr).ok());
  const std::vector<uint8_t> result(session->output().begin(), session->output().end());
  CHECK(paused == result);
  return result;
}

// In one go, or with a pause after each step.
void RunPass(Session& session, bool pauses) {
  if (!pauses) {
    REQUIRE(session.Run(nullptr).ok());
    return;
  }
  Result<double> done = session.RunFor(0.0);
  while (done.ok() && *done < 1.0) done = session.RunFor(0.0);
  REQUIRE(done.ok());
}

// Through the network in passes of `rows` rows; nothing if they cannot flow.
std::optional<std::vector<uint8_t>> RunInRows(const Model& model,
                                              const std::vector<uint8_t>& pixels, int64_t height,
                                              int64_t width, int64_t rows,
                                              const KernelSet& kernels) {
  SessionOptions options;
  options.width = width;
  options.height = height;
  options.alpha = model.graph.value(model.graph.input).shape[1] == 4;
  options.rows = rows;
  options.kernels = &kernels;
  Result<Session> session = Session::Create(model, options);
  if (!session.ok()) {
    REQUIRE_MESSAGE(session.status().code() == StatusCode::kUnsupported,
                    session.status().message());
    return std::nullopt;
  }
  std::vector<uint8_t> result;
  // Twice: the second picture finds memory as the first left it.
  for (int picture = 0; picture < 2; ++picture) {
    result.clear();
    size_t taken = 0;
    const auto total = static_cast<size_t>(height * width * kBytesPerPixel *
                                           model.tiling.scale.Floor() * model.tiling.scale.Floor());
    while (result.size() < total) {
      const std::span<uint8_t> next = session->input();
      REQUIRE(taken + next.size() <= pixels.size());
      std::copy_n(pixels.begin() + static_cast<ptrdiff_t>(taken), next.size(), next.begin());
      taken += next.size();
      RunPass(*session, picture == 1);
      result.insert(result.end(), session->output().begin(), session->output().end());
    }
    CHECK(taken == pixels.size());
  }
  return result;
}

size_t CountFloatNodes(const Model& model) {
  Graph shaped = model.graph;
  REQUIRE(InferShapes(shaped, kHeight, kWidth).ok());
  const int8::Program program = int8::Lower(shaped);
  return static_cast<size_t>(
      std::count(program.placements.begin(), program.placements.end(), int8::Placement::kFloat));
}

// How far two pictures are apart: the largest difference, and the share of bytes that differ.
void CheckClose(const std::vector<uint8_t>& found, const std::vector<uint8_t>& expected) {
  REQUIRE(found.size() == expected.size());
  size_t differing = 0;
  int largest = 0;
  for (size_t i = 0; i < found.size(); ++i) {
    const int difference = std::abs(found[i] - expected[i]);
    largest = std::max(largest, difference);
    differing += difference != 0 ? 1 : 0;
  }
  CHECK(largest <= 1);
  // A code that lies at a tie may fall to either side, and a wrong one spreads over a receptive
  // field; small pictures have few bytes to spread it over.
  CHECK(static_cast<double>(differing) <= 0.01 * static_cast<double>(found.size()) + 1.0);
}

// Whether a network's rows can flow.
constexpr bool kInRows = true;
constexpr bool kInTilesOnly = false;

void CheckModel(const Model& model, size_t float_nodes = 0, bool flows = kInRows) {
  CHECK(CountFloatNodes(model) == float_nodes);
  const std::vector<uint8_t> pixels = RandomPixels(kHeight, kWidth, 99);
  const std::vector<uint8_t> scalar = Run(model, pixels, ScalarKernels(Storage::kUnsigned));
  const ModelInfo& info = model.graph.info;
  const int64_t channels = model.graph.value(model.graph.input).shape[1];
  const Dense image = ToDense(info, pixels, kHeight, kWidth, channels);
  CheckClose(scalar, ToPixels(info, test::Interpret(model.graph, image), pixels));
  for (const KernelSet* kernels : test::AllKernels()) {
    CAPTURE(kernels->name);
    CHECK(Run(model, pixels, *kernels) == scalar);
  }
  for (const int64_t rows : {1, 2, 3, 5, 16}) {
    CAPTURE(rows);
    const auto found =
        RunInRows(model, pixels, kHeight, kWidth, rows, ScalarKernels(Storage::kUnsigned));
    CHECK(found.has_value() == flows);
    if (found) CHECK(*found == scalar);
  }
}

TEST_CASE("int8: a chain of convolutions with an anchor") {
  for (const int64_t channels : {1, 3, 4, 10, 16, 28, 33}) {
    CAPTURE(channels);
    QuantizedBuilder q(static_cast<uint32_t>(channels));
    ValueId x = q.Quantize(q.graph().Relu(q.Convolve(q.Picture(), channels)));
    x = q.Quantize(q.PRelu(q.Convolve(x, channels), -0.5f, 1.5f), channels % 2 == 0);
    x = q.Convolve(x, 12);
    const ValueId sum =
        q.graph().Add(q.graph().Shuffle(x, 2), q.graph().UpsampleNearest(q.graph().input(), 2.0));
    CheckModel(q.Finish(q.graph().Apply(Clip{0.0f, 1.0f}, {sum}), 2));
  }
}

TEST_CASE("int8: kernels of every size, strides, dilations and groups") {
  struct Shape {
    int64_t kernel, dilation, inputs, outputs, groups;
  };
  for (const Shape s :
       {Shape{1, 1, 8, 20, 1}, Shape{5, 1, 6, 9, 1}, Shape{7, 1, 4, 4, 1}, Shape{9, 1, 5, 3, 1},
        Shape{3, 2, 8, 8, 1}, Shape{3, 1, 16, 16, 4}, Shape{3, 1, 12, 12, 4}, Shape{3, 1, 6, 10, 2},
        Shape{3, 1, 20, 20, 20}, Shape{5, 1, 7, 7, 7}, Shape{3, 1, 6, 12, 6}}) {
    CAPTURE(s.kernel);
    CAPTURE(s.groups);
    QuantizedBuilder q(static_cast<uint32_t>(s.kernel * 100 + s.groups));
    ValueId x = q.Quantize(q.Convolve(q.Picture(), s.inputs));
    Conv conv;
    conv.kernel = {s.kernel, s.kernel};
    conv.dilation = {s.dilation, s.dilation};
    conv.pads_begin = conv.pads_end = {s.kernel / 2 * s.dilation, s.kernel / 2 * s.dilation};
    conv.groups = s.groups;
    x = q.Quantize(q.graph().Apply(LeakyRelu{0.2f}, {q.Convolve(x, s.outputs, conv)}));
    CheckModel(q.Finish(q.Convolve(x, 3), 1));
  }
}

TEST_CASE("int8: weights of eight bits take the exact kernels where pairs saturate") {
  QuantizedBuilder q(5);
  ValueId x = q.Quantize(q.graph().Relu(q.Convolve(q.Picture(), 16, 3, 8)));
  x = q.Quantize(q.Convolve(x, 16, 3, 8));
  CheckModel(q.Finish(q.Convolve(x, 3, 3, 8), 1));
}

TEST_CASE("int8: weights of six bits, whose sums of four products fit 16 bits") {
  for (const int64_t channels : {3, 4, 8, 20}) {
    CAPTURE(channels);
    QuantizedBuilder q(static_cast<uint32_t>(channels));
    ValueId x = q.Quantize(q.graph().Relu(q.Convolve(q.Picture(), channels, 3, 6)));
    x = q.Quantize(q.Convolve(x, 16, 3, 6));
    CheckModel(q.Finish(q.Convolve(x, 3, 1, 6), 1));
  }
}

TEST_CASE("int8: residual additions, with one and with two roundings") {
  QuantizedBuilder q(6);
  const ValueId head = q.Quantize(q.PRelu(q.Convolve(q.Picture(), 24), 0.1f, 0.4f));
  ValueId x = q.Quantize(q.graph().Relu(q.Convolve(head, 24)), true);
  x = q.Quantize(q.graph().Add(q.Convolve(x, 24), head), true);
  // The convolution is rounded before it is added, as ONNX Runtime's tools write it.
  x = q.Quantize(q.graph().Add(head, q.Quantize(q.Convolve(x, 24))));
  x = q.Quantize(q.graph().Relu(q.graph().Add(q.graph().Relu(q.Convolve(x, 24)), x)));
  CheckModel(q.Finish(q.Convolve(x, 3), 1));
}

TEST_CASE("int8: dense blocks share one buffer") {
  QuantizedBuilder q(7);
  const Quantization common = {0.02f, 128, false};
  const auto quantize = [&](ValueId x) { return q.graph().Apply(FakeQuantize{common}, {x}); };
  std::vector<ValueId> parts = {quantize(q.Convolve(q.Picture(), 8))};
  ValueId joined = parts[0];
  for (const int64_t channels : {4, 12, 5}) {
    parts.push_back(quantize(q.graph().Relu(q.Convolve(joined, channels))));
    joined = q.graph().Apply(Concat{}, parts);
  }
  CheckModel(q.Finish(q.Convolve(joined, 3, 1), 1));
}

TEST_CASE("int8: Concat of differently quantized tensors") {
  QuantizedBuilder q(8);
  const ValueId a = q.Quantize(q.Convolve(q.Picture(), 5), true);
  const ValueId b = q.Quantize(q.graph().Relu(q.Convolve(q.Picture(), 6)));
  const ValueId joined = q.Quantize(q.graph().Apply(Concat{}, {a, b, a}));
  CheckModel(q.Finish(q.Convolve(joined, 3), 1));
}

TEST_CASE("int8: arithmetic and tables") {
  QuantizedBuilder q(9);
  const ValueId a = q.Quantize(q.Convolve(q.Picture(), 9), true);
  const ValueId b = q.Quantize(q.Convolve(q.Picture(), 9));
  ValueId x = q.Quantize(q.graph().Apply(Binary{Binary::Kind::kMul}, {a, b}));
  x = q.Quantize(q.graph().Apply(Binary{Binary::Kind::kSub}, {x, a}));
  x = q.Quantize(q.graph().Relu(q.graph().Add(x, b)));
  const ValueId sigmoid = q.graph().Apply(Unary{Unary::Kind::kSigmoid}, {x});
  x = q.Quantize(q.graph().Apply(Binary{Binary::Kind::kMul}, {x, sigmoid}));
  x = q.Quantize(q.graph().Apply(Unary{Unary::Kind::kTanh}, {x}), true);
  x = q.Quantize(q.graph().Apply(Unary{Unary::Kind::kGelu}, {x}), true);
  x = q.Quantize(q.PRelu(x, -1.0f, 2.0f));
  CheckModel(q.Finish(q.Convolve(x, 3), 1));
}

// A product with a gate, as in SPAN: (x + y) * (sigmoid(y) - 0.5), where y may be narrower.
ValueId Gated(QuantizedBuilder& q, ValueId x, ValueId y) {
  const ValueId sigmoid = q.graph().Apply(Unary{Unary::Kind::kSigmoid}, {y});
  const ValueId half = q.graph().Constant({}, {0.5f});
  const ValueId gate = q.graph().Apply(Binary{Binary::Kind::kSub}, {sigmoid, half});
  return q.Quantize(q.graph().Apply(Binary{Binary::Kind::kMul}, {q.graph().Add(x, y), gate}));
}

TEST_CASE("int8: functions of two tensors are tables, gates per channel and per pixel too") {
  QuantizedBuilder q(19);
  ValueId x = q.Quantize(q.Convolve(q.Picture(), 9), true);
  x = Gated(q, x, q.Quantize(q.Convolve(q.Picture(), 9)));
  x = Gated(q, x, q.Quantize(q.Convolve(x, 1), true));
  x = Gated(q, x, q.Quantize(q.graph().Apply(Reduce{Reduce::Kind::kMean, {2, 3}}, {x})));
  const ValueId ratio = q.graph().Apply(
      Binary{Binary::Kind::kDiv},
      {x, q.graph().Apply(Unary{Unary::Kind::kSigmoid}, {q.Quantize(q.Convolve(x, 9))})});
  // A gate that is a mean of the whole picture.
  CheckModel(q.Finish(q.Convolve(q.Quantize(ratio), 3), 1), 0, kInTilesOnly);
}

TEST_CASE("int8: splits, shuffles of channels, blocks and padding of every kind only move codes") {
  QuantizedBuilder q(20);
  ValueId x = q.Quantize(q.Convolve(q.Picture(), 12), true);
  const auto select = [&](std::vector<int64_t> source) {
    return q.graph().Apply(SelectChannels{std::move(source)}, {x});
  };
  // Two slices of the same tensor, one that begins inside a group, and a mixture.
  const ValueId first = select({0, 1, 2, 3, 4});
  const ValueId second = select({4, 5, 6, 7, 8, 9, 10, 11});
  const ValueId third = select({3, 4, 5});
  const ValueId mixed = select({11, 0, 10, 1, 1});
  x = q.Quantize(q.Convolve(q.graph().Apply(Concat{}, {first, mixed, third}), 8));
  x = q.Quantize(q.graph().Add(q.Convolve(second, 8), x));
  for (const auto mode :
       {Pad::Mode::kReflect, Pad::Mode::kEdge, Pad::Mode::kWrap, Pad::Mode::kConstant}) {
    x = q.graph().Apply(Pad{{2, 1}, {0, 3}, 0.0f, mode}, {x});
    x = q.graph().Apply(Pad{{-1, -1}, {-1, -3}, 0.0f, mode}, {x});
  }
  x = q.graph().Apply(Pad{{3, -1}, {-2, 2}, 0.0f, Pad::Mode::kReflect}, {x});
  Conv conv;
  conv.kernel = {2, 2};
  x = q.Quantize(q.Convolve(x, 8, conv));
  x = q.graph().Apply(Pad{{0, 0}, {kHeight % 2, kWidth % 2}, 0.0f, Pad::Mode::kEdge}, {x});
  x = q.graph().Apply(SpaceToDepth{2}, {x});
  x = q.graph().Apply(DepthToSpace{2, DepthToSpace::Order::kDcr},
                      {q.Quantize(q.Convolve(x, 20, 1))});
  x = q.graph().Apply(Pad{{0, 0}, {-(kHeight % 2), -(kWidth % 2)}}, {x});
  CheckModel(q.Finish(q.Convolve(x, 3), 1), 0, kInTilesOnly);
}

TEST_CASE("int8: pooling, reduction and resizing on codes, as in spatial attention") {
  QuantizedBuilder q(21);
  const ValueId x = q.Quantize(q.Convolve(q.Picture(), 10), true);
  Pool pool;
  pool.kernel = {3, 4};
  pool.stride = {2, 2};
  pool.pads_begin = {1, 1};
  pool.pads_end = {1, 2};
  const ValueId largest = q.graph().Apply(pool, {x});
  pool.kind = Pool::Kind::kAverage;
  const ValueId mean = q.Quantize(q.graph().Apply(pool, {x}));
  pool.count_include_pad = true;
  const ValueId padded = q.Quantize(q.graph().Apply(pool, {x}));
  const ValueId sum = q.Quantize(q.graph().Add(mean, padded));
  ValueId small = q.Quantize(q.graph().Add(q.Convolve(largest, 10), sum));
  for (const auto mode : {Resize::Mode::kLinear, Resize::Mode::kCubic}) {
    Resize resize;
    resize.mode = mode;
    resize.scale = {2.0, 2.0};
    ValueId large = q.Quantize(q.graph().Apply(resize, {small}));
    large = q.graph().Apply(Pad{{0, 0}, {-1, -1}}, {large});
    small = q.Quantize(q.graph().Apply(pool, {large}));
  }
  Resize resize;
  resize.mode = Resize::Mode::kLinear;
  resize.scale = {2.0, 2.0};
  ValueId gate = q.Quantize(q.graph().Apply(resize, {small}));
  const int64_t rows = kHeight - q.graph().ExtentOf(gate, 2, kHeight, kWidth);
  const int64_t columns = kWidth - q.graph().ExtentOf(gate, 3, kHeight, kWidth);
  gate = q.graph().Apply(Pad{{0, 0}, {rows, columns}}, {gate});
  ValueId y = Gated(q, x, gate);
  for (const auto kind : {Reduce::Kind::kMean, Reduce::Kind::kMax, Reduce::Kind::kMin}) {
    y = Gated(q, y, q.Quantize(q.graph().Apply(Reduce{kind, {2, 3}}, {y}), true));
    y = Gated(q, y, q.Quantize(q.graph().Apply(Reduce{kind, {1}}, {y})));
  }
  CheckModel(q.Finish(q.Convolve(y, 3), 1), 0, kInTilesOnly);
}

TEST_CASE("int8: pixel shuffles inside the network") {
  for (const auto order : {DepthToSpace::Order::kCrd, DepthToSpace::Order::kDcr}) {
    QuantizedBuilder q(10);
    ValueId x = q.Quantize(q.Convolve(q.Picture(), 8));
    // The activation follows the shuffle, as in SRResNet.
    x = q.graph().Apply(DepthToSpace{2, order}, {q.Convolve(x, 64)});
    x = q.Quantize(q.PRelu(x, 0.0f, 1.5f));
    x = q.graph().Apply(DepthToSpace{2, order}, {x});  // of codes
    x = q.graph().UpsampleNearest(x, 2.0);             // of codes
    CheckModel(q.Finish(q.Convolve(x, 3), 8));
  }
}

TEST_CASE("int8: every way to end a network") {
  SUBCASE("quantized output") {
    QuantizedBuilder q(11);
    CheckModel(q.Finish(q.Quantize(q.Convolve(q.Picture(), 3)), 1));
  }
  SUBCASE("anchor added before the shuffle") {
    for (const auto order : {DepthToSpace::Order::kCrd, DepthToSpace::Order::kDcr}) {
      QuantizedBuilder q(12);
      const ValueId x = q.graph().input();
      const ValueId copies = q.graph().Apply(Concat{}, {x, x, x, x});
      const ValueId sum = q.graph().Add(copies, q.Convolve(q.Picture(), 12));
      CheckModel(q.Finish(q.graph().Apply(DepthToSpace{2, order}, {sum}), 2),
                 order == DepthToSpace::Order::kCrd ? 1 : 0,
                 order == DepthToSpace::Order::kCrd ? kInTilesOnly : kInRows);
    }
  }
  SUBCASE("linear anchor, computed in float") {
    QuantizedBuilder q(13);
    Resize resize;
    resize.mode = Resize::Mode::kLinear;
    resize.scale = {2.0, 2.0};
    const ValueId anchor = q.graph().Apply(resize, {q.graph().input()});
    const ValueId x = q.graph().Shuffle(q.Convolve(q.Picture(), 12), 2);
    CheckModel(q.Finish(q.graph().Add(x, anchor), 2), 1, kInTilesOnly);
  }
  SUBCASE("a float operator at the end") {
    QuantizedBuilder q(14);
    const ValueId x = q.Quantize(q.Convolve(q.Picture(), 6));
    CheckModel(q.Finish(q.graph().Apply(Unary{Unary::Kind::kTanh}, {q.Convolve(x, 3)}), 1), 1,
               kInTilesOnly);
  }
  SUBCASE("unusual ranges and BGR") {
    QuantizedBuilder q(15);
    const ValueId x = q.Quantize(q.Convolve(q.Picture(), 6));
    Model model = q.Finish(q.graph().Add(q.Convolve(x, 3), q.graph().input()), 1);
    model.graph.info.color = Color::kBgr;
    model.graph.info.input_range = {-1.0f, 1.0f};
    model.graph.info.output_range = {-1.0f, 1.0f};
    model.graph.info.mean = {0.1f, 0.2f, 0.3f};
    CheckModel(model);
  }
}

TEST_CASE("int8: networks of one channel and of four") {
  SUBCASE("luma, shuffled") {
    QuantizedBuilder q(21, 1);
    const ValueId x = q.Quantize(q.graph().Relu(q.Convolve(q.Picture(), 8)));
    CheckModel(q.Finish(q.graph().Shuffle(q.Convolve(x, 9), 3), 3), 0, kInTilesOnly);
  }
  SUBCASE("luma with an anchor") {
    QuantizedBuilder q(22, 1);
    const ValueId anchor = q.graph().UpsampleNearest(q.graph().input(), 2.0);
    const ValueId x = q.Quantize(q.graph().Relu(q.Convolve(q.Picture(), 8)));
    const ValueId sum = q.graph().Add(q.graph().Shuffle(q.Convolve(x, 4), 2), anchor);
    CheckModel(q.Finish(q.graph().Apply(Clip{0.0f, 1.0f}, {sum}), 2), 1, kInTilesOnly);
  }
  SUBCASE("luma of other ranges, grey, full range, as codes") {
    for (const Color color : {Color::kY, Color::kYFull, Color::kGray}) {
      QuantizedBuilder q(23, 1);
      const ValueId x = q.Quantize(q.graph().Relu(q.Convolve(q.Picture(), 8)));
      const bool codes = color != Color::kYFull;
      const ValueId y = q.Convolve(x, 1);
      Model model = q.Finish(codes ? q.Quantize(y) : y, 1);
      model.graph.info.color = color;
      model.graph.info.output_range = {-0.5f, 1.5f};
      CheckModel(model, 0, kInTilesOnly);
    }
  }
  SUBCASE("colour and alpha, BGR") {
    QuantizedBuilder q(24, 4);
    const ValueId x = q.Quantize(q.graph().Relu(q.Convolve(q.Picture(), 8)));
    Model model = q.Finish(q.Quantize(q.Convolve(x, 4)), 1);
    model.graph.info.color = Color::kBgr;
    CheckModel(model);
  }
}

TEST_CASE("int8: a float network around a quantized part") {
  QuantizedBuilder q(16);
  const ValueId x = q.graph().Convolve(q.graph().input(), 8);  // float weights
  const ValueId y = q.Convolve(q.Quantize(x), 8);
  const ValueId z = q.graph().Apply(Unary{Unary::Kind::kSigmoid}, {y});
  CheckModel(q.Finish(q.graph().Convolve(z, 3), 1), 3, kInTilesOnly);
}

// A network of random blocks, of which some halve the picture in between; its input's extents must
// be multiples of 4.
class RandomNetwork {
 public:
  explicit RandomNetwork(uint32_t seed) : random_(seed), q_(seed) {}

  Model Make() {
    x_ = q_.Quantize(q_.Convolve(q_.Picture(), 8, Odd()));
    const ValueId head = x_;
    const uint32_t blocks = 2 + random_() % 5;
    for (uint32_t i = 0; i < blocks; ++i) AddBlock();
    if (halvings_ == 0 && random_() % 2 == 0) {
      x_ = q_.Quantize(q_.graph().Add(q_.Convolve(x_, 8, 3), head));
    }
    if (random_() % 3 == 0) return q_.Finish(q_.Convolve(x_, 3), 1);
    if (random_() % 2 == 0) return q_.Finish(q_.Quantize(q_.Convolve(x_, 3, Odd())), 1);
    const ValueId last = q_.graph().Shuffle(q_.Convolve(x_, 12, Odd()), 2);
    return q_.Finish(q_.graph().Add(last, q_.graph().UpsampleNearest(q_.graph().input(), 2.0)), 2);
  }

 private:
  int64_t Odd() { return 1 + 2 * static_cast<int64_t>(random_() % 3); }

  void AddBlock() {
    GraphBuilder& graph = q_.graph();
    switch (random_() % 7) {
      case 0:
        x_ = q_.Quantize(graph.Relu(q_.Convolve(x_, 8, Odd())));
        return;
      case 1: {
        const ValueId y = q_.Quantize(graph.Relu(q_.Convolve(x_, 12, Odd())));
        x_ = q_.Quantize(graph.Add(q_.Convolve(y, 8), x_));
        return;
      }
      case 2: {
        // Rounded alike, so that all three lie in one tensor, in rows that lag differently.
        const Quantization same = {0.02f, 100, false};
        const auto quantize = [&](ValueId x) { return graph.Apply(FakeQuantize{same}, {x}); };
        const ValueId y = quantize(q_.Convolve(x_, 8, Odd()));
        const ValueId a = quantize(q_.Convolve(y, 4));
        const ValueId b = quantize(q_.Convolve(graph.Apply(Concat{}, {y, a}), 4, Odd()));
        x_ = q_.Quantize(q_.Convolve(graph.Apply(Concat{}, {y, a, b}), 8, 1));
        return;
      }
      case 3: {
        Conv conv;
        conv.kernel = {3, 3};
        conv.dilation = {2, 2};
        conv.pads_begin = {static_cast<int64_t>(random_() % 5), 2};
        conv.pads_end = {4 - conv.pads_begin[0], 2};
        x_ = q_.Quantize(q_.Convolve(x_, 8, conv));
        return;
      }
      case 4: {
        Pool pool;
        pool.kind = random_() % 2 == 0 ? Pool::Kind::kMax : Pool::Kind::kAverage;
        pool.kernel = {3, 3};
        pool.pads_begin = pool.pads_end = {1, 1};
        x_ = q_.Quantize(graph.Apply(pool, {x_}));
        return;
      }
      case 5:
        x_ = q_.Quantize(graph.Apply(Unary{Unary::Kind::kTanh}, {x_}));
        return;
      default:
        if (halvings_++ < 2) AddHalving();
    }
  }

  void AddHalving() {
    GraphBuilder& graph = q_.graph();
    Conv conv;
    conv.kernel = {4, 4};
    conv.stride = {2, 2};
    conv.pads_begin = conv.pads_end = {1, 1};
    x_ = q_.Quantize(q_.Convolve(x_, 8, conv));
    AddBlock();
    if (random_() % 3 == 0) {
      x_ = graph.Apply(DepthToSpace{2, DepthToSpace::Order::kCrd},
                       {q_.Quantize(q_.Convolve(x_, 32))});
      return;
    }
    Resize resize;
    const uint32_t mode = random_() % 3;
    resize.mode = mode == 0   ? Resize::Mode::kNearest
                  : mode == 1 ? Resize::Mode::kLinear
                              : Resize::Mode::kCubic;
    resize.scale = {2.0, 2.0};
    x_ = q_.Quantize(graph.Apply(resize, {x_}));
  }

  std::mt19937 random_;
  QuantizedBuilder q_;
  ValueId x_ = kNoValue;
  int halvings_ = 0;
};

TEST_CASE("int8: rows that flow through random networks are those of one tile") {
  int flowing = 0;
  for (uint32_t seed = 100; seed < 140; ++seed) {
    CAPTURE(seed);
    const Model model = RandomNetwork(seed).Make();
    std::mt19937 random(seed);
    const int64_t height = 4 * static_cast<int64_t>(1 + random() % 12);
    const int64_t width = 4 * static_cast<int64_t>(1 + random() % 4);
    const std::vector<uint8_t> pixels = RandomPixels(height, width, seed);
    const KernelSet& kernels = ScalarKernels(Storage::kUnsigned);
    SessionOptions options;
    options.width = width;
    options.height = height;
    options.kernels = &kernels;
    Result<Session> session = Session::Create(model, options);
    REQUIRE_MESSAGE(session.ok(), session.status().message());
    std::copy(pixels.begin(), pixels.end(), session->input().begin());
    REQUIRE(session->Run(nullptr).ok());
    const std::vector<uint8_t> expected(session->output().begin(), session->output().end());
    for (const int64_t rows : {int64_t{1}, static_cast<int64_t>(1 + random() % 9)}) {
      CAPTURE(rows);
      const auto found = RunInRows(model, pixels, height, width, rows, kernels);
      flowing += found ? 1 : 0;
      if (found) CHECK(*found == expected);
    }
  }
  CHECK(flowing == 80);
}

TEST_CASE("int8: where rows flow, memory does not grow with the height") {
  QuantizedBuilder q(30);
  ValueId x = q.Quantize(q.Convolve(q.Picture(), 16));
  for (int i = 0; i < 3; ++i) {
    const ValueId y = q.Quantize(q.Convolve(x, 16));
    x = q.Quantize(q.graph().Add(q.Convolve(y, 16), x));
  }
  const Model model = q.Finish(q.Convolve(x, 3), 1);
  const auto low = int8::Executor::PlanRowFlow(model.graph, 64, 100, 8);
  const auto high = int8::Executor::PlanRowFlow(model.graph, 6400, 100, 8);
  REQUIRE(low.ok());
  REQUIRE(high.ok());
  CHECK(low->bytes == high->bytes);
  CHECK(low->output_lag == 8);
  // Two or three rows of each tensor are kept; three tensors of 11 rows are in use at a time.
  const size_t row = 102 * 16;
  CHECK(low->bytes < row * (7 * 3 + 3 * 11) + 100 * 4 * 20);
}

TEST_CASE("int8: a tile of a 64-channel network needs three activation buffers at most") {
  QuantizedBuilder q(18);
  const ValueId head = q.Quantize(q.graph().Relu(q.Convolve(q.Picture(), 64)));
  ValueId x = head;
  for (int i = 0; i < 4; ++i) {
    const ValueId y = q.Quantize(q.graph().Relu(q.Convolve(x, 64)));
    x = q.Quantize(q.graph().Add(q.Convolve(y, 64), x));
  }
  const Model model = q.Finish(q.Convolve(x, 3), 1);
  std::vector<uint8_t> input(128 * 128 * 4);
  std::vector<uint8_t> output(128 * 128 * 4);
  const Result<int8::Executor> executor =
      int8::Executor::Create(model.graph, 128, 128, {input.data(), output.data()}, 1,
                             ScalarKernels(Storage::kUnsigned), 1);
  REQUIRE(executor.ok());
  CHECK(executor->arena_bytes() <= 3 * (130 * 130 * 64 + 64) + 4096);
}

}  // namespace
}  // namespace tessera
