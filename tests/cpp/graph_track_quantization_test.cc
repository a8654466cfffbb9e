#include <doctest/doctest.h>

#include <cmath>
#include <optional>
#include <vector>

#include "graph/track_quantization.h"
#include "graph_builder.h"
#include "reference_interpreter.h"

namespace tessera {
namespace {

using test::GraphBuilder;

constexpr Quantization kInt8{0.25f, -3, true};
constexpr Quantization kUint8{0.5f, 10, false};

// What is known of the last of `build`'s nodes, applied to values quantized as the arguments say.
template <typename Build>
std::optional<Quantization> Known(const Quantization& first, const Quantization& second,
                                  Build build) {
  GraphBuilder b(4);
  const ValueId x = b.Apply(FakeQuantize{first}, {b.input()});
  const ValueId y = b.Apply(FakeQuantize{second}, {b.input()});
  const ValueId output = build(b, x, y);
  const Graph graph = b.Finish(output);
  return TrackQuantization(graph)[static_cast<size_t>(output)];
}

template <typename Op>
std::optional<Quantization> KnownAfter(const Op& operation) {
  return Known(kInt8, kInt8,
               [&](GraphBuilder& b, ValueId x, ValueId) { return b.Apply(operation, {x}); });
}

TEST_CASE("quantization: codes and back, with ties to even and saturation") {
  for (const Quantization& quantization : {kInt8, kUint8}) {
    GraphBuilder b(1);
    const Graph graph = b.Finish(b.Apply(FakeQuantize{quantization}, {b.input()}));
    for (int i = -2000; i <= 2000; ++i) {
      const float x = static_cast<float>(i) / 16.0f;
      CHECK(FakeQuantized(quantization, x) == test::Interpret(graph, {x}, 1, 1)[0]);
    }
  }
  CHECK(FakeQuantized(kInt8, 0.125f) == 0.0f);
  CHECK(FakeQuantized(kInt8, 0.375f) == 0.5f);
  CHECK(FakeQuantized(kInt8, INFINITY) == 0.25f * (127 + 3));
  CHECK(FakeQuantized(kUint8, -1e30f) == 0.5f * (0 - 10));
}

TEST_CASE("quantization: operators that only move elements keep it") {
  CHECK(KnownAfter(DepthToSpace{2, DepthToSpace::Order::kCrd}) == kInt8);
  CHECK(KnownAfter(Transpose{{0, 2, 3, 1}}) == kInt8);
  Resize resize;
  resize.scale = {2.0, 2.0};
  CHECK(KnownAfter(resize) == kInt8);
  resize.mode = Resize::Mode::kLinear;
  CHECK(KnownAfter(resize) == std::nullopt);
}

TEST_CASE("quantization: the others do not") {
  CHECK(KnownAfter(LeakyRelu{0.5f}) == std::nullopt);
  CHECK(KnownAfter(Unary{Unary::Kind::kTanh}) == std::nullopt);
  CHECK(Known(kInt8, kInt8, [](GraphBuilder& b, ValueId x, ValueId y) { return b.Add(x, y); }) ==
        std::nullopt);
  CHECK(Known(kInt8, kInt8, [](GraphBuilder& b, ValueId x, ValueId) { return b.Convolve(x, 4); }) ==
        std::nullopt);
  GraphBuilder b(1);
  const Graph graph = b.Finish(b.Shuffle(b.Convolve(b.input(), 4), 2));
  for (const auto& known : TrackQuantization(graph)) CHECK(known == std::nullopt);
}

TEST_CASE("quantization: Pad keeps it when a code stands for its value") {
  CHECK(KnownAfter(Pad{{1, 1}, {1, 1}, 0.0f}) == kInt8);
  CHECK(KnownAfter(Pad{{1, 1}, {1, 1}, 0.75f}) == kInt8);
  CHECK(KnownAfter(Pad{{1, 1}, {1, 1}, 0.8f}) == std::nullopt);
  CHECK(KnownAfter(Pad{{1, 1}, {1, 1}, 1000.0f}) == std::nullopt);
}

TEST_CASE("quantization: Concat keeps it when all inputs agree") {
  const auto concat = [](GraphBuilder& b, ValueId x, ValueId y) {
    return b.Apply(Concat{1}, {x, y});
  };
  CHECK(Known(kInt8, kInt8, concat) == kInt8);
  CHECK(Known(kInt8, kUint8, concat) == std::nullopt);
  CHECK(Known(kInt8, kInt8, [](GraphBuilder& b, ValueId x, ValueId) {
          return b.Apply(Concat{1}, {x, b.input()});
        }) == std::nullopt);
}

TEST_CASE("quantization: the last FakeQuantize counts") {
  CHECK(Known(kInt8, kInt8, [](GraphBuilder& b, ValueId x, ValueId) {
          return b.Shuffle(b.Apply(FakeQuantize{kUint8}, {x}), 2);
        }) == kUint8);
}

}  // namespace
}  // namespace tessera
