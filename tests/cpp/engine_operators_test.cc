// Each operator of the float engine against the reference interpreter, on odd shapes.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "engine/float_executor.h"
#include "graph_builder.h"
#include "reference_interpreter.h"

namespace tessera::test {
namespace {

constexpr int64_t kHeight = 12;
constexpr int64_t kWidth = 18;

// What the executor has computed, as the interpreter orders it.
std::vector<float> OutputOf(const FloatExecutor& executor, bool plain) {
  const Tensor tensor = executor.output();
  std::vector<float> floats;
  for (int64_t c = 0; c < tensor.channels; ++c) {
    for (int64_t i = 0; i < tensor.pixels(); ++i) {
      floats.push_back(tensor.data[plain ? i : i * tensor.channels + c]);
    }
  }
  return floats;
}

// Errors relative to the larger of the expected number and 1.
void CheckRuns(const Graph& graph, std::pair<float, float> range = {-1.0f, 1.0f},
               double tolerance = 2e-6, int64_t height = kHeight, int64_t width = kWidth) {
  const Shape shape = {1, graph.value(graph.input).shape[1], height, width};
  const size_t count = static_cast<size_t>(shape[1] * height * width);
  const Dense image{shape, RandomFloats(count, 77, range.first, range.second)};
  const std::vector<float> expected = Interpret(graph, image).elements;
  for (const int64_t threads : {1, 2}) {
    CAPTURE(threads);
    Result<FloatExecutor> executor = FloatExecutor::Create(graph, height, width, threads);
    REQUIRE_MESSAGE(executor.ok(), executor.status().message());
    for (int run = 0; run < 2; ++run) {  // the second on dirty memory
      const Tensor input = executor->input();
      for (int64_t c = 0; c < input.channels; ++c) {
        for (int64_t i = 0; i < input.pixels(); ++i) {
          input.data[i * input.channels + c] =
              image.elements[static_cast<size_t>(c * input.pixels() + i)];
        }
      }
      REQUIRE(executor->Run(nullptr).ok());
      const std::vector<float> actual = OutputOf(*executor, graph.value(graph.output).plain);
      REQUIRE(actual.size() == expected.size());
      double largest = 0.0;
      for (size_t i = 0; i < actual.size(); ++i) {
        const double wanted = static_cast<double>(expected[i]);
        // Equal infinities are no error; what is no number anywhere else is.
        const double error =
            actual[i] == expected[i] ? 0.0 : std::abs(static_cast<double>(actual[i]) - wanted);
        largest =
            std::max(largest, std::isnan(error) ? 1e9 : error / std::max(1.0, std::abs(wanted)));
      }
      CHECK(largest <= tolerance);
    }
  }
}

// One operator on an image.
Graph Alone(Operation operation, int64_t channels) {
  GraphBuilder builder(channels);
  return builder.Finish(builder.Apply(std::move(operation), {builder.input()}));
}

TEST_CASE("operators: every elementwise function, in and beyond its usual range") {
  for (int kind = 0; kind <= static_cast<int>(Unary::Kind::kCos); ++kind) {
    CAPTURE(kind);
    const Unary unary{static_cast<Unary::Kind>(kind), 0.3f, 0.4f};
    const bool positive = unary.kind == Unary::Kind::kLog || unary.kind == Unary::Kind::kSqrt;
    for (const float range : {0.01f, 1.0f, 8.0f, 80.0f}) {
      CheckRuns(Alone(unary, 7), {positive ? 0.0f : -range, range});
    }
  }
}

TEST_CASE("operators: functions that end in 0 or 1 do so far out") {
  for (const auto kind : {Unary::Kind::kSilu, Unary::Kind::kMish, Unary::Kind::kSoftplus,
                          Unary::Kind::kGeluTanh, Unary::Kind::kElu, Unary::Kind::kExp}) {
    CAPTURE(static_cast<int>(kind));
    CheckRuns(Alone(Unary{kind, 1.0f}, 5), {-3000.0f, -80.0f});
    CheckRuns(Alone(Unary{kind, 1.0f}, 5), {80.0f, 3000.0f});
  }
}

TEST_CASE("operators: arithmetic of images, broadcast over channels or pixels from either side") {
  const std::vector<std::vector<int64_t>> reductions = {{}, {1}, {2, 3}, {1, 2, 3}, {2}, {3}};
  for (int kind = 0; kind <= static_cast<int>(Binary::Kind::kMod); ++kind) {
    for (const auto& left : reductions) {
      for (const auto& right : reductions) {
        CAPTURE(kind);
        CAPTURE(left.size());
        CAPTURE(right.size());
        GraphBuilder b(6);
        const ValueId x = b.Apply(Unary{Unary::Kind::kExp}, {b.input()});
        const auto reduced = [&](const std::vector<int64_t>& axes) {
          return axes.empty() ? x : b.Apply(Reduce{Reduce::Kind::kMax, axes}, {x});
        };
        const ValueId p = reduced(left);
        const ValueId q =
            b.Apply(Binary{Binary::Kind::kAdd}, {reduced(right), b.Constant({}, {0.37f})});
        CheckRuns(b.Finish(b.Apply(Binary{static_cast<Binary::Kind>(kind)}, {p, q})), {-1.0f, 1.0f},
                  1e-5, 5, 7);
      }
    }
  }
}

TEST_CASE("operators: powers by a constant") {
  for (const float exponent : {2.0f, 0.5f, 3.0f, -0.5f}) {
    CAPTURE(exponent);
    GraphBuilder b(5);
    const ValueId y = b.Apply(Binary{Binary::Kind::kPow}, {b.input(), b.Constant({}, {exponent})});
    CheckRuns(b.Finish(y), {0.1f, 2.0f});
  }
}

TEST_CASE("operators: channels to space and back, and channels chosen") {
  CheckRuns(Alone(SpaceToDepth{2}, 5), {-1.0f, 1.0f}, 0.0);
  CheckRuns(Alone(SpaceToDepth{3}, 1), {-1.0f, 1.0f}, 0.0);
  CheckRuns(Alone(SelectChannels{{2, 3, 4}}, 7), {-1.0f, 1.0f}, 0.0);
  CheckRuns(Alone(SelectChannels{{6, 0, 0, 3, 4, 1}}, 7), {-1.0f, 1.0f}, 0.0);
}

TEST_CASE("operators: padding of every mode, mixed with crops") {
  for (const auto mode :
       {Pad::Mode::kConstant, Pad::Mode::kReflect, Pad::Mode::kEdge, Pad::Mode::kWrap}) {
    CAPTURE(static_cast<int>(mode));
    CheckRuns(Alone(Pad{{1, 2}, {3, 0}, 0.5f, mode}, 3), {-1.0f, 1.0f}, 0.0);
    CheckRuns(Alone(Pad{{-1, 2}, {3, -4}, 0.5f, mode}, 3), {-1.0f, 1.0f}, 0.0);
    CheckRuns(Alone(Pad{{-2, -1}, {-3, -5}, 0.5f, mode}, 3), {-1.0f, 1.0f}, 0.0);
    // What is reflected or wrapped is no more than the image has.
    if (mode == Pad::Mode::kReflect || mode == Pad::Mode::kWrap) continue;
    CheckRuns(Alone(Pad{{7, 9}, {8, 6}, 0.5f, mode}, 2), {-1.0f, 1.0f}, 0.0, 4, 3);
    CheckRuns(Alone(Pad{{1, 1}, {1, 1}, 0.5f, mode}, 2), {-1.0f, 1.0f}, 0.0, 1, 1);
  }
}

TEST_CASE("operators: pools with random windows") {
  std::mt19937 random(5);
  const auto pick = [&](int64_t low, int64_t high) {
    return low + static_cast<int64_t>(random() % static_cast<uint32_t>(high - low + 1));
  };
  for (int i = 0; i < 150; ++i) {
    CAPTURE(i);
    Pool pool;
    pool.kind = i % 2 ? Pool::Kind::kMax : Pool::Kind::kAverage;
    pool.ceil_mode = pick(0, 1) != 0;
    pool.count_include_pad = pick(0, 1) != 0;
    for (size_t axis = 0; axis < 2; ++axis) {
      pool.kernel[axis] = pick(1, 7);
      pool.stride[axis] = pick(1, 4);
      pool.dilation[axis] = pool.kernel[axis] > 3 ? 1 : pick(1, 2);
      const int64_t most = pool.kernel[axis] / 2;  // as exporters allow
      pool.pads_begin[axis] = pick(0, most);
      pool.pads_end[axis] = pick(0, most);
    }
    CheckRuns(Alone(pool, pick(1, 9)), {-1.0f, 1.0f}, 2e-6, pick(8, 13), pick(8, 13));
  }
}

TEST_CASE("operators: reductions of an image over channels, lines or everything") {
  for (int kind = 0; kind <= static_cast<int>(Reduce::Kind::kProduct); ++kind) {
    for (const std::vector<int64_t>& axes :
         std::vector<std::vector<int64_t>>{{1}, {2}, {3}, {2, 3}, {1, 2, 3}}) {
      CAPTURE(kind);
      CAPTURE(axes.size());
      CheckRuns(Alone(Reduce{static_cast<Reduce::Kind>(kind), axes}, 6));
    }
  }
}

TEST_CASE("operators: softmax over channels") {
  for (const bool log : {false, true}) {
    CheckRuns(Alone(Softmax{1, log}, 9), {-20.0f, 20.0f});
    CheckRuns(Alone(Softmax{1, log}, 4), {500.0f, 600.0f});
  }
}

TEST_CASE("operators: resizing in every mode, up and down") {
  for (const auto mode : {Resize::Mode::kNearest, Resize::Mode::kLinear, Resize::Mode::kCubic}) {
    for (const auto coordinates :
         {Resize::Coordinates::kHalfPixel, Resize::Coordinates::kPytorchHalfPixel,
          Resize::Coordinates::kAsymmetric, Resize::Coordinates::kAlignCorners}) {
      for (const bool antialias : {false, true}) {
        for (const bool exclude : {false, true}) {
          for (const std::array<double, 2> scale :
               {std::array<double, 2>{2.0, 3.0}, {0.5, 1.5}, {1.0 / 3.0, 0.25}, {1.25, 0.75}}) {
            CAPTURE(static_cast<int>(mode));
            CAPTURE(static_cast<int>(coordinates));
            CAPTURE(antialias);
            CAPTURE(exclude);
            CAPTURE(scale[0]);
            Resize resize;
            resize.mode = mode;
            resize.coordinates = coordinates;
            resize.antialias = antialias && mode != Resize::Mode::kNearest;
            resize.exclude_outside = exclude && mode == Resize::Mode::kCubic;
            resize.scale = scale;
            CheckRuns(Alone(resize, 3), {-1.0f, 1.0f}, 5e-6, 13, 16);
          }
        }
      }
    }
  }
}

TEST_CASE("operators: a resize back to the image's size after a strided pool") {
  for (const auto mode : {Resize::Mode::kLinear, Resize::Mode::kCubic}) {
    for (int64_t height = 9; height < 16; ++height) {
      GraphBuilder b(5);
      const ValueId pooled = b.Apply(Pool{.kernel = {7, 7}, .stride = {3, 3}}, {b.input()});
      Resize resize;
      resize.mode = mode;
      resize.to_image = {Rational(1), Rational(1)};
      const ValueId back = b.Apply(resize, {pooled});
      const ValueId gated = b.Apply(Binary{Binary::Kind::kMul},
                                    {b.input(), b.Apply(Unary{Unary::Kind::kSigmoid}, {back})});
      CheckRuns(b.Finish(gated), {-1.0f, 1.0f}, 5e-6, height, height + 5);
    }
  }
}

TEST_CASE("operators: plain tensors of any rank are rearranged") {
  GraphBuilder b(6);
  const ValueId x = b.ToPlain(b.input());
  const Extent h = Extent::Height();
  const Extent w = Extent::Width();
  const Extent rows = *Extent::Quotient(h, 4);
  const Extent columns = *Extent::Quotient(w, 3);
  // Windows of 4x3 with two heads, as attention cuts them.
  ValueId y = b.Apply(Reshape{{2, 3, rows, 4, columns, 3}}, {x});
  y = b.Apply(Transpose{{2, 4, 0, 3, 5, 1}}, {y});
  y = b.Apply(Slice{3, 1, 4, 2}, {y});
  y = b.Apply(Gather{4, {2, 0, 0}}, {y});
  const Extent windows = *Extent::Product(rows, columns);
  y = b.Apply(Reshape{{windows, 2, 6, 3}}, {y});
  y = b.Apply(Concat{2}, {y, y});
  CheckRuns(b.Finish(y), {-1.0f, 1.0f}, 0.0);
}

TEST_CASE("operators: a plain tensor becomes an image again") {
  for (const int64_t channels : {1, 4}) {
    GraphBuilder b(channels);
    ValueId y = b.Apply(Transpose{{0, 1, 3, 2}}, {b.ToPlain(b.input())});
    y = b.Apply(Unary{Unary::Kind::kSilu}, {y});
    y = b.Apply(Transpose{{0, 1, 3, 2}}, {y});
    CheckRuns(b.Finish(b.Add(b.ToImage(y), b.input())));
  }
}

TEST_CASE("operators: plain tensors are repeated, reduced and combined") {
  for (const int64_t axis : {0, 1, 2, 3}) {
    CAPTURE(axis);
    GraphBuilder b(5);
    const ValueId x = b.Apply(Transpose{{3, 1, 0, 2}}, {b.ToPlain(b.input())});
    const ValueId softmax = b.Apply(Softmax{axis}, {x});
    const ValueId mean = b.Apply(Reduce{Reduce::Kind::kMean, {axis}}, {x});
    const ValueId scaled = b.Apply(Binary{Binary::Kind::kMul}, {mean, b.RandomConstant({5, 1, 1})});
    const ValueId shape_of = b.Apply(Binary{Binary::Kind::kSub}, {softmax, scaled});
    const ValueId repeated =
        b.Apply(Expand{{3, Extent::Width(), 5, 1, Extent::Height()}}, {shape_of});
    CheckRuns(b.Finish(repeated));
  }
}

TEST_CASE("operators: arithmetic over more axes than XNNPACK takes") {
  GraphBuilder b(4);
  const ValueId x = b.Apply(Reshape{{2, 2, *Extent::Quotient(Extent::Height(), 6), 2, 3,
                                     *Extent::Quotient(Extent::Width(), 9), 3, 3}},
                            {b.ToPlain(b.input())});
  const ValueId y =
      b.Apply(Binary{Binary::Kind::kMul}, {x, b.RandomConstant({1, 2, 1, 1, 1, 1, 3, 3})});
  CheckRuns(b.Finish(y));
}

TEST_CASE("operators: products of matrices, with constants and with tensors") {
  GraphBuilder b(6);
  const Extent pixels = *Extent::Product(Extent::Height(), Extent::Width());
  const ValueId x = b.Apply(Reshape{{1, 2, 3, pixels}}, {b.ToPlain(b.input())});
  const ValueId columns = b.Apply(Transpose{{0, 1, 3, 2}}, {x});
  SUBCASE("a tensor by a tensor, batch by batch") {
    CheckRuns(b.Finish(b.Apply(MatMul{}, {x, columns})), {-1.0f, 1.0f}, 1e-5);
  }
  SUBCASE("a tensor by one constant") {
    const ValueId y = b.Apply(MatMul{}, {columns, b.RandomConstant({3, 7})});
    CheckRuns(b.Finish(y), {-1.0f, 1.0f}, 1e-5);
  }
  SUBCASE("a constant by a tensor") {
    const ValueId y = b.Apply(MatMul{}, {b.RandomConstant({5, 3}), x});
    CheckRuns(b.Finish(y), {-1.0f, 1.0f}, 1e-5);
  }
  SUBCASE("both sides are repeated") {
    const ValueId y = b.Apply(MatMul{}, {columns, b.RandomConstant({4, 1, 3, 2})});
    CheckRuns(b.Finish(y), {-1.0f, 1.0f}, 1e-5);
  }
}

TEST_CASE("operators: a reshape shares memory and disturbs nobody") {
  GraphBuilder b(3);
  const ValueId x = b.Apply(Unary{Unary::Kind::kSilu}, {b.ToPlain(b.input())});
  const Extent pixels = *Extent::Product(Extent::Height(), Extent::Width());
  const ValueId row = b.Apply(Reshape{{3, pixels}}, {x});
  const ValueId changed = b.Apply(Unary{Unary::Kind::kNeg}, {row});  // x is read later
  const ValueId back = b.Apply(Reshape{{1, 3, Extent::Height(), Extent::Width()}}, {changed});
  const ValueId sum = b.Apply(Binary{Binary::Kind::kSub}, {x, back});
  CheckRuns(b.Finish(sum));
}

}  // namespace
}  // namespace tessera::test
