#include <doctest/doctest.h>

#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include "kernels/conv.h"

namespace tessera {
namespace {

constexpr WeightLayout kShortSums{.block_vectors = 1, .pairs = false, .short_sums = true};

// What a kernel does with a packed convolution, for one output pixel.
std::vector<int32_t> Sums(const PackedConv& packed, std::span<const uint8_t> codes,
                          int64_t outputs) {
  std::vector<int32_t> sums(static_cast<size_t>(outputs));
  const int8_t* weights = packed.weights.data();
  for (int64_t vector = 0; vector < RoundUpToGroup(outputs) / kChannelGroup; ++vector) {
    for (const int32_t offset : packed.window.run_offsets) {
      const uint8_t* code = codes.data() + offset;
      for (int32_t step = 0; step < packed.window.steps_per_run; ++step, code += 4, weights += 16) {
        for (int64_t lane = 0; lane < kChannelGroup; ++lane) {
          const int64_t output = vector * kChannelGroup + lane;
          for (int64_t i = 0; i < kChannelGroup && output < outputs; ++i) {
            sums[static_cast<size_t>(output)] += weights[4 * lane + i] * code[i];
          }
        }
      }
    }
  }
  return sums;
}

TEST_CASE("kernels: steps in pairs have the same products") {
  std::mt19937 random(1);
  for (const int32_t steps : {1, 2, 3, 8, 9}) {
    CAPTURE(steps);
    const ConvWindow window{.run_offsets = {0, 40, 100}, .steps_per_run = steps};
    constexpr int64_t kOutputs = 6;
    std::vector<int8_t> weights(static_cast<size_t>(kOutputs * 3 * steps * kChannelGroup));
    for (int8_t& weight : weights) weight = static_cast<int8_t>(random() % 128 - 64);
    // To the last run's last byte, so that nothing can be read beyond it.
    std::vector<uint8_t> codes(static_cast<size_t>(100 + 4 * steps));
    for (uint8_t& code : codes) code = static_cast<uint8_t>(random());
    const WeightLayout plain{.block_vectors = 1, .pairs = false, .short_sums = false};
    const PackedConv expected = PackConv(window, weights, kOutputs, plain);
    const PackedConv packed = PackConv(window, weights, kOutputs, kShortSums);
    CHECK(expected.short_runs == 0);
    CHECK(expected.window.run_offsets == window.run_offsets);
    CHECK(Sums(packed, codes, kOutputs) == Sums(expected, codes, kOutputs));
  }
}

TEST_CASE("kernels: sums of four products are short where they fit 16 bits") {
  const ConvWindow window{.run_offsets = {0, 64}, .steps_per_run = 4};
  const auto short_runs = [&](std::vector<int8_t> weights) {
    return PackConv(window, weights, 1, kShortSums);
  };
  std::vector<int8_t> weights(32, 0);
  CHECK(short_runs(weights).short_runs == 4);
  // 128 * 255 fits; products 0 and 1 of steps 0 and 1 are added up, and apart from them 2 and 3.
  weights[0] = weights[1] = weights[4] = weights[5] = 32;
  weights[2] = weights[3] = weights[6] = weights[7] = -32;
  CHECK(short_runs(weights).short_runs == 4);
  weights[5] = 33;
  CHECK(short_runs(weights).short_runs == 3);
  weights[0] = -32;  // Weights of the other sign do not help one another.
  CHECK(short_runs(weights).short_runs == 4);
  weights[3] = -33;
  const PackedConv packed = short_runs(weights);
  CHECK(packed.short_runs == 3);
  CHECK(packed.window.run_offsets == std::vector<int32_t>{8, 64, 72, 0});
}

}  // namespace
}  // namespace tessera
