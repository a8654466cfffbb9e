#include "engine/move_steps.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/resize_axis.h"
#include "kernels/float_loops.h"

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

class SpaceToDepthStep final : public Step {
 public:
  SpaceToDepthStep(const SpaceToDepth& space_to_depth, Tensor input, Tensor output)
      : block_(space_to_depth.block), input_(input), output_(output) {}

  Status Run() override {
    const int64_t samples = block_ * input_.channels;  // of one output pixel, in one input row
    for (int64_t y = 0; y < input_.height; ++y) {
      const float* in = input_.data + y * input_.width * input_.channels;
      float* out = output_.data + (y / block_) * output_.width * output_.channels;
      out += y % block_ * samples;
      for (int64_t x = 0; x < output_.width; ++x, in += samples, out += output_.channels) {
        CopyFloats(out, in, samples);
      }
    }
    return Status::Ok();
  }
  size_t memory_bytes() const override { return 0; }

 private:
  int64_t block_;
  Tensor input_;
  Tensor output_;
};

class SelectChannelsStep final : public Step {
 public:
  SelectChannelsStep(const SelectChannels& select, Tensor input, Tensor output)
      : input_(input), output_(output) {
    for (const int64_t channel : select.source) {
      if (!runs_.empty() && runs_.back().first + runs_.back().count == channel) {
        ++runs_.back().count;
      } else {
        runs_.push_back({channel, 1});
      }
    }
  }

  Status Run() override {
    const float* in = input_.data;
    float* out = output_.data;
    for (int64_t pixel = 0; pixel < input_.pixels(); ++pixel, in += input_.channels) {
      for (const ChannelRun& run : runs_) {
        CopyFloats(out, in + run.first, run.count);
        out += run.count;
      }
    }
    return Status::Ok();
  }
  size_t memory_bytes() const override { return runs_.size() * sizeof(ChannelRun); }

 private:
  // Adjacent channels of the input.
  struct ChannelRun {
    int64_t first;
    int64_t count;
  };

  Tensor input_;
  Tensor output_;
  std::vector<ChannelRun> runs_;
};

constexpr int64_t kFill = -1;

// Which index of an axis of `size` is at each of the padded axis, or kFill.
std::vector<int64_t> PadSources(const Pad& pad, size_t axis, int64_t size, int64_t padded) {
  const int64_t begin = pad.begin[axis];
  const int64_t low = std::max<int64_t>(0, -begin);  // what is left after the crops
  const int64_t left = size - low - std::max<int64_t>(0, -pad.end[axis]);
  const int64_t period = std::max<int64_t>(1, 2 * (left - 1));
  std::vector<int64_t> sources;
  for (int64_t i = 0; i < padded; ++i) {
    int64_t at = i - std::max<int64_t>(0, begin);
    if (at < 0 || at >= left) {
      switch (pad.mode) {
        case Pad::Mode::kConstant:
          sources.push_back(kFill);
          continue;
        case Pad::Mode::kEdge:
          at = std::clamp<int64_t>(at, 0, left - 1);
          break;
        case Pad::Mode::kWrap:
          at = (at % left + left) % left;
          break;
        case Pad::Mode::kReflect:
          at = (at % period + period) % period;
          at = std::min(at, period - at);
          break;
      }
    }
    sources.push_back(low + at);
  }
  return sources;
}

class PadStep final : public Step {
 public:
  PadStep(const Pad& pad, Tensor input, Tensor output)
      : value_(pad.value),
        input_(input),
        output_(output),
        rows_(PadSources(pad, 0, input.height, output.height)) {
    for (const int64_t column : PadSources(pad, 1, input.width, output.width)) {
      const bool goes_on =
          !columns_.empty() &&
          (column == kFill ? columns_.back().first == kFill
                           : columns_.back().first != kFill && columns_.back().Next() == column);
      if (goes_on) {
        ++columns_.back().count;
      } else {
        columns_.push_back({column, 1});
      }
    }
  }

  Status Run() override {
    float* out = output_.data;
    for (const int64_t row : rows_) {
      if (row == kFill) {
        out = std::fill_n(out, output_.width * output_.channels, value_);
        continue;
      }
      const float* in = input_.data + row * input_.width * input_.channels;
      for (const Columns& columns : columns_) {
        const int64_t count = columns.count * input_.channels;
        if (columns.first == kFill) {
          std::fill_n(out, count, value_);
        } else {
          CopyFloats(out, in + columns.first * input_.channels, count);
        }
        out += count;
      }
    }
    return Status::Ok();
  }
  size_t memory_bytes() const override {
    return rows_.size() * sizeof(int64_t) + columns_.size() * sizeof(Columns);
  }

 private:
  // Adjacent columns of the input, or as many filled ones.
  struct Columns {
    int64_t first;
    int64_t count;
    int64_t Next() const { return first + count; }
  };

  float value_;
  Tensor input_;
  Tensor output_;
  std::vector<int64_t> rows_;
  std::vector<Columns> columns_;
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
      AddScaledTo(line_.data(), phase.weights[static_cast<size_t>(i)], row(i),
                  static_cast<int64_t>(line_.size()));
    }
    return line_.data();
  }

  void MixPixels(const float* line, const ResizePhase& phase, float* out) const {
    const int64_t channels = output_.channels;
    const auto pixel = [&](int64_t i) { return line + phase.At(i, input_.width) * channels; };
    if (phase.count == 1) return CopyFloats(out, pixel(0), channels);
    std::fill_n(out, channels, 0.0f);
    for (int64_t i = 0; i < phase.count; ++i) {
      AddScaledTo(out, phase.weights[static_cast<size_t>(i)], pixel(i), channels);
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

StepPtr MakeSpaceToDepthStep(const SpaceToDepth& space_to_depth, Tensor input, Tensor output) {
  return std::make_unique<SpaceToDepthStep>(space_to_depth, input, output);
}

StepPtr MakeSelectChannelsStep(const SelectChannels& select, Tensor input, Tensor output) {
  return std::make_unique<SelectChannelsStep>(select, input, output);
}

StepPtr MakePadStep(const Pad& pad, Tensor input, Tensor output) {
  return std::make_unique<PadStep>(pad, input, output);
}

Result<StepPtr> MakeResizeStep(const Resize& resize, Tensor input, Tensor output) {
  TESSERA_ASSIGN_OR_RETURN(std::vector<ResizePhase> rows,
                           ResizeAxis(resize, 0, input.height, output.height));
  TESSERA_ASSIGN_OR_RETURN(std::vector<ResizePhase> columns,
                           ResizeAxis(resize, 1, input.width, output.width));
  return StepPtr(std::make_unique<ResizeStep>(std::move(rows), std::move(columns), input, output));
}

}  // namespace tessera
