#include "engine/move_steps.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/resize_axis.h"

namespace tessera {
namespace {

void CopyFloats(float* destination, const float* source, int64_t count) {
  std::memcpy(destination, source, static_cast<size_t>(count) * sizeof(float));
}

class ConcatStep final : public Step {
 public:
  ConcatStep(std::vector<Tensor> inputs, Tensor output)
      : inputs_(std::move(inputs)), output_(output) {}

  Status Run() override {
    int64_t first_channel = 0;
    for (const Tensor& input : inputs_) {
      for (int64_t pixel = 0; pixel < input.pixels(); ++pixel) {
        CopyFloats(output_.data + pixel * output_.channels + first_channel,
                   input.data + pixel * input.channels, input.channels);
      }
      first_channel += input.channels;
    }
    return Status::Ok();
  }
  size_t memory_bytes() const override { return 0; }

 private:
  std::vector<Tensor> inputs_;
  Tensor output_;
};

class DepthToSpaceStep final : public Step {
 public:
  DepthToSpaceStep(const DepthToSpace& depth_to_space, Tensor input, Tensor output)
      : block_(depth_to_space.block), input_(input), output_(output) {
    // source_[(dy * b + dx) * C + c] is the input channel of that output sample.
    const int64_t area = block_ * block_;
    for (int64_t phase = 0; phase < area; ++phase) {
      for (int64_t c = 0; c < output.channels; ++c) {
        const bool crd = depth_to_space.order == DepthToSpace::Order::kCrd;
        source_.push_back(crd ? c * area + phase : phase * output.channels + c);
      }
    }
  }

  Status Run() override {
    const int64_t row_samples = block_ * output_.channels;  // of one input pixel, in one output row
    for (int64_t y = 0; y < output_.height; ++y) {
      const int64_t* source = &source_[static_cast<size_t>((y % block_) * row_samples)];
      const float* in = input_.data + (y / block_) * input_.width * input_.channels;
      float* out = output_.data + y * output_.width * output_.channels;
      for (int64_t x = 0; x < input_.width; ++x, in += input_.channels, out += row_samples) {
        for (int64_t i = 0; i < row_samples; ++i) out[i] = in[source[i]];
      }
    }
    return Status::Ok();
  }
  size_t memory_bytes() const override { return source_.size() * sizeof(int64_t); }

 private:
  int64_t block_;
  Tensor input_;
  Tensor output_;
  std::vector<int64_t> source_;
};

class PadStep final : public Step {
 public:
  PadStep(const Pad& pad, Tensor input, Tensor output)
      : pad_(pad), input_(input), output_(output) {}

  Status Run() override {
    std::fill_n(output_.data, output_.elements(), pad_.value);
    for (int64_t y = 0; y < input_.height; ++y) {
      const int64_t target = (y + pad_.begin[0]) * output_.width + pad_.begin[1];
      CopyFloats(output_.data + target * output_.channels,
                 input_.data + y * input_.width * input_.channels, input_.width * input_.channels);
    }
    return Status::Ok();
  }
  size_t memory_bytes() const override { return 0; }

 private:
  Pad pad_;
  Tensor input_;
  Tensor output_;
};

class ResizeStep final : public Step {
 public:
  ResizeStep(std::vector<ResizePhase> rows, std::vector<ResizePhase> columns, Tensor input,
             Tensor output)
      : rows_(std::move(rows)),
        columns_(std::move(columns)),
        input_(input),
        output_(output),
        line_(static_cast<size_t>(input.width * input.channels)) {}

  Status Run() override {
    for (int64_t y = 0; y < output_.height; ++y) {
      const float* line = MixRows(rows_[static_cast<size_t>(y)]);
      float* out = output_.data + y * output_.width * output_.channels;
      for (const ResizePhase& column : columns_) {
        MixPixels(line, column, out);
        out += output_.channels;
      }
    }
    return Status::Ok();
  }
  size_t memory_bytes() const override {
    return (rows_.size() + columns_.size()) * sizeof(ResizePhase) + line_.size() * sizeof(float);
  }

 private:
  // The input's rows as one: a row itself where no others have a part in it.
  const float* MixRows(const ResizePhase& phase) {
    const auto row = [&](int64_t i) {
      return input_.data + phase.At(i, input_.height) * input_.width * input_.channels;
    };
    if (phase.count == 1) return row(0);
    std::fill(line_.begin(), line_.end(), 0.0f);
    for (int64_t i = 0; i < phase.count; ++i) {
      const float* in = row(i);
      const float weight = phase.weights[static_cast<size_t>(i)];
      for (size_t x = 0; x < line_.size(); ++x) line_[x] += weight * in[x];
    }
    return line_.data();
  }

  void MixPixels(const float* line, const ResizePhase& phase, float* out) const {
    const int64_t channels = output_.channels;
    const auto pixel = [&](int64_t i) { return line + phase.At(i, input_.width) * channels; };
    if (phase.count == 1) return CopyFloats(out, pixel(0), channels);
    std::fill_n(out, channels, 0.0f);
    for (int64_t i = 0; i < phase.count; ++i) {
      const float* in = pixel(i);
      const float weight = phase.weights[static_cast<size_t>(i)];
      for (int64_t c = 0; c < channels; ++c) out[c] += weight * in[c];
    }
  }

  std::vector<ResizePhase> rows_;
  std::vector<ResizePhase> columns_;
  Tensor input_;
  Tensor output_;
  std::vector<float> line_;  // a row of the input's width
};

}  // namespace

StepPtr MakeConcatStep(std::vector<Tensor> inputs, Tensor output) {
  return std::make_unique<ConcatStep>(std::move(inputs), output);
}

StepPtr MakeDepthToSpaceStep(const DepthToSpace& depth_to_space, Tensor input, Tensor output) {
  return std::make_unique<DepthToSpaceStep>(depth_to_space, input, output);
}

StepPtr MakePadStep(const Pad& pad, Tensor input, Tensor output) {
  return std::make_unique<PadStep>(pad, input, output);
}

Result<StepPtr> MakeResizeStep(const Resize& resize, Tensor input, Tensor output) {
  TESSERA_ASSIGN_OR_RETURN(std::vector<ResizePhase> rows,
                           ResizeAxis(resize, resize.scale[0], input.height, output.height));
  TESSERA_ASSIGN_OR_RETURN(std::vector<ResizePhase> columns,
                           ResizeAxis(resize, resize.scale[1], input.width, output.width));
  return StepPtr(std::make_unique<ResizeStep>(std::move(rows), std::move(columns), input, output));
}

}  // namespace tessera
