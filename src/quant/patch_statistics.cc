#include "quant/patch_statistics.h"

#include <algorithm>
#include <cstring>

#include "engine/parallel_rows.h"
#include "graph/infer_node.h"

namespace tessera {
namespace {

// The matrix of products is computed in tiles of so many rows and columns, whose sums stay in
// registers over so many patches.
constexpr size_t kTileRows = 4;
constexpr size_t kTileColumns = 8;
constexpr size_t kPatchesAtOnce = 128;

using FourFloats = float __attribute__((vector_size(16)));

FourFloats LoadFour(const float* from) {
  FourFloats four;
  std::memcpy(&four, from, sizeof(four));
  return four;
}

// Adds to `sums`, kTileRows rows of kTileColumns, the products of `count` patches' elements from i
// on and from j on.
void AddTile(const float* patches, size_t stride, size_t count, size_t i, size_t j,
             double* const sums[kTileRows]) {
  constexpr size_t kVectors = kTileColumns / 4;
  FourFloats tile[kTileRows][kVectors] = {};
  for (size_t p = 0; p < count; ++p) {
    const float* patch = patches + p * stride;
    FourFloats columns[kVectors];
    for (size_t v = 0; v < kVectors; ++v) columns[v] = LoadFour(patch + j + 4 * v);
    for (size_t r = 0; r < kTileRows; ++r) {
      const float row = patch[i + r];
      const FourFloats factor = {row, row, row, row};
      for (size_t v = 0; v < kVectors; ++v) tile[r][v] += factor * columns[v];
    }
  }
  for (size_t r = 0; r < kTileRows; ++r) {
    for (size_t c = 0; c < kTileColumns; ++c) sums[r][c] += tile[r][c / 4][c % 4];
  }
}

int64_t OutputExtent(const Conv& conv, size_t axis, int64_t input) {
  const int64_t padded = input + conv.pads_begin[axis] + conv.pads_end[axis];
  const int64_t reach = conv.dilation[axis] * (conv.kernel[axis] - 1) + 1;
  return std::max<int64_t>((padded - reach) / conv.stride[axis] + 1, 0);
}

}  // namespace

std::vector<int64_t> SamplePixels(int64_t pixels, int64_t count, uint32_t seed) {
  std::vector<int64_t> chosen;
  // Knuth's multiplier for 64 bits; the upper bits are the random ones.
  uint64_t state = seed;
  for (int64_t i = 0; i < count && pixels > 0; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    chosen.push_back(static_cast<int64_t>((state >> 33) % static_cast<uint64_t>(pixels)));
  }
  return chosen;
}

PatchStatistics::PatchStatistics(const Conv& conv, const Shape& weights, size_t patches)
    : conv_(conv),
      inputs_per_group_(static_cast<size_t>(weights[1])),
      count_(patches),
      // Tiles may reach over the last element, to zeros.
      stride_((patch_size() + kTileColumns - 1) / kTileColumns * kTileColumns) {
  patches_.assign(static_cast<size_t>(conv.groups), std::vector<float>(stride_ * patches));
}

void PatchStatistics::Read(Tensor input, size_t first, int64_t count, uint32_t seed) {
  Conv conv = conv_;
  ResolveAutoPad(conv, input.height, input.width);
  const int64_t height = OutputExtent(conv, 0, input.height);
  const int64_t width = OutputExtent(conv, 1, input.width);
  for (const int64_t pixel : SamplePixels(height * width, count, seed)) {
    for (size_t group = 0; group < groups(); ++group) {
      ReadPatch(conv, input, pixel / width, pixel % width, group,
                &patches_[group][first * stride_]);
    }
    ++first;
  }
}

void PatchStatistics::ReadPatch(const Conv& conv, Tensor input, int64_t y, int64_t x, size_t group,
                                float* patch) {
  const int64_t top = y * conv.stride[0] - conv.pads_begin[0];
  const int64_t left = x * conv.stride[1] - conv.pads_begin[1];
  size_t tap = 0;
  for (int64_t i = 0; i < conv.kernel[0]; ++i) {
    for (int64_t j = 0; j < conv.kernel[1]; ++j, ++tap) {
      const int64_t row = top + i * conv.dilation[0];
      const int64_t column = left + j * conv.dilation[1];
      const bool inside = row >= 0 && row < input.height && column >= 0 && column < input.width;
      const float* pixel =
          inside ? input.data + (row * input.width + column) * input.channels : nullptr;
      for (size_t c = 0; c < inputs_per_group_; ++c) {
        patch[c * taps() + tap] = inside ? pixel[group * inputs_per_group_ + c] : 0.0f;
      }
    }
  }
}

std::vector<double> PatchStatistics::Means(size_t group) const {
  std::vector<double> means(patch_size());
  for (size_t p = 0; p < count_; ++p) {
    const float* patch = &patches_[group][p * stride_];
    for (size_t i = 0; i < means.size(); ++i) means[i] += patch[i];
  }
  for (double& mean : means) mean /= static_cast<double>(count_);
  return means;
}

std::vector<double> PatchStatistics::Products(size_t group, pthreadpool_t threads) const {
  const size_t size = patch_size();
  const float* patches = patches_[group].data();
  std::vector<double> sums(stride_ * stride_);
  const auto bands = static_cast<int64_t>(stride_ / kTileRows);
  ParallelRows(threads, bands, [&](int64_t begin, int64_t end, size_t) {
    for (size_t p = 0; p < count_; p += kPatchesAtOnce) {
      const size_t count = std::min(kPatchesAtOnce, count_ - p);
      // The bands at the top are the long ones: every thread takes some from both ends.
      for (int64_t b = begin; b < end; ++b) {
        const auto i = static_cast<size_t>(b % 2 == 0 ? b / 2 : bands - 1 - b / 2) * kTileRows;
        for (size_t j = i / kTileColumns * kTileColumns; j < stride_; j += kTileColumns) {
          double* const tile[kTileRows] = {&sums[i * stride_ + j], &sums[(i + 1) * stride_ + j],
                                           &sums[(i + 2) * stride_ + j],
                                           &sums[(i + 3) * stride_ + j]};
          AddTile(patches + p * stride_, stride_, count, i, j, tile);
        }
      }
    }
  });
  std::vector<double> products(size * size);
  for (size_t i = 0; i < size; ++i) {
    for (size_t j = i; j < size; ++j) {
      products[i * size + j] = products[j * size + i] =
          sums[i * stride_ + j] / static_cast<double>(count_);
    }
  }
  return products;
}

}  // namespace tessera
