// What the machine can do at most: loops of nothing but multiply-add instructions, on accumulators
// that never leave the registers. Kernels are judged by their share of it.
#include <cstdint>

#include "catalog.h"

#ifdef __wasm_simd128__
#include <wasm_simd128.h>
#endif

namespace tessera::bench {
namespace {

// As many as a kernel can keep in the sixteen registers of x86, and enough to hide the latency of
// the slowest of these instructions.
constexpr int kAccumulators = 12;
constexpr int kSteps = 4096;  // per iteration of the benchmark
constexpr int kUnrolled = 4;  // the loop's own instructions then take no part of the time

#ifdef __wasm_simd128__

using Vector = v128_t;

Vector SplatInt(int8_t value) { return wasm_i8x16_splat(value); }
Vector SplatFloat(float value) { return wasm_f32x4_splat(value); }

// The two operations without relaxed SIMD multiply the accumulator itself: a product of constants
// would be taken out of the loop, and what is left would be an addition.
#ifdef __wasm_relaxed_simd__
constexpr int kIntLanes = 16;
Vector StepInt(Vector x, Vector sum) { return wasm_i32x4_relaxed_dot_i8x16_i7x16_add(x, x, sum); }
Vector StepFloat(Vector x, Vector sum) { return wasm_f32x4_relaxed_madd(x, x, sum); }
#else
constexpr int kIntLanes = 8;
Vector StepInt(Vector x, Vector sum) { return wasm_i32x4_add(wasm_i32x4_dot_i16x8(sum, x), sum); }
Vector StepFloat(Vector x, Vector sum) { return wasm_f32x4_add(wasm_f32x4_mul(sum, x), sum); }
#endif
constexpr int kFloatLanes = 4;

#else  // Native builds have no SIMD kernels of ours: one multiplication at a time.

template <typename T>
struct Scalar {
  T value;
};

Scalar<int32_t> SplatInt(int8_t value) { return {value}; }
Scalar<float> SplatFloat(float value) { return {value}; }
constexpr int kIntLanes = 1;
constexpr int kFloatLanes = 1;

Scalar<int32_t> StepInt(Scalar<int32_t> x, Scalar<int32_t> sum) {
  // Unsigned: the sums overflow.
  const auto value = static_cast<uint32_t>(sum.value);
  return {static_cast<int32_t>(value * static_cast<uint32_t>(x.value) + value)};
}
Scalar<float> StepFloat(Scalar<float> x, Scalar<float> sum) {
  return {sum.value * x.value + sum.value};
}

#endif

/// Runs kSteps times kAccumulators steps per iteration.
template <typename V, typename Step>
void RunPeak(benchmark::State& state, V x, Step step) {
  for (auto _ : state) {
    // Hidden from the compiler, which would otherwise compute the outcome.
    benchmark::DoNotOptimize(x);
    V sums[kAccumulators];
    for (V& sum : sums) sum = x;
    for (int i = 0; i < kSteps; i += kUnrolled) {
#ifdef __clang__
#pragma clang loop unroll(full)
#endif
      for (int j = 0; j < kUnrolled * kAccumulators; ++j) {
        V& sum = sums[j % kAccumulators];
        sum = step(x, sum);
      }
    }
    for (V& sum : sums) benchmark::DoNotOptimize(sum);
  }
}

}  // namespace

void RegisterPeaks() {
  constexpr double kPerIteration = double{kSteps} * kAccumulators;
  RegisterPeak("int8", kPerIteration * kIntLanes,
               [](benchmark::State& state) { RunPeak(state, SplatInt(1), StepInt); });
  RegisterPeak("float", kPerIteration * kFloatLanes, [](benchmark::State& state) {
    // So small that the sums stay what they are: numbers that grow or die away can cost time.
    RunPeak(state, SplatFloat(1e-9F), StepFloat);
  });
}

}  // namespace tessera::bench
