#include "quant/patch_statistics.h"

#include <algorithm>

#include "graph/infer_node.h"

namespace tessera {
namespace {

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

PatchStatistics::PatchStatistics(const Conv& conv, const Shape& weights)
    : conv_(conv), inputs_per_group_(static_cast<size_t>(weights[1])) {
  const size_t size = patch_size();
  const auto groups = static_cast<size_t>(conv.groups);
  means_.assign(groups, std::vector<double>(size));
  products_.assign(groups, std::vector<double>(size * size));
  patch_.resize(size);
}

void PatchStatistics::Add(Tensor input, int64_t count, uint32_t seed) {
  Conv conv = conv_;
  ResolveAutoPad(conv, input.height, input.width);
  const int64_t height = OutputExtent(conv, 0, input.height);
  const int64_t width = OutputExtent(conv, 1, input.width);
  for (const int64_t pixel : SamplePixels(height * width, count, seed)) {
    for (size_t group = 0; group < groups(); ++group) {
      ReadPatch(conv, input, pixel / width, pixel % width, group);
      AddPatch(group);
    }
    ++count_;
  }
}

void PatchStatistics::ReadPatch(const Conv& conv, Tensor input, int64_t y, int64_t x,
                                size_t group) {
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
        patch_[c * taps() + tap] = inside ? pixel[group * inputs_per_group_ + c] : 0.0f;
      }
    }
  }
}

void PatchStatistics::AddPatch(size_t group) {
  const size_t size = patch_size();
  for (size_t i = 0; i < size; ++i) {
    const double element = patch_[i];
    if (element == 0.0) continue;
    means_[group][i] += element;
    double* row = &products_[group][i * size];
    for (size_t j = i; j < size; ++j) row[j] += element * patch_[j];
  }
}

std::vector<double> PatchStatistics::Means(size_t group) const {
  std::vector<double> means = means_[group];
  for (double& mean : means) mean /= static_cast<double>(std::max<int64_t>(count_, 1));
  return means;
}

std::vector<double> PatchStatistics::Products(size_t group) const {
  const size_t size = patch_size();
  std::vector<double> products = products_[group];
  for (size_t i = 0; i < size; ++i) {
    for (size_t j = i; j < size; ++j) {
      products[i * size + j] /= static_cast<double>(std::max<int64_t>(count_, 1));
      products[j * size + i] = products[i * size + j];
    }
  }
  return products;
}

}  // namespace tessera
