#include "kernels/float_loops.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace tessera {
namespace {

// Vectors of the compiler's own kind: SSE, NEON or WebAssembly's, whatever there is.
using Floats = float __attribute__((vector_size(16)));
using Ints = int32_t __attribute__((vector_size(16)));
constexpr int64_t kLanes = 4;

Floats All(float x) { return Floats{x, x, x, x}; }

Floats Load(const float* x) {
  Floats floats;
  std::memcpy(&floats, x, sizeof(floats));
  return floats;
}

void Store(float* y, Floats floats) { std::memcpy(y, &floats, sizeof(floats)); }

Floats Max(Floats a, Floats b) { return a < b ? b : a; }
Floats Min(Floats a, Floats b) { return b < a ? b : a; }
Floats Abs(Floats x) { return Max(x, -x); }

// y = function(x, y), for functions of vectors and of single elements.
template <typename Function>
inline void ForEach(const float* x, float* y, int64_t count, const Function& function) {
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) Store(y + i, function(Load(x + i), Load(y + i)));
  for (; i < count; ++i) y[i] = function(x[i], y[i]);
}

// y = function(x), the last few elements by way of a vector of their own.
template <typename Function>
inline void Map(const float* x, float* y, int64_t count, const Function& function) {
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) Store(y + i, function(Load(x + i)));
  if (i == count) return;
  const auto bytes = static_cast<size_t>(count - i) * sizeof(float);
  Floats in = {};
  std::memcpy(&in, x + i, bytes);
  const Floats out = function(in);
  std::memcpy(y + i, &out, bytes);
}

// exp(x) = power * (1 + fraction) with a power of two; for |x| < log(2) / 2 the power is one, so
// that exp(x) - 1 loses nothing.
struct Exponential {
  Floats power;
  Floats fraction;

  Floats Value() const { return power + power * fraction; }
  Floats MinusOne() const { return (power - 1.0f) + power * fraction; }
};

// Beyond these exp is 0 or infinite in floats, near enough.
constexpr float kLowestExponent = -87.0f;
constexpr float kHighestExponent = 88.0f;

inline Exponential ExponentialOf(Floats x) {
  x = Min(Max(x, All(kLowestExponent)), All(kHighestExponent));
  // Adding 1.5 * 2^23 rounds to a whole number, which then lies in the lowest bits.
  constexpr float kRounder = 12582912.0f;
  const Floats shifted = x * 1.44269504f + kRounder;
  const Floats whole = shifted - kRounder;
  // log(2) in two parts: the first has few bits, so that its multiples are exact.
  const Floats r = (x - whole * 0.693359375f) + whole * 2.12194440e-4f;
  // Taylor's series; |r| <= 0.347, and the first term left out is below 1e-8.
  Floats series = r * (1.0f / 5040.0f) + 1.0f / 720.0f;
  series = series * r + 1.0f / 120.0f;
  series = series * r + 1.0f / 24.0f;
  series = series * r + 1.0f / 6.0f;
  series = series * r + 0.5f;
  const Ints exponent = std::bit_cast<Ints>(shifted) - std::bit_cast<int32_t>(kRounder);
  return {std::bit_cast<Floats>((exponent + 127) << 23), series * r * r + r};
}

// log(1 + u) for 0 <= u <= 1: twice the area tangent of u / (2 + u), which is at most 1/3.
inline Floats Log1p(Floats u) {
  const Floats z = u / (u + 2.0f);
  const Floats square = z * z;
  Floats series = square * (1.0f / 15.0f) + 1.0f / 13.0f;
  for (const float divisor : {11.0f, 9.0f, 7.0f, 5.0f, 3.0f, 1.0f}) {
    series = series * square + 1.0f / divisor;
  }
  return z * series * 2.0f;
}

}  // namespace

void AddTo(float* sums, const float* x, int64_t count) {
  ForEach(x, sums, count, [](auto in, auto sum) { return sum + in; });
}

void AddScaledTo(float* sums, float weight, const float* x, int64_t count) {
  ForEach(x, sums, count, [=](auto in, auto sum) { return sum + in * weight; });
}

void MaxTo(float* highest, const float* x, int64_t count) {
  ForEach(x, highest, count, [](auto in, auto high) { return high < in ? in : high; });
}

void MultiplyBy(float* x, float factor, int64_t count) {
  Map(x, x, count, [=](Floats in) { return in * factor; });
}

void Exp(const float* x, float* y, int64_t count) {
  // By way of the root, so that all that floats can hold is within the series' range.
  Map(x, y, count, [](Floats in) {
    const Floats root = ExponentialOf(in * 0.5f).Value();
    return root * root;
  });
}

void Silu(const float* x, float* y, int64_t count) {
  Map(x, y, count, [](Floats in) { return in / (ExponentialOf(-in).Value() + 1.0f); });
}

void GeluTanh(const float* x, float* y, int64_t count) {
  constexpr float kRoot = 1.59576912f;  // sqrt(8 / pi)
  Map(x, y, count, [](Floats in) {
    const Floats inner = in * (in * in * 0.044715f + 1.0f) * kRoot;
    return in / (ExponentialOf(-inner).Value() + 1.0f);
  });
}

void Softplus(const float* x, float* y, int64_t count) {
  Map(x, y, count,
      [](Floats in) { return Max(in, All(0.0f)) + Log1p(ExponentialOf(-Abs(in)).Value()); });
}

void Mish(const float* x, float* y, int64_t count) {
  // tanh(log(1 + e)) = (e^2 + 2e) / (e^2 + 2e + 2), which is 1 in floats long before e^2 overflows.
  Map(x, y, count, [](Floats in) {
    const Floats e = ExponentialOf(Min(in, All(20.0f))).Value();
    const Floats n = e * (e + 2.0f);
    return in * (n / (n + 2.0f));
  });
}

void Elu(const EluShape& shape, const float* x, float* y, int64_t count) {
  const float inverse = 1.0f / shape.width;
  Map(x, y, count, [=](Floats in) {
    const Floats below = ExponentialOf(Min(in, All(0.0f)) * inverse).MinusOne() * shape.negative;
    return in < 0.0f ? below : in * shape.positive;
  });
}

void HardSigmoid(float alpha, float beta, const float* x, float* y, int64_t count) {
  Map(x, y, count, [=](Floats in) { return Min(Max(in * alpha + beta, All(0.0f)), All(1.0f)); });
}

void Softsign(const float* x, float* y, int64_t count) {
  Map(x, y, count, [](Floats in) { return in / (Abs(in) + 1.0f); });
}

void ThresholdedRelu(float alpha, const float* x, float* y, int64_t count) {
  Map(x, y, count, [=](Floats in) { return in > alpha ? in : All(0.0f); });
}

void Reciprocal(const float* x, float* y, int64_t count) {
  Map(x, y, count, [](Floats in) { return 1.0f / in; });
}

}  // namespace tessera
