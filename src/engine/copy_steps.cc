#include "engine/copy_steps.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

namespace tessera {
namespace {

// One axis of a copy: `extent` indices, so many elements apart on either side.
struct CopyAxis {
  int64_t extent = 1;
  int64_t from = 0;
  int64_t to = 0;
};

// A block of elements: from[sum of index * axis.from] goes to[sum of index * axis.to].
struct BlockCopy {
  const float* from = nullptr;
  float* to = nullptr;
  std::vector<CopyAxis> axes;  // outermost first
};

// Drops axes of one index and joins those that are one on both sides.
std::vector<CopyAxis> Join(const std::vector<CopyAxis>& axes) {
  std::vector<CopyAxis> joined;
  for (const CopyAxis& axis : axes) {
    if (axis.extent == 1) continue;
    if (!joined.empty()) {
      CopyAxis& outer = joined.back();
      if (outer.from == axis.from * axis.extent && outer.to == axis.to * axis.extent) {
        outer = {outer.extent * axis.extent, axis.from, axis.to};
        continue;
      }
    }
    joined.push_back(axis);
  }
  if (joined.empty()) joined.push_back({1, 1, 1});
  return joined;
}

void CopyRow(const float* from, float* to, const CopyAxis& axis) {
  if (axis.from == 1 && axis.to == 1) {
    std::memcpy(to, from, static_cast<size_t>(axis.extent) * sizeof(float));
    return;
  }
  for (int64_t i = 0; i < axis.extent; ++i) to[i * axis.to] = from[i * axis.from];
}

void CopyAxes(const float* from, float* to, const std::vector<CopyAxis>& axes, size_t level) {
  const CopyAxis& axis = axes[level];
  if (level + 1 == axes.size()) return CopyRow(from, to, axis);
  for (int64_t i = 0; i < axis.extent; ++i) {
    CopyAxes(from + i * axis.from, to + i * axis.to, axes, level + 1);
  }
}

class CopyStep final : public Step {
 public:
  explicit CopyStep(std::vector<BlockCopy> blocks) : blocks_(std::move(blocks)) {
    for (BlockCopy& block : blocks_) block.axes = Join(block.axes);
  }

  Status Run() override {
    for (const BlockCopy& block : blocks_) CopyAxes(block.from, block.to, block.axes, 0);
    return Status::Ok();
  }
  size_t memory_bytes() const override { return blocks_.size() * sizeof(BlockCopy); }

 private:
  std::vector<BlockCopy> blocks_;
};

StepPtr CopyOf(BlockCopy block) {
  std::vector<BlockCopy> blocks;
  blocks.push_back(std::move(block));
  return std::make_unique<CopyStep>(std::move(blocks));
}

// Axes of `shape` with these strides on either side.
std::vector<CopyAxis> Axes(const Shape& shape, const std::vector<int64_t>& from,
                           const std::vector<int64_t>& to) {
  std::vector<CopyAxis> axes;
  for (size_t i = 0; i < shape.size(); ++i) axes.push_back({shape[i], from[i], to[i]});
  return axes;
}

class ReshapeStep final : public Step {
 public:
  ReshapeStep(const float* input, float* output, int64_t elements)
      : input_(input), output_(output), bytes_(static_cast<size_t>(elements) * sizeof(float)) {}

  Status Run() override {
    if (input_ != output_) std::memcpy(output_, input_, bytes_);
    return Status::Ok();
  }
  size_t memory_bytes() const override { return 0; }

 private:
  const float* input_;
  float* output_;
  size_t bytes_;
};

}  // namespace

StepPtr MakeReshapeStep(const float* input, float* output, int64_t elements) {
  return std::make_unique<ReshapeStep>(input, output, elements);
}

StepPtr MakeTransposeStep(const Transpose& transpose, const PlainTensor& input,
                          const PlainTensor& output) {
  const std::vector<int64_t> strides = StridesOf(input.shape);
  std::vector<int64_t> from;
  for (const int64_t axis : transpose.permutation) {
    from.push_back(strides[static_cast<size_t>(axis)]);
  }
  return CopyOf({input.data, output.data, Axes(output.shape, from, StridesOf(output.shape))});
}

StepPtr MakeSliceStep(const Slice& slice, int64_t start, const PlainTensor& input,
                      const PlainTensor& output) {
  std::vector<int64_t> from = StridesOf(input.shape);
  int64_t& along = from[static_cast<size_t>(slice.axis)];
  const float* first = input.data + start * along;
  along *= slice.step;
  return CopyOf({first, output.data, Axes(output.shape, from, StridesOf(output.shape))});
}

StepPtr MakeGatherStep(const Gather& gather, const PlainTensor& input, const PlainTensor& output) {
  const auto axis = static_cast<size_t>(gather.axis);
  const std::vector<int64_t> from = StridesOf(input.shape);
  const std::vector<int64_t> to = StridesOf(output.shape);
  Shape one = output.shape;
  one[axis] = 1;
  std::vector<BlockCopy> blocks;
  for (size_t i = 0; i < gather.indices.size(); ++i) {
    blocks.push_back({input.data + gather.indices[i] * from[axis],
                      output.data + static_cast<int64_t>(i) * to[axis], Axes(one, from, to)});
  }
  return std::make_unique<CopyStep>(std::move(blocks));
}

StepPtr MakeExpandStep(const PlainTensor& input, const PlainTensor& output) {
  const std::vector<int64_t> own = StridesOf(input.shape);
  std::vector<int64_t> from(output.shape.size(), 0);
  const size_t added = output.shape.size() - input.shape.size();
  for (size_t i = 0; i < input.shape.size(); ++i) {
    if (input.shape[i] > 1) from[added + i] = own[i];
  }
  return CopyOf({input.data, output.data, Axes(output.shape, from, StridesOf(output.shape))});
}

StepPtr MakePlainConcatStep(const Concat& concat, const std::vector<PlainTensor>& inputs,
                            const PlainTensor& output) {
  const auto axis = static_cast<size_t>(concat.axis);
  const std::vector<int64_t> to = StridesOf(output.shape);
  std::vector<BlockCopy> blocks;
  float* next = output.data;
  for (const PlainTensor& input : inputs) {
    blocks.push_back({input.data, next, Axes(input.shape, StridesOf(input.shape), to)});
    next += input.shape[axis] * to[axis];
  }
  return std::make_unique<CopyStep>(std::move(blocks));
}

StepPtr MakeRelayoutStep(const Relayout& relayout, const Tensor& image, float* plain) {
  const int64_t pixels = image.pixels();
  const int64_t channels = image.channels;
  if (relayout.to_plain) {
    return CopyOf({image.data, plain, {{channels, 1, pixels}, {pixels, channels, 1}}});
  }
  return CopyOf({plain, image.data, {{pixels, 1, channels}, {channels, pixels, 1}}});
}

}  // namespace tessera
