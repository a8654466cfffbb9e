#ifndef TESSERA_TESTS_GRAPH_BUILDER_H_
#define TESSERA_TESTS_GRAPH_BUILDER_H_

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "graph/graph.h"
#include "graph/infer_node.h"
#include "graph/model.h"
#include "reference_interpreter.h"

namespace tessera::test {

/// Random numbers in [low, high).
inline std::vector<float> RandomFloats(size_t count, uint32_t seed, float low = -1.0f,
                                       float high = 1.0f) {
  std::mt19937 random(seed);
  std::vector<float> floats(count);
  for (float& element : floats) {
    // Not std::uniform_real_distribution: its results differ between standard libraries.
    element = low + (high - low) * (static_cast<float>(random() >> 8) / 16777216.0f);
  }
  return floats;
}

inline Dense RandomImage(Shape shape, uint32_t seed) {
  size_t count = 1;
  for (const int64_t extent : shape) count *= static_cast<size_t>(extent);
  return Dense{std::move(shape), RandomFloats(count, seed)};
}

/// The largest difference between two tensors, which must have one shape.
inline float LargestDifference(const Dense& a, const Dense& b) {
  REQUIRE(a.shape == b.shape);
  REQUIRE(a.elements.size() == b.elements.size());
  float largest = 0.0f;
  for (size_t i = 0; i < a.elements.size(); ++i) {
    largest = std::max(largest, std::abs(a.elements[i] - b.elements[i]));
  }
  return largest;
}

/// Builds graphs node by node, with random weights, for tests that need no file.
class GraphBuilder {
 public:
  explicit GraphBuilder(Shape input_shape, uint32_t seed = 1) : seed_(seed) {
    Value value;
    value.name = "input";
    value.shape = std::move(input_shape);
    graph_.input = graph_.AddValue(std::move(value));
  }
  explicit GraphBuilder(int64_t channels, uint32_t seed = 1)
      : GraphBuilder(Shape{1, channels, kUnknownDim, kUnknownDim}, seed) {}

  ValueId input() const { return graph_.input; }
  int64_t ChannelsOf(ValueId id) const { return graph_.value(id).shape[1]; }
  /// An extent of a value for an image of height x width.
  int64_t ExtentOf(ValueId id, size_t axis, int64_t height, int64_t width) const {
    Graph shaped = graph_;
    shaped.output = id;
    REQUIRE(InferShapes(shaped, height, width).ok());
    return shaped.value(id).shape[axis];
  }

  ValueId Constant(Shape shape, std::vector<float> elements) {
    Value value;
    value.name = "constant" + std::to_string(graph_.values.size());
    value.shape = std::move(shape);
    value.constant = tessera::MakeConstant(std::move(elements));
    return graph_.AddValue(std::move(value));
  }
  ValueId QuantizedConstant(Shape shape, std::vector<float> elements, QuantizedWeights quantized) {
    const ValueId id = Constant(std::move(shape), {});
    graph_.value(id).constant = std::make_shared<const tessera::Constant>(
        tessera::Constant{std::move(elements), {}, std::move(quantized)});
    return id;
  }
  ValueId RandomConstant(Shape shape, float low = -1.0f, float high = 1.0f) {
    size_t count = 1;
    for (const int64_t extent : shape) count *= static_cast<size_t>(extent);
    return Constant(std::move(shape), RandomFloats(count, ++seed_, low, high));
  }

  /// Weights of random codes; one scale, or as many as `shape` has rows.
  ValueId QuantizedConstant(Shape shape, size_t scales) {
    const ValueId id = RandomConstant(std::move(shape), -127.0f, 127.0f);
    const Value& value = graph_.value(id);
    tessera::Constant constant = *value.constant;
    QuantizedWeights weights{{}, RandomFloats(scales, ++seed_, 0.002f, 0.01f)};
    const size_t per_scale = constant.floats.size() / scales;
    for (size_t i = 0; i < constant.floats.size(); ++i) {
      weights.codes.push_back(static_cast<int8_t>(constant.floats[i]));
      constant.floats[i] = weights.scales[i / per_scale] * static_cast<float>(weights.codes[i]);
    }
    constant.quantized = std::move(weights);
    graph_.value(id).constant = std::make_shared<const tessera::Constant>(std::move(constant));
    return id;
  }

  ValueId Apply(Operation operation, std::vector<ValueId> inputs) {
    Node node;
    node.name = "node" + std::to_string(graph_.nodes.size());
    node.operation = std::move(operation);
    node.inputs = std::move(inputs);
    const Result<Shape> shape = InferNode(graph_, node);
    REQUIRE_MESSAGE(shape.ok(), shape.status().message());
    Value value;
    value.name = node.name + ".output";
    value.shape = *shape;
    value.plain = IsPlain(node);
    node.output = graph_.AddValue(std::move(value));
    graph_.nodes.push_back(node);
    return node.output;
  }

  /// `conv` gives everything but the weights; with a bias.
  ValueId Convolve(ValueId x, int64_t outputs, const Conv& conv) {
    const ValueId weights =
        RandomConstant({outputs, ChannelsOf(x) / conv.groups, conv.kernel[0], conv.kernel[1]});
    return Apply(conv, {x, weights, RandomConstant({outputs})});
  }
  /// A square kernel that keeps the extents.
  ValueId Convolve(ValueId x, int64_t outputs, int64_t kernel = 3) {
    Conv conv;
    conv.kernel = {kernel, kernel};
    conv.pads_begin = conv.pads_end = {kernel / 2, kernel / 2};
    return Convolve(x, outputs, conv);
  }
  /// The same with quantized weights, one scale per output channel.
  ValueId ConvolveQuantized(ValueId x, int64_t outputs, int64_t kernel = 3) {
    Conv conv;
    conv.kernel = {kernel, kernel};
    conv.pads_begin = conv.pads_end = {kernel / 2, kernel / 2};
    const ValueId weights =
        QuantizedConstant({outputs, ChannelsOf(x), kernel, kernel}, static_cast<size_t>(outputs));
    return Apply(conv, {x, weights, RandomConstant({outputs})});
  }
  ValueId Quantize(ValueId x, const Quantization& quantization) {
    return Apply(FakeQuantize{quantization}, {x});
  }
  ValueId Relu(ValueId x) { return Apply(Clip{0.0f, std::numeric_limits<float>::infinity()}, {x}); }
  ValueId Add(ValueId a, ValueId b) { return Apply(Binary{Binary::Kind::kAdd}, {a, b}); }
  ValueId Shuffle(ValueId x, int64_t block) {
    return Apply(DepthToSpace{block, DepthToSpace::Order::kCrd}, {x});
  }
  ValueId UpsampleNearest(ValueId x, double scale) {
    Resize resize;
    resize.coordinates = Resize::Coordinates::kAsymmetric;
    resize.rounding = Resize::Rounding::kFloor;
    resize.scale = {scale, scale};
    return Apply(resize, {x});
  }

  ValueId ToPlain(ValueId image) { return Apply(Relayout{true}, {image}); }
  ValueId ToImage(ValueId plain) { return Apply(Relayout{false}, {plain}); }

  Graph Finish(ValueId output) {
    graph_.output = output;
    return std::move(graph_);
  }

 private:
  // Plain from one Relayout to the next.
  bool IsPlain(const Node& node) const {
    if (const auto* relayout = std::get_if<Relayout>(&node.operation)) return relayout->to_plain;
    return std::any_of(node.inputs.begin(), node.inputs.end(),
                       [&](ValueId id) { return id != kNoValue && graph_.value(id).plain; });
  }

  Graph graph_;
  uint32_t seed_;
};

}  // namespace tessera::test

#endif  // TESSERA_TESTS_GRAPH_BUILDER_H_
