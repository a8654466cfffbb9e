#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "engine/float_executor.h"
#include "graph/graph.h"
#include "reference_interpreter.h"

namespace tessera {
namespace {

constexpr int64_t kChannels = 5;  // not a multiple of any vector length
constexpr int64_t kHeight = 6;
constexpr int64_t kWidth = 7;

class GraphMaker {
 public:
  explicit GraphMaker(uint32_t seed) : random_(seed) {
    graph_.input = NewValue();
    tensors_.push_back(graph_.input);
  }

  // Appends an operation on random earlier tensors, so that some are used again much later.
  void AddRandomNode() {
    const ValueId a = Pick();
    switch (random_() % 5) {
      case 0:
        return Append(Clip{-0.5f, 0.75f}, {a});
      case 1:
        return Append(LeakyRelu{0.2f}, {a});
      case 2:
        return Append(PRelu{}, {a, NewConstant({kChannels, 1, 1})});
      case 3:
        return AppendConv(a);
      default:
        return Append(Binary{random_() % 2 ? Binary::Kind::kAdd : Binary::Kind::kMul}, {a, Pick()});
    }
  }

  Graph Finish() {
    graph_.output = tensors_.back();
    return graph_;
  }

  std::vector<float> RandomFloats(int64_t count) {
    std::uniform_real_distribution<float> uniform(-1.0f, 1.0f);
    std::vector<float> floats;
    for (int64_t i = 0; i < count; ++i) floats.push_back(uniform(random_));
    return floats;
  }

 private:
  ValueId Pick() { return tensors_[random_() % tensors_.size()]; }

  ValueId NewValue() {
    Value value;
    value.name = "v" + std::to_string(graph_.values.size());
    value.shape = {1, kChannels, kUnknownDim, kUnknownDim};
    return graph_.AddValue(std::move(value));
  }

  ValueId NewConstant(Shape shape) {
    Value value;
    value.name = "c" + std::to_string(graph_.values.size());
    int64_t count = 1;
    for (int64_t extent : shape) count *= extent;
    value.shape = std::move(shape);
    value.constant = MakeConstant(RandomFloats(count));
    return graph_.AddValue(std::move(value));
  }

  void AppendConv(ValueId input) {
    Conv conv;
    conv.kernel = {3, 3};
    conv.pads_begin = conv.pads_end = {1, 1};
    Append(conv, {input, NewConstant({kChannels, kChannels, 3, 3}), NewConstant({kChannels})});
  }

  void Append(Operation operation, std::vector<ValueId> inputs) {
    Node node;
    node.name = "n" + std::to_string(graph_.nodes.size());
    node.operation = std::move(operation);
    node.inputs = std::move(inputs);
    node.output = NewValue();
    tensors_.push_back(node.output);
    graph_.nodes.push_back(std::move(node));
  }

  std::mt19937 random_;
  Graph graph_;
  std::vector<ValueId> tensors_;
};

void WriteNhwc(const std::vector<float>& nchw, Tensor tensor) {
  for (int64_t c = 0; c < tensor.channels; ++c) {
    for (int64_t i = 0; i < tensor.pixels(); ++i) {
      tensor.data[i * tensor.channels + c] = nchw[static_cast<size_t>(c * tensor.pixels() + i)];
    }
  }
}

double LargestRelativeError(const std::vector<float>& expected_nchw, Tensor actual) {
  double largest = 0.0;
  for (int64_t c = 0; c < actual.channels; ++c) {
    for (int64_t i = 0; i < actual.pixels(); ++i) {
      const double expected = expected_nchw[static_cast<size_t>(c * actual.pixels() + i)];
      const double error = std::abs(actual.data[i * actual.channels + c] - expected);
      largest = std::max(largest, error / std::max(1.0, std::abs(expected)));
    }
  }
  return largest;
}

TEST_CASE("float executor: random graphs that share memory compute what the interpreter does") {
  for (uint32_t seed = 0; seed < 60; ++seed) {
    CAPTURE(seed);
    GraphMaker maker(seed);
    for (int i = 0; i < 12; ++i) maker.AddRandomNode();
    const Graph graph = maker.Finish();
    const std::vector<float> input = maker.RandomFloats(kChannels * kHeight * kWidth);
    Result<FloatExecutor> executor = FloatExecutor::Create(graph, kHeight, kWidth, 1);
    REQUIRE_MESSAGE(executor.ok(), executor.status().message());
    for (int run = 0; run < 2; ++run) {  // the second on dirty memory
      WriteNhwc(input, executor->input());
      REQUIRE(executor->Run(nullptr).ok());
      const std::vector<float> expected = test::Interpret(graph, input, kHeight, kWidth);
      CHECK(LargestRelativeError(expected, executor->output()) < 1e-4);
    }
  }
}

TEST_CASE("float executor: progress ends at one, a cancelled run says so") {
  GraphMaker maker(1);
  for (int i = 0; i < 4; ++i) maker.AddRandomNode();
  Result<FloatExecutor> executor = FloatExecutor::Create(maker.Finish(), kHeight, kWidth, 1);
  REQUIRE(executor.ok());
  RunContext context;
  CHECK(executor->Run(&context).ok());
  CHECK(context.progress() == 1.0);

  RunContext cancelled;
  cancelled.Cancel();
  CHECK(executor->Run(&cancelled).code() == StatusCode::kCancelled);
  CHECK(cancelled.progress() == 0.0);
}

TEST_CASE("float executor: an impossible extent is refused") {
  const Graph graph = GraphMaker(2).Finish();
  CHECK(!FloatExecutor::Create(graph, 0, 5, 1).ok());
  CHECK(!FloatExecutor::Create(graph, int64_t{1} << 40, int64_t{1} << 40, 1).ok());
}

}  // namespace
}  // namespace tessera
