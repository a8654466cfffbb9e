#ifndef TESSERA_QUANT_PATCH_STATISTICS_H_
#define TESSERA_QUANT_PATCH_STATISTICS_H_

#include <pthreadpool.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/step.h"
#include "graph/graph.h"

namespace tessera {

/// The same positions for tensors of the same extents: indices of pixels, spread at random.
std::vector<int64_t> SamplePixels(int64_t pixels, int64_t count, uint32_t seed);

/// What a convolution's weights are multiplied by, as it goes together: means and products of the
/// elements of its input patches, at some of its output pixels.
class PatchStatistics {
 public:
  /// Weights have shape [outputs, inputs per group, height, width]; room for `patches` of them.
  PatchStatistics(const Conv& conv, const Shape& weights, size_t patches);

  /// Elements of a patch, in the order of the weights: input channel of the group, row, column.
  size_t patch_size() const { return inputs_per_group_ * taps(); }
  size_t groups() const { return patches_.size(); }

  /// Reads `count` patches of the convolution's input, from the `first` one's place on. Calls for
  /// different places may run at the same time.
  void Read(Tensor input, size_t first, int64_t count, uint32_t seed);

  /// E[x[i]] of a group's patches, at index i.
  std::vector<double> Means(size_t group) const;
  /// E[x[i] * x[j]], at index i * patch_size() + j. `threads` may be null.
  std::vector<double> Products(size_t group, pthreadpool_t threads) const;

 private:
  size_t taps() const { return static_cast<size_t>(conv_.kernel[0] * conv_.kernel[1]); }
  void ReadPatch(const Conv& conv, Tensor input, int64_t y, int64_t x, size_t group, float* patch);

  Conv conv_;
  size_t inputs_per_group_;
  size_t count_;
  size_t stride_;                            // floats from a patch to the next
  std::vector<std::vector<float>> patches_;  // per group: [patch][element]
};

}  // namespace tessera

#endif  // TESSERA_QUANT_PATCH_STATISTICS_H_
