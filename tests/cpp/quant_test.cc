#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "graph/export_onnx.h"
#include "graph/model.h"
#include "graph_builder.h"
#include "quant/compensated_rounding.h"
#include "quant/equalize.h"
#include "quant/measure.h"
#include "quant/placement.h"
#include "quant/quantize.h"
#include "quant/quantize_weights.h"
#include "quant/ranges.h"
#include "reference_interpreter.h"

namespace tessera {
namespace {

using test::GraphBuilder;

// Bytes of an image with smooth and sharp parts.
std::vector<uint8_t> TestImage(int64_t size, uint32_t seed) {
  const std::vector<float> noise = test::RandomFloats(static_cast<size_t>(size * size * 4), seed);
  std::vector<uint8_t> rgba(noise.size());
  for (size_t i = 0; i < rgba.size(); ++i) {
    const auto x = static_cast<float>(i / 4 % static_cast<size_t>(size));
    const float edge = (i / 4 / static_cast<size_t>(size)) % 11 < 4 ? 60.0f : 0.0f;
    const float value = 100.0f + 60.0f * std::sin(x / 4.0f) + edge + 20.0f * noise[i];
    rgba[i] = static_cast<uint8_t>(std::clamp(value, 0.0f, 255.0f));
  }
  return rgba;
}

Model ModelOf(Graph graph) {
  Model model;
  model.graph = std::move(graph);
  return model;
}

// Three convolutions with activations, doubled, plus the enlarged input.
Graph SmallNetwork() {
  GraphBuilder b(3);
  ValueId x = b.Convolve(b.input(), 8);
  x = b.Apply(LeakyRelu{0.2f}, {x});
  x = b.Relu(b.Convolve(x, 8));
  x = b.Shuffle(b.Convolve(x, 12), 2);
  return b.Finish(b.Add(x, b.UpsampleNearest(b.input(), 2.0)));
}

CalibrationImages TestImages(const Graph& graph, size_t count, int64_t size = 24) {
  CalibrationImages images(PixelReader(graph.info, PictureFormatOf(graph).value()));
  for (size_t i = 0; i < count; ++i) {
    REQUIRE(images.Add(TestImage(size, static_cast<uint32_t>(i)), size, size).ok());
  }
  return images;
}

std::vector<size_t> All(const CalibrationImages& images) {
  std::vector<size_t> all(images.count());
  for (size_t i = 0; i < all.size(); ++i) all[i] = i;
  return all;
}

Result<QuantizedModel> QuantizeSmall(const QuantizeOptions& options, size_t images = 8) {
  Result<Quantizer> quantizer = Quantizer::Create(ModelOf(SmallNetwork()), options);
  REQUIRE_MESSAGE(quantizer.ok(), quantizer.status().message());
  for (size_t i = 0; i < images; ++i) {
    REQUIRE(quantizer->AddImage(TestImage(24, static_cast<uint32_t>(i)), 24, 24).ok());
  }
  return quantizer->Finish(nullptr);
}

std::vector<ChannelHistograms> Histograms(const Graph& graph, const CalibrationImages& images,
                                          const std::vector<bool>& per_channel) {
  QuantizeProgress progress(nullptr, {});
  const std::vector<size_t> all = All(images);
  auto histograms = MeasureHistograms(graph, PlanQuantization(graph), per_channel,
                                      {images, all, nullptr, progress});
  REQUIRE(histograms.ok());
  return *std::move(histograms);
}

size_t CountFakeQuantize(const Graph& graph) {
  return static_cast<size_t>(std::count_if(
      graph.nodes.begin(), graph.nodes.end(),
      [](const Node& node) { return std::holds_alternative<FakeQuantize>(node.operation); }));
}

// The names of the tensors that a plan rounds.
std::vector<std::string> SiteNames(const Graph& graph) {
  std::vector<std::string> names;
  for (const QuantizationSite& site : PlanQuantization(graph).sites) {
    names.push_back(graph.value(site.value).name);
  }
  return names;
}

using Names = std::vector<std::string>;

TEST_CASE("quantization plan: one site after a convolution with its activation, none at the end") {
  const Graph graph = SmallNetwork();
  CHECK(SiteNames(graph) == Names{"input", "node1.output", "node3.output"});
}

TEST_CASE("quantization plan: a residual sum is rounded once, and what it adds is rounded itself") {
  GraphBuilder b(3);
  const ValueId head = b.Convolve(b.input(), 4);                         // node0
  const ValueId body = b.Apply(LeakyRelu{0.1f}, {b.Convolve(head, 4)});  // node1, node2
  const ValueId sum = b.Add(b.Convolve(body, 4), head);                  // node3, node4
  const Graph graph = b.Finish(b.Convolve(b.Relu(sum), 3));              // node5, node6
  CHECK(SiteNames(graph) ==
        Names{"input", "node0.output", "node2.output", "node4.output", "node5.output"});
}

TEST_CASE("quantization plan: elementwise functions of one tensor are rounded at their end") {
  GraphBuilder b(3);
  const ValueId x = b.Convolve(b.input(), 4);                               // node0
  const ValueId sigmoid = b.Apply(Unary{Unary::Kind::kSigmoid}, {x});       // node1
  const ValueId swish = b.Apply(Binary{Binary::Kind::kMul}, {x, sigmoid});  // node2
  const Graph graph = b.Finish(b.Convolve(swish, 3));
  CHECK(SiteNames(graph) == Names{"input", "node0.output", "node2.output"});
}

TEST_CASE("quantization plan: functions of two tensors are rounded at their end, of three before") {
  GraphBuilder b(3);
  const auto mul = [&](ValueId x, ValueId y) {
    return b.Apply(Binary{Binary::Kind::kMul}, {x, y});
  };
  const ValueId x = b.Convolve(b.input(), 4);                                     // node0
  const ValueId y = b.Convolve(x, 4);                                             // node1
  const ValueId sum = b.Add(x, y);                                                // node2
  const ValueId sigmoid = b.Apply(Unary{Unary::Kind::kSigmoid}, {y});             // node3
  const ValueId gated = mul(sum, sigmoid);                                        // node4
  const ValueId z = b.Convolve(gated, 4);                                         // node5
  const ValueId xy = mul(x, y);                                                   // node6
  const ValueId product = mul(xy, mul(z, z));                                     // node7, node8
  const ValueId scaled = mul(gated, b.RandomConstant({1, 4, 1, 1}, 0.5f, 1.0f));  // node9
  const Graph graph = b.Finish(b.Convolve(b.Add(product, scaled), 3));            // node10
  // With x * y rounded, the product with z * z is a function of two.
  CHECK(SiteNames(graph) == Names{"input", "node0.output", "node1.output", "node4.output",
                                  "node5.output", "node6.output", "node8.output", "node9.output",
                                  "node10.output"});
}

TEST_CASE("quantization plan: what happens to a tensor before anything else sees it") {
  GraphBuilder b(3);
  const ValueId x = b.Convolve(b.input(), 4);                          // node0
  const ValueId sigmoid = b.Apply(Unary{Unary::Kind::kSigmoid}, {x});  // node1
  const ValueId swish = b.Apply(Binary{Binary::Kind::kMul}, {x, sigmoid});
  const ValueId y = b.Convolve(swish, 4);
  const ValueId tanh = b.Apply(Unary{Unary::Kind::kTanh}, {y});
  const Graph graph = b.Finish(b.Convolve(b.Add(b.Convolve(tanh, 4), y), 3));
  const QuantizationPlan plan = PlanQuantization(graph);
  for (const QuantizationSite& site : plan.sites) {
    // Something else reads y.
    CHECK(site.function == (site.value == x ? swish : kNoValue));
  }
}

TEST_CASE(
    "quantization plan: tensors that are joined share their codes, moved ones have no others") {
  GraphBuilder b(3);
  const ValueId a = b.Relu(b.Convolve(b.input(), 4));
  const ValueId c = b.Convolve(a, 16);
  const ValueId joined = b.Apply(Concat{1}, {b.UpsampleNearest(a, 2.0), b.Shuffle(c, 2)});
  const Graph graph = b.Finish(b.Convolve(joined, 3));
  const QuantizationPlan plan = PlanQuantization(graph);
  REQUIRE(plan.sites.size() == 3);  // the input, a and c
  CHECK(plan.groups == 2);
  CHECK(plan.sites[1].group == plan.sites[2].group);
  CHECK(plan.sites[0].group != plan.sites[1].group);

  const Quantization wide = {0.5f, 10, false};
  const Quantization narrow = {0.01f, 0, false};
  const QuantizedGraph same =
      InsertFakeQuantize(graph, plan, {{wide, wide}, {wide, wide}, {wide, wide}});
  CHECK(CountFakeQuantize(same.graph) == 3);
  // A site with steps of its own is rounded once more where it is joined.
  const QuantizedGraph again =
      InsertFakeQuantize(graph, plan, {{wide, wide}, {narrow, wide}, {wide, wide}});
  CHECK(CountFakeQuantize(again.graph) == 4);
}

TEST_CASE("inserted FakeQuantize nodes: convolutions read codes, the rest of the input is exact") {
  Graph graph = SmallNetwork();
  const QuantizationPlan plan = PlanQuantization(graph);
  const Quantization coarse = {0.25f, 128, false};
  const QuantizedGraph quantized = InsertFakeQuantize(
      graph, plan, std::vector<SiteQuantization>(plan.sites.size(), {coarse, coarse}));
  for (const Node& node : quantized.graph.nodes) {
    const bool reads_input = std::find(node.inputs.begin(), node.inputs.end(),
                                       quantized.graph.input) != node.inputs.end();
    CHECK_MESSAGE(!(reads_input && std::holds_alternative<Conv>(node.operation)), node.name);
    if (std::holds_alternative<Resize>(node.operation)) CHECK(reads_input);
  }
}

TEST_CASE("splitting activations changes nothing but the number of nodes") {
  GraphBuilder b(3);
  Conv conv;
  conv.kernel = {3, 3};
  conv.pads_begin = conv.pads_end = {1, 1};
  conv.min = 0.0f;
  conv.max = 0.5f;
  Graph graph = b.Finish(b.Convolve(b.input(), 3, conv));
  const test::Dense image = test::RandomImage({1, 3, 6, 5}, 4);
  const test::Dense expected = test::Interpret(graph, image);
  SplitActivations(graph);
  REQUIRE(graph.nodes.size() == 2);
  CHECK(test::LargestDifference(test::Interpret(graph, image), expected) == 0.0f);
}

TEST_CASE("an activation behind a shuffle goes before it, which changes nothing else") {
  for (const auto order : {DepthToSpace::Order::kCrd, DepthToSpace::Order::kDcr}) {
    GraphBuilder b(3);
    ValueId x = b.Apply(DepthToSpace{2, order}, {b.Convolve(b.input(), 20)});
    x = b.Apply(PRelu{}, {x, b.RandomConstant({1, 5, 1, 1}, 0.1f, 0.9f)});
    x = b.Relu(b.Apply(DepthToSpace{2, order}, {b.Convolve(x, 12)}));
    Graph graph = b.Finish(b.Convolve(x, 3));
    const test::Dense image = test::RandomImage({1, 3, 6, 5}, 4);
    const test::Dense expected = test::Interpret(graph, image);
    MoveActivationsBeforeShuffles(graph);
    CHECK(std::holds_alternative<PRelu>(graph.nodes[1].operation));
    CHECK(std::holds_alternative<Clip>(graph.nodes[4].operation));
    CHECK(test::LargestDifference(test::Interpret(graph, image), expected) == 0.0f);
    CHECK(SiteNames(graph).size() == 3);
  }
}

TEST_CASE("codes of a range: zero is exact, and both ends are within half a step") {
  for (const Range range : {Range{-1.0f, 3.0f}, Range{0.0f, 2.0f}, Range{-0.7f, 0.0f}}) {
    const Quantization q = QuantizationOf(range);
    CHECK(!q.is_signed);
    CHECK(q.zero_point >= 0);
    CHECK(q.zero_point <= 255);
    const float low = q.scale * static_cast<float>(0 - q.zero_point);
    const float high = q.scale * static_cast<float>(255 - q.zero_point);
    CHECK(std::abs(low - range.low) <= 0.501f * q.scale);
    CHECK(std::abs(high - range.high) <= 0.501f * q.scale);
  }
  CHECK(QuantizationOf(Range()).scale > 0.0f);
}

TEST_CASE("ranges of least error beat the whole range on a heavy tail, and keep it without one") {
  const std::vector<float> many = test::RandomFloats(200000, 3);
  Histogram histogram(Range{-1.0f, 4.0f});
  for (int i = 0; i < 80; ++i) histogram.Add(many);
  histogram.Add(std::vector<float>{4.0f});
  const Histogram* const one[] = {&histogram};
  const Quantization whole = QuantizationOf(histogram.range());
  const Quantization best = LeastErrorQuantization(one);
  CHECK(best.scale < 0.9f * whole.scale);
  CHECK(RoundingError(histogram, best) < 0.9 * RoundingError(histogram, whole));

  Histogram even(Range{-1.0f, 1.0f});
  even.Add(test::RandomFloats(20000, 4));
  const Histogram* const other[] = {&even};
  CHECK(LeastErrorQuantization(other).scale >= 0.97f * QuantizationOf(even.range()).scale);
}

TEST_CASE(
    "growing histograms: whatever the order, and in parts, the same counts and whole ranges") {
  const std::vector<float> small = test::RandomFloats(500, 7, -0.01f, 0.02f);
  const std::vector<float> large = test::RandomFloats(500, 8, -3.0f, 700.0f);
  using Detail = ChannelHistograms::Detail;
  ChannelHistograms forwards(Detail::kChannels);
  forwards.Add(small, 2);
  forwards.Add(large, 2);
  ChannelHistograms backwards(Detail::kChannels);
  backwards.Add(large, 2);
  ChannelHistograms rest(Detail::kChannels);
  rest.Add(small, 2);
  backwards.Merge(rest);
  const Histogram a = forwards.Joined(std::vector<float>{1.0f, -0.5f});
  const Histogram b = backwards.Joined(std::vector<float>{1.0f, -0.5f});
  int64_t total = 0;
  for (size_t bin = 0; bin < Histogram::kBins; ++bin) {
    CHECK(a.count(bin) == b.count(bin));
    total += a.count(bin);
  }
  CHECK(total == 1000);
  float lowest = 0.0f;
  float highest = 0.0f;
  for (size_t i = 0; i < large.size(); ++i) {
    const float value = large[i] * (i % 2 == 0 ? 1.0f : -0.5f);
    lowest = std::min(lowest, value);
    highest = std::max(highest, value);
  }
  CHECK(a.range().low == lowest);
  CHECK(a.range().high == highest);
}

TEST_CASE("ranges of least error after a function cut off what the function makes alike") {
  Histogram histogram(Range{-8.0f, 2.0f});
  histogram.Add(test::RandomFloats(20000, 5, -8.0f, 2.0f));
  const auto relu = [](const std::vector<float>& x) {
    std::vector<float> y = x;
    for (float& value : y) value = std::max(value, 0.0f);
    return y;
  };
  const Quantization best = LeastErrorQuantization(histogram, relu);
  CHECK(best.scale < 0.3f * QuantizationOf(histogram.range()).scale);
  CHECK(RoundingError(histogram, best, relu) <
        0.1 * RoundingError(histogram, QuantizationOf(histogram.range()), relu));
}

TEST_CASE("weights: codes fit their bits, and cutting a lone large weight off pays") {
  std::vector<float> weights = test::RandomFloats(2 * 300, 5);
  weights[7] = 1.6f;
  for (float& weight : std::span(weights).subspan(300)) weight *= 0.001f;
  for (const int64_t bits : {7, 8}) {
    const int32_t limit = LargestCode(bits);
    const QuantizedWeights quantized = QuantizeWeights(weights, 2, limit);
    REQUIRE(quantized.scales.size() == 2);
    CHECK(quantized.scales[1] < 0.01f * quantized.scales[0]);
    for (const int8_t code : quantized.codes) CHECK(std::abs(int32_t{code}) <= limit);
    const std::vector<float> floats = Dequantize(quantized);
    for (size_t i = 0; i < weights.size(); ++i) {
      if (i == 7) continue;
      CHECK(std::abs(floats[i] - weights[i]) <= 0.501f * quantized.scales[i / 300]);
    }
  }
  CHECK(QuantizeWeights(weights, 2, 7).scales[0] < 0.9f * 1.6f / 7.0f);
  // A channel of zeros still has a scale.
  CHECK(QuantizeWeights(std::vector<float>(9, 0.0f), 1, 63).scales[0] > 0.0f);
}

// Sum over samples of the squared change of an output.
double OutputError(const std::vector<float>& change, const std::vector<double>& products) {
  double sum = 0.0;
  for (size_t i = 0; i < change.size(); ++i) {
    for (size_t j = 0; j < change.size(); ++j) {
      sum += change[i] * change[j] * products[i * change.size() + j];
    }
  }
  return sum;
}

TEST_CASE(
    "compensated rounding changes outputs less than plain rounding, when inputs go together") {
  constexpr size_t kSize = 24;
  std::vector<double> products(kSize * kSize);
  for (size_t i = 0; i < kSize; ++i) {
    for (size_t j = 0; j < kSize; ++j) {
      const double distance = static_cast<double>(i) - static_cast<double>(j);
      products[i * kSize + j] = std::exp(-std::abs(distance) / 8.0);
    }
  }
  const std::vector<float> weights = test::RandomFloats(kSize, 6);
  const std::vector<float> scales = {1.0f / 15.0f};
  const auto error = [&](const std::vector<int8_t>& codes, float scale,
                         const std::vector<double>& of) {
    std::vector<float> change(kSize);
    for (size_t i = 0; i < kSize; ++i) {
      change[i] = static_cast<float>(codes[i]) * scale - weights[i];
    }
    return OutputError(change, of);
  };
  std::vector<int8_t> plain;
  for (const float w : weights) plain.push_back(static_cast<int8_t>(std::nearbyint(w * 15.0f)));
  const QuantizedWeights rounded = RoundWithCompensation(weights, scales, products, 15, nullptr);
  CHECK(error(rounded.codes, rounded.scales[0], products) <
        0.6 * error(plain, scales[0], products));

  std::vector<double> unrelated(kSize * kSize);
  for (size_t i = 0; i < kSize; ++i) unrelated[i * kSize + i] = 1.0;
  const QuantizedWeights alone = RoundWithCompensation(weights, scales, unrelated, 15, nullptr);
  CHECK(error(alone.codes, alone.scales[0], unrelated) <= error(plain, scales[0], unrelated));
  // Inputs that are always zero tell nothing, and break nothing.
  const std::vector<double> silent(kSize * kSize);
  const QuantizedWeights unseen = RoundWithCompensation(weights, scales, silent, 15, nullptr);
  CHECK(error(unseen.codes, unseen.scales[0], unrelated) <= error(plain, scales[0], unrelated));
}

TEST_CASE("compensated rounding keeps what inputs of one sign add up to") {
  constexpr size_t kSize = 48;
  // Inputs with a mean of 1 and a variance of 0.1.
  std::vector<double> products(kSize * kSize, 1.0);
  for (size_t i = 0; i < kSize; ++i) products[i * kSize + i] += 0.1;
  std::vector<float> weights = test::RandomFloats(kSize, 6);
  for (float& weight : weights) weight *= 0.05f;
  weights[7] = 1.0f;  // one large weight makes the steps of all others coarse
  const std::vector<float> scales = {1.0f / 63.0f};
  const QuantizedWeights rounded = RoundWithCompensation(weights, scales, products, 63, nullptr);
  const float sum = std::accumulate(weights.begin(), weights.end(), 0.0f);
  const float codes = std::accumulate(rounded.codes.begin(), rounded.codes.end(), 0.0f);
  CHECK(std::abs(codes * rounded.scales[0] - sum) < 0.002f * std::abs(sum));
}

TEST_CASE("equalization changes the weights and not what the network computes") {
  Graph graph = SmallNetwork();
  REQUIRE(FindConvolutionPairs(graph).size() == 2);
  const test::Dense image = test::RandomImage({1, 3, 7, 6}, 8);
  const test::Dense expected = test::Interpret(graph, image);
  const std::vector<float> before = graph.value(graph.nodes[0].inputs[1]).constant->floats;
  const CalibrationImages images = TestImages(graph, 2);
  const auto measured = Histograms(graph, images, std::vector<bool>(graph.nodes.size(), true));
  std::vector<std::vector<Range>> ranges;
  for (const ChannelHistograms& histograms : measured) ranges.push_back(histograms.ranges());
  Graph by_activations = graph;
  const ChannelFactors weights = EqualizeWeights(graph);
  const ChannelFactors activations = EqualizeActivations(by_activations, ranges);
  for (const auto& [equalized, factors] :
       {std::pair(graph, weights), std::pair(by_activations, activations)}) {
    CHECK(equalized.value(equalized.nodes[0].inputs[1]).constant->floats != before);
    CHECK(test::LargestDifference(test::Interpret(equalized, image), expected) < 1e-4f);
    // What was measured before tells what would be measured now.
    const auto again = Histograms(equalized, images, std::vector<bool>(graph.nodes.size(), false));
    for (const size_t node : {size_t{1}, size_t{3}}) {
      const Histogram told = measured[node].Joined(factors[node]);
      const Histogram seen = again[node].Joined();
      CHECK(told.range().low == doctest::Approx(seen.range().low).epsilon(1e-3));
      CHECK(told.range().high == doctest::Approx(seen.range().high).epsilon(1e-3));
      const Histogram* const from_told[] = {&told};
      const Histogram* const from_seen[] = {&seen};
      CHECK(LeastErrorQuantization(from_told).scale ==
            doctest::Approx(LeastErrorQuantization(from_seen).scale).epsilon(0.05));
    }
  }
}

TEST_CASE("equalization makes the ranges of a pair's weights alike") {
  GraphBuilder b(3);
  const ValueId x = b.Relu(b.Convolve(b.input(), 4, 1));
  Graph graph = b.Finish(b.Convolve(x, 3, 1));
  EqualizeWeights(graph);
  const std::vector<float>& first = graph.value(graph.nodes[0].inputs[1]).constant->floats;
  const std::vector<float>& second = graph.value(graph.nodes[2].inputs[1]).constant->floats;
  for (size_t channel = 0; channel < 4; ++channel) {
    float writes = 0.0f;
    float reads = 0.0f;
    for (size_t i = 0; i < 3; ++i) {
      writes = std::max(writes, std::abs(first[channel * 3 + i]));
      reads = std::max(reads, std::abs(second[i * 4 + channel]));
    }
    CHECK(writes == doctest::Approx(reads).epsilon(1e-4));
  }
}

TEST_CASE("equalization turns channels over that lie further below zero than above") {
  GraphBuilder b(3);
  const ValueId slopes = b.Constant({1, 4, 1, 1}, {0.9f, 0.25f, 0.0f, -0.5f});
  const ValueId x = b.Apply(PRelu{}, {b.Convolve(b.input(), 4), slopes});
  Graph graph = b.Finish(b.Convolve(x, 3));
  std::vector<std::vector<Range>> ranges(graph.nodes.size());
  // The last two have no inverse that a PRelu could have in its place.
  ranges[1] = {{-3.0f, 1.0f}, {-1.0f, 3.0f}, {-2.0f, 1.0f}, {-3.0f, 2.0f}};
  const test::Dense image = test::RandomImage({1, 3, 7, 6}, 8);
  const test::Dense expected = test::Interpret(graph, image);
  EqualizeActivations(graph, ranges);
  const std::vector<float> turned = {1.0f / 0.9f, 0.25f, 0.0f, -0.5f};
  CHECK(graph.value(graph.nodes[1].inputs[1]).constant->floats == turned);
  CHECK(test::LargestDifference(test::Interpret(graph, image), expected) < 1e-4f);
}

TEST_CASE("equalization leaves alone what two nodes read") {
  GraphBuilder b(3);
  const ValueId x = b.Relu(b.Convolve(b.input(), 3));
  const Graph graph = b.Finish(b.Add(b.Convolve(x, 3), x));
  CHECK(FindConvolutionPairs(graph).empty());
}

TEST_CASE("quantizer: weights have codes, the report and the metadata say what was done") {
  QuantizeOptions options;
  const Result<QuantizedModel> model = QuantizeSmall(options);
  REQUIRE_MESSAGE(model.ok(), model.status().message());
  for (const Node& node : model->graph.nodes) {
    if (!std::holds_alternative<Conv>(node.operation)) continue;
    const Constant& weights = *model->graph.value(node.inputs[1]).constant;
    REQUIRE(weights.quantized);
    for (const int8_t code : weights.quantized->codes) CHECK(std::abs(int32_t{code}) <= 63);
    CHECK(weights.floats == Dequantize(*weights.quantized));
  }
  CHECK(CountFakeQuantize(model->graph) == 3);
  const QuantizeReport& report = model->report;
  CHECK(report.images == 6);
  CHECK(report.held_out == 2);
  CHECK(report.convolutions == 3);
  REQUIRE(report.sites.size() == 2);
  CHECK(report.sites[0].node == "node1");
  CHECK(report.sites[0].sqnr > 25.0);
  CHECK(report.psnr > 15.0);
  CHECK(model->graph.info.quantization.find("\"weight_bits\": 7") != std::string::npos);
}

TEST_CASE("quantizer: bytes enter exactly") {
  const Result<QuantizedModel> model = QuantizeSmall({});
  REQUIRE(model.ok());
  const auto& fake = std::get<FakeQuantize>(model->graph.nodes[0].operation);
  CHECK(fake.quantization == Quantization{1.0f / 255.0f, 0, false});
}

TEST_CASE("quantizer: the same images give the same network") {
  const Result<QuantizedModel> a = QuantizeSmall({});
  const Result<QuantizedModel> b = QuantizeSmall({});
  REQUIRE(a.ok());
  REQUIRE(b.ok());
  const test::Dense image = test::RandomImage({1, 3, 5, 5}, 2);
  CHECK(test::Interpret(a->graph, image).elements == test::Interpret(b->graph, image).elements);
  QuantizeOptions threaded;
  threaded.threads = 3;
  const Result<QuantizedModel> c = QuantizeSmall(threaded);
  REQUIRE(c.ok());
  CHECK(test::Interpret(a->graph, image).elements == test::Interpret(c->graph, image).elements);
  CHECK(a->report.psnr == c->report.psnr);
}

TEST_CASE("quantizer: each step brings the output nearer to the float network's, or is left out") {
  QuantizeOptions plain;
  plain.equalize = plain.compensate = plain.correct_bias = false;
  const auto psnr = [](const QuantizeOptions& options) {
    const Result<QuantizedModel> model = QuantizeSmall(options);
    REQUIRE(model.ok());
    return model->report.psnr;
  };
  const double without = psnr(plain);
  QuantizeOptions compensate = plain;
  compensate.compensate = true;
  CHECK(psnr(compensate) > without + 0.5);
  QuantizeOptions equalize = plain;
  equalize.equalize = true;
  CHECK(psnr(equalize) >= without);
}

// The mean of output minus float output, per channel, squared and summed.
double ShiftOfMeans(const Graph& quantized, const Graph& exact) {
  std::vector<double> shift(3);
  for (uint32_t seed = 0; seed < 6; ++seed) {
    const std::vector<uint8_t> rgba = TestImage(24, seed);
    test::Dense image{{1, 3, 24, 24}, {}};
    for (size_t c = 0; c < 3; ++c) {
      for (size_t i = 0; i < 24 * 24; ++i) {
        image.elements.push_back(static_cast<float>(rgba[i * 4 + c]) / 255.0f);
      }
    }
    const test::Dense a = test::Interpret(quantized, image);
    const test::Dense b = test::Interpret(exact, image);
    for (size_t i = 0; i < a.elements.size(); ++i) {
      shift[i / (48 * 48)] += a.elements[i] - b.elements[i];
    }
  }
  double sum = 0.0;
  for (const double channel : shift) sum += channel * channel;
  return sum;
}

TEST_CASE("quantizer: bias correction takes the shift of the means back") {
  QuantizeOptions options;
  options.equalize = options.compensate = options.correct_bias = false;
  const Result<QuantizedModel> without = QuantizeSmall(options);
  options.correct_bias = true;
  const Result<QuantizedModel> with = QuantizeSmall(options);
  REQUIRE(without.ok());
  REQUIRE(with.ok());
  REQUIRE(with->report.bias_corrected);
  const Graph exact = SmallNetwork();
  CHECK(ShiftOfMeans(with->graph, exact) < 0.2 * ShiftOfMeans(without->graph, exact));
}

// Groups, strides, automatic padding, a dense connection, a residual one, every kind of resizing.
Graph BusyNetwork() {
  GraphBuilder b(3);
  Conv same;
  same.kernel = {3, 3};
  same.auto_pad = Conv::AutoPad::kSameUpper;
  same.min = 0.0f;
  const ValueId head = b.Convolve(b.input(), 8, same);
  Conv depthwise;
  depthwise.kernel = {3, 3};
  depthwise.pads_begin = depthwise.pads_end = {2, 2};
  depthwise.dilation = {2, 2};
  depthwise.groups = 8;
  const ValueId deep = b.Apply(
      PRelu{}, {b.Convolve(head, 8, depthwise), b.RandomConstant({1, 8, 1, 1}, 0.1f, 0.4f)});
  Conv halving;
  halving.kernel = {2, 2};
  halving.stride = {2, 2};
  halving.groups = 2;
  const ValueId small = b.Convolve(deep, 8, halving);
  Resize linear;
  linear.mode = Resize::Mode::kLinear;
  linear.scale = {2.0, 2.0};
  const ValueId large = b.Apply(linear, {small});
  const ValueId joined = b.Apply(Concat{1}, {head, large, b.UpsampleNearest(small, 2.0)});
  const ValueId sum = b.Add(b.Convolve(joined, 8, 1), head);
  return b.Finish(b.Shuffle(b.Convolve(sum, 12), 2));
}

TEST_CASE("quantizer: networks of every structure stay close to their float form") {
  const Graph exact = BusyNetwork();
  Model model = ModelOf(exact);
  model.tiling.size_multiple = 2;
  Result<Quantizer> quantizer = Quantizer::Create(model, {});
  REQUIRE_MESSAGE(quantizer.ok(), quantizer.status().message());
  CHECK(quantizer->AddImage(TestImage(23, 1), 23, 23).code() == StatusCode::kInvalidArgument);
  for (uint32_t seed = 0; seed < 8; ++seed) {
    const int64_t size = seed % 2 == 0 ? 20 : 26;
    REQUIRE(quantizer->AddImage(TestImage(size, seed), size, size).ok());
  }
  const Result<QuantizedModel> quantized = quantizer->Finish(nullptr);
  REQUIRE_MESSAGE(quantized.ok(), quantized.status().message());
  CHECK(quantized->report.convolutions == 5);
  for (const SiteReport& site : quantized->report.sites) CHECK_MESSAGE(site.sqnr > 25.0, site.node);

  // Read back from a file, it computes the same.
  const Result<std::string> file = ExportOnnx(quantized->graph);
  REQUIRE_MESSAGE(file.ok(), file.status().message());
  const auto* bytes = reinterpret_cast<const uint8_t*>(file->data());
  const Result<Model> read = LoadModel({bytes, file->size()});
  REQUIRE_MESSAGE(read.ok(), read.status().message());
  test::Dense image{{1, 3, 12, 12}, test::RandomFloats(3 * 12 * 12, 9, 0.0f, 1.0f)};
  const test::Dense expected = test::Interpret(exact, image);
  float largest = 0.0f;
  for (const float element : expected.elements) largest = std::max(largest, std::abs(element));
  const test::Dense rounded = test::Interpret(quantized->graph, image);
  CHECK(test::LargestDifference(rounded, expected) < 0.15f * largest);
  CHECK(test::LargestDifference(test::Interpret(read->graph, image), rounded) < 0.02f * largest);
}

TEST_CASE("quantizer: refuses what it cannot quantize, and says why") {
  const auto refuses = [](Graph graph, StatusCode code, const char* why) {
    const Result<Quantizer> quantizer = Quantizer::Create(ModelOf(std::move(graph)), {});
    REQUIRE(!quantizer.ok());
    CHECK(quantizer.status().code() == code);
    CHECK_MESSAGE(quantizer.status().message().find(why) != std::string::npos,
                  quantizer.status().message());
  };
  Graph broken = SmallNetwork();
  std::vector<float> bias(8, std::numeric_limits<float>::quiet_NaN());
  broken.value(broken.nodes[0].inputs[2]).constant = MakeConstant(std::move(bias));
  refuses(std::move(broken), StatusCode::kModelFormat, "node0");

  const Result<QuantizedModel> done = QuantizeSmall({});
  REQUIRE(done.ok());
  refuses(done->graph, StatusCode::kInvalidArgument, "quantized already");

  GraphBuilder none(3);
  refuses(none.Finish(none.Relu(none.input())), StatusCode::kUnsupported, "no convolution");
  GraphBuilder grey(1);
  refuses(grey.Finish(grey.Convolve(grey.input(), 2)), StatusCode::kUnsupported,
          "maps 1 channel to 2");
}

TEST_CASE("quantizer: refuses bad options and images, and stops when cancelled") {
  const Model model = ModelOf(SmallNetwork());
  QuantizeOptions options;
  options.weight_bits = 4;
  CHECK(Quantizer::Create(model, options).status().code() == StatusCode::kInvalidArgument);

  Result<Quantizer> quantizer = Quantizer::Create(model, {});
  REQUIRE(quantizer.ok());
  CHECK(quantizer->Finish(nullptr).status().code() == StatusCode::kInvalidArgument);
  const std::vector<uint8_t> image = TestImage(24, 1);
  CHECK(quantizer->AddImage(image, 24, 23).code() == StatusCode::kInvalidArgument);
  CHECK(quantizer->AddImage({}, 0, 0).code() == StatusCode::kInvalidArgument);
  REQUIRE(quantizer->AddImage(image, 24, 24).ok());

  RunContext cancelled;
  cancelled.Cancel();
  CHECK(quantizer->Finish(&cancelled).status().code() == StatusCode::kCancelled);

  RunContext context;
  double last = 0.0;
  CHECK(quantizer
            ->Finish(&context,
                     [&](double fraction) {
                       CHECK(fraction >= last);
                       last = fraction;
                     })
            .ok());
  CHECK(last == doctest::Approx(1.0));
}

TEST_CASE("quantizer: a network that computes NaN is refused by the node's name") {
  GraphBuilder b(3);
  const ValueId x = b.Convolve(b.input(), 3);
  const ValueId ratio = b.Apply(Binary{Binary::Kind::kDiv}, {x, b.Constant({}, {0.0f})});
  Result<Quantizer> quantizer = Quantizer::Create(ModelOf(b.Finish(b.Convolve(ratio, 3))), {});
  REQUIRE(quantizer.ok());
  REQUIRE(quantizer->AddImage(TestImage(24, 1), 24, 24).ok());
  const Status status = quantizer->Finish(nullptr).status();
  CHECK(status.code() == StatusCode::kModelFormat);
  CHECK_MESSAGE(status.message().find("node1") != std::string::npos, status.message());
}

}  // namespace
}  // namespace tessera
