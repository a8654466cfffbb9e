#include "kernels/conv.h"

#include <algorithm>
#include <cstdlib>

namespace tessera {
namespace {

constexpr int32_t kPairSteps = 2;
constexpr int64_t kPairWeights = kPairSteps * kChannelGroup;

/// Weights [output][step][4], for all runs.
struct StepWeights {
  std::span<const int8_t> weights;
  int64_t outputs;
  int64_t steps;

  int8_t At(int64_t output, int64_t step, int64_t input) const {
    return weights[static_cast<size_t>((output * steps + step) * kChannelGroup + input)];
  }
};

/// Two steps beside each other, as one run.
struct StepPair {
  int32_t offset = 0;        // of the first one's codes
  int64_t step = 0;          // the first one
  bool skips_first = false;  // another pair has its products
  bool is_short = false;

  int8_t Weight(const StepWeights& all, int64_t output, int64_t index) const {
    if (skips_first && index < kChannelGroup) return 0;
    return all.At(output, step + index / kChannelGroup, index % kChannelGroup);
  }

  // Whether the sums that PackedConv::short_runs speaks of fit. Codes of 0 leave products out, so
  // that only weights of one sign add up.
  bool FitsShort(const StepWeights& all) const {
    constexpr int32_t kMost = INT16_MAX / 255;
    for (int64_t output = 0; output < all.outputs; ++output) {
      for (const int64_t first : {0, 2}) {
        int32_t positive = 0;
        int32_t negative = 0;
        for (const int64_t index : {first, first + 1, first + 4, first + 5}) {
          const int32_t weight{Weight(all, output, index)};
          (weight < 0 ? negative : positive) += std::abs(weight);
        }
        if (std::max(positive, negative) > kMost) return false;
      }
    }
    return true;
  }
};

/// The window's steps two by two, those with short sums first.
std::vector<StepPair> StepPairs(const ConvWindow& window, const StepWeights& weights) {
  std::vector<StepPair> pairs;
  int64_t run_step = 0;
  for (const int32_t offset : window.run_offsets) {
    for (int32_t step = 0; step < window.steps_per_run; step += kPairSteps) {
      // A last single step is paired with the one before it: nothing may be read after a run.
      const int32_t first = std::min(step, window.steps_per_run - kPairSteps);
      StepPair pair;
      pair.offset = offset + first * static_cast<int32_t>(kChannelGroup);
      pair.step = run_step + first;
      pair.skips_first = first < step;
      pair.is_short = pair.FitsShort(weights);
      pairs.push_back(pair);
    }
    run_step += window.steps_per_run;
  }
  std::stable_partition(pairs.begin(), pairs.end(),
                        [](const StepPair& pair) { return pair.is_short; });
  return pairs;
}

std::vector<int8_t> PackWeights(const StepWeights& all, const WeightLayout& layout) {
  const int64_t vectors = RoundUpToGroup(all.outputs) / kChannelGroup;
  std::vector<int8_t> packed;
  packed.reserve(static_cast<size_t>(vectors * all.steps * 16));
  for (int64_t first = 0; first < vectors; first += layout.block_vectors) {
    const int64_t last = std::min<int64_t>(first + layout.block_vectors, vectors);
    for (int64_t step = 0; step < all.steps; ++step) {
      for (int64_t vector = first; vector < last; ++vector) {
        for (int64_t i = 0; i < 16; ++i) {
          const int64_t output = vector * kChannelGroup + (layout.pairs ? i / 2 % 4 : i / 4);
          const int64_t input = layout.pairs ? i / 8 * 2 + i % 2 : i % 4;
          packed.push_back(output < all.outputs ? all.At(output, step, input) : int8_t{0});
        }
      }
    }
  }
  return packed;
}

PackedConv PackPairs(const ConvWindow& window, const StepWeights& weights,
                     const WeightLayout& layout) {
  const std::vector<StepPair> pairs = StepPairs(window, weights);
  PackedConv packed;
  packed.window.steps_per_run = kPairSteps;
  for (const StepPair& pair : pairs) {
    packed.window.run_offsets.push_back(pair.offset);
    packed.short_runs += pair.is_short ? 1 : 0;
  }
  std::vector<int8_t> paired;
  for (int64_t output = 0; output < weights.outputs; ++output) {
    for (const StepPair& pair : pairs) {
      for (int64_t i = 0; i < kPairWeights; ++i) paired.push_back(pair.Weight(weights, output, i));
    }
  }
  const auto steps = static_cast<int64_t>(pairs.size()) * kPairSteps;
  packed.weights = PackWeights({paired, weights.outputs, steps}, layout);
  return packed;
}

}  // namespace

PackedConv PackConv(const ConvWindow& window, std::span<const int8_t> weights, int64_t outputs,
                    const WeightLayout& layout) {
  const auto runs = static_cast<int64_t>(window.run_offsets.size());
  const StepWeights all = {weights, outputs, runs * window.steps_per_run};
  if (layout.short_sums && window.steps_per_run >= kPairSteps) {
    return PackPairs(window, all, layout);
  }
  return {window, 0, PackWeights(all, layout)};
}

ConvKernel KernelReading(const PackedConv& packed) {
  ConvKernel kernel;
  kernel.run_offsets = packed.window.run_offsets.data();
  kernel.runs = static_cast<int32_t>(packed.window.run_offsets.size());
  kernel.steps_per_run = packed.window.steps_per_run;
  kernel.short_runs = packed.short_runs;
  kernel.weights = packed.weights.data();
  return kernel;
}

}  // namespace tessera
