#include "engine/int8/code_steps.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <memory>
#include <utility>

#include "engine/parallel_rows.h"
#include "engine/resize_axis.h"
#include "graph/track_quantization.h"

namespace tessera::int8 {
namespace {

// A step that is only a function of the rows to make, begin .. end - 1.
template <typename Function>
class FunctionStep final : public RowStep {
 public:
  FunctionStep(int64_t rows, Function function, size_t bytes)
      : RowStep(rows), function_(std::move(function)), bytes_(bytes) {}

  void RunRows(int64_t begin, int64_t end) override { function_(begin, end); }
  size_t memory_bytes() const override { return bytes_; }

 private:
  Function function_;
  size_t bytes_;
};

template <typename Function>
StepPtr MakeFunctionStep(int64_t rows, Function function, size_t bytes = 0) {
  return std::make_unique<FunctionStep<Function>>(rows, std::move(function), bytes);
}

// Table of stored codes: tables of codes with the machine's storage on both sides.
std::vector<uint8_t> Stored(std::vector<uint8_t> tables, Storage storage) {
  const uint8_t mask = StorageMask(storage);
  std::vector<uint8_t> stored(tables.size());
  for (size_t i = 0; i < tables.size(); ++i) stored[i ^ mask] = tables[i] ^ mask;
  return stored;
}

// Copies whole pixels, or translates them when the two are quantized differently.
class PixelCopy {
 public:
  PixelCopy(const CodeTensor& input, const CodeTensor& output, Storage storage)
      : channels_(input.channels), copies_(input.quantization == output.quantization) {
    for (size_t byte = 0; byte < 256; ++byte) {
      const float real = input.Real(static_cast<uint8_t>(byte), storage);
      table_[byte] = ByteOf(output.quantization, real) ^ StorageMask(storage);
    }
  }

  void operator()(const uint8_t* in, uint8_t* out) const {
    if (copies_) {
      std::memcpy(out, in, static_cast<size_t>(channels_));
      return;
    }
    for (int64_t c = 0; c < channels_; ++c) out[c] = table_[in[c]];
  }

 private:
  int64_t channels_;
  bool copies_;
  std::array<uint8_t, 256> table_;
};

// A tensor whose extents of 1 are repeated as often as needed.
struct RepeatedTensor {
  explicit RepeatedTensor(const CodeTensor& tensor)
      : tensor(tensor), step(tensor.channels > 1 ? 1 : 0) {}

  const uint8_t* At(int64_t y, int64_t x) const {
    return tensor.At(tensor.height > 1 ? y : 0, tensor.width > 1 ? x : 0);
  }

  CodeTensor tensor;
  int64_t step;  // from a channel to the next
};

StepPtr MakeConcatStep(const std::vector<CodeTensor>& inputs, const CodeTensor& output,
                       Storage storage) {
  std::vector<PixelCopy> copies;
  copies.reserve(inputs.size());
  for (const CodeTensor& input : inputs) copies.emplace_back(input, output, storage);
  return MakeFunctionStep(output.height, [=](int64_t begin, int64_t end) {
    int64_t first_channel = 0;
    for (size_t i = 0; i < inputs.size(); ++i) {
      // An input that already lies in its slice of the output.
      const bool in_place = inputs[i].window == output.window &&
                            inputs[i].first_channel == output.first_channel + first_channel;
      for (int64_t y = begin; y < end && !in_place; ++y) {
        for (int64_t x = 0; x < output.width; ++x) {
          copies[i](inputs[i].At(y, x), output.At(y, x) + first_channel);
        }
      }
      first_channel += inputs[i].channels;
    }
  });
}

StepPtr MakeDepthToSpaceStep(const DepthToSpace& to_space, const CodeTensor& input,
                             const CodeTensor& output) {
  const int64_t block = to_space.block;
  const bool crd = to_space.order == DepthToSpace::Order::kCrd;
  return MakeFunctionStep(output.height, [=](int64_t begin, int64_t end) {
    for (int64_t y = begin; y < end; ++y) {
      for (int64_t x = 0; x < output.width; ++x) {
        const int64_t phase = y % block * block + x % block;
        const uint8_t* in = input.At(y / block, x / block);
        uint8_t* out = output.At(y, x);
        for (int64_t c = 0; c < output.channels; ++c) {
          out[c] = in[crd ? c * block * block + phase : phase * output.channels + c];
        }
      }
    }
  });
}

Result<StepPtr> MakeResizeStep(const Resize& resize, const CodeTensor& input,
                               const CodeTensor& output) {
  TESSERA_ASSIGN_OR_RETURN(auto rows, ResizeAxis(resize, 0, input.height, output.height));
  TESSERA_ASSIGN_OR_RETURN(auto columns, ResizeAxis(resize, 1, input.width, output.width));
  return MakeFunctionStep(output.height, [=](int64_t begin, int64_t end) {
    for (int64_t y = begin; y < end; ++y) {
      for (int64_t x = 0; x < output.width; ++x) {
        const uint8_t* in = input.At(rows[static_cast<size_t>(y)].At(0, input.height),
                                     columns[static_cast<size_t>(x)].At(0, input.width));
        std::memcpy(output.At(y, x), in, static_cast<size_t>(output.channels));
      }
    }
  });
}

StepPtr MakeSpaceToDepthStep(const SpaceToDepth& to_depth, const CodeTensor& input,
                             const CodeTensor& output) {
  const int64_t block = to_depth.block;
  return MakeFunctionStep(output.height, [=](int64_t begin, int64_t end) {
    for (int64_t y = begin; y < end; ++y) {
      for (int64_t x = 0; x < output.width; ++x) {
        uint8_t* out = output.At(y, x);
        for (int64_t phase = 0; phase < block * block; ++phase, out += input.channels) {
          const uint8_t* in = input.At(y * block + phase / block, x * block + phase % block);
          std::memcpy(out, in, static_cast<size_t>(input.channels));
        }
      }
    }
  });
}

StepPtr MakeSelectChannelsStep(const SelectChannels& select, const CodeTensor& input,
                               const CodeTensor& output) {
  // The output may be a slice of the input.
  const bool in_place = input.window == output.window &&
                        input.first_channel + select.source[0] == output.first_channel;
  return MakeFunctionStep(output.height, [=, source = select.source](int64_t begin, int64_t end) {
    for (int64_t y = begin; y < end && !in_place; ++y) {
      for (int64_t x = 0; x < output.width; ++x) {
        const uint8_t* in = input.At(y, x);
        uint8_t* out = output.At(y, x);
        for (const int64_t channel : source) *out++ = in[channel];
      }
    }
  });
}

// The position on an axis of `size` that one at `at` stands for in padding that is no constant.
int64_t SourceOf(Pad::Mode mode, int64_t at, int64_t size) {
  switch (mode) {
    case Pad::Mode::kReflect: {
      if (size == 1) return 0;
      const int64_t period = 2 * (size - 1);
      const int64_t phase = (at % period + period) % period;
      return std::min(phase, period - phase);
    }
    case Pad::Mode::kEdge:
      return std::clamp<int64_t>(at, 0, size - 1);
    case Pad::Mode::kWrap:
      return (at % size + size) % size;
    case Pad::Mode::kConstant:
      break;
  }
  return at;
}

// Per output position along an axis the input position it copies, or -1: first the axis is cropped,
// then padded.
std::vector<int64_t> PadSources(const Pad& pad, size_t axis, int64_t input, int64_t output) {
  const int64_t cropped = std::min<int64_t>(pad.begin[axis], 0);
  const int64_t left = input + cropped + std::min<int64_t>(pad.end[axis], 0);
  const int64_t padding = std::max<int64_t>(pad.begin[axis], 0);
  std::vector<int64_t> sources;
  for (int64_t i = 0; i < output; ++i) {
    const int64_t from = SourceOf(pad.mode, i - padding, left);
    sources.push_back(from >= 0 && from < left ? from - cropped : -1);
  }
  return sources;
}

StepPtr MakePadStep(const Pad& pad, const CodeTensor& input, const CodeTensor& output,
                    Storage storage) {
  const uint8_t value = ByteOf(output.quantization, pad.value) ^ StorageMask(storage);
  const std::vector<int64_t> rows = PadSources(pad, 0, input.height, output.height);
  const std::vector<int64_t> columns = PadSources(pad, 1, input.width, output.width);
  return MakeFunctionStep(output.height, [=](int64_t begin, int64_t end) {
    for (int64_t y = begin; y < end; ++y) {
      for (int64_t x = 0; x < output.width; ++x) {
        const int64_t from_y = rows[static_cast<size_t>(y)];
        const int64_t from_x = columns[static_cast<size_t>(x)];
        const bool inside = from_y >= 0 && from_x >= 0;
        if (inside) {
          std::memcpy(output.At(y, x), input.At(from_y, from_x),
                      static_cast<size_t>(output.channels));
        } else {
          std::memset(output.At(y, x), value, static_cast<size_t>(output.channels));
        }
      }
    }
  });
}

}  // namespace

bool CanMove(const tessera::Operation& operation) {
  if (const auto* resize = std::get_if<Resize>(&operation)) {
    return resize->mode == Resize::Mode::kNearest;
  }
  if (const auto* pool = std::get_if<Pool>(&operation)) return pool->kind == Pool::Kind::kMax;
  return std::holds_alternative<Concat>(operation) ||
         std::holds_alternative<DepthToSpace>(operation) ||
         std::holds_alternative<SpaceToDepth>(operation) ||
         std::holds_alternative<SelectChannels>(operation) ||
         std::holds_alternative<Pad>(operation);
}

void FillBorder(const CodeTensor& tensor, Storage storage, int64_t begin, int64_t end) {
  const auto zero = static_cast<uint8_t>(tensor.ZeroCode() ^ StorageMask(storage));
  const int64_t border = tensor.border;
  const auto side = static_cast<size_t>(border * tensor.pixel);
  for (int64_t y = begin; y < end; ++y) {
    if (y < 0 || y >= tensor.height) {
      std::memset(tensor.At(y, -border), zero, static_cast<size_t>(tensor.row));
    } else {
      std::memset(tensor.At(y, -border), zero, side);
      std::memset(tensor.At(y, tensor.width), zero, side);
    }
  }
}

StepPtr MakeFillBorderStep(const CodeTensor& tensor, Storage storage) {
  const int64_t border = tensor.border;
  return MakeFunctionStep(tensor.height + 2 * border, [=](int64_t begin, int64_t end) {
    FillBorder(tensor, storage, begin - border, end - border);
  });
}

StepPtr MakeTableStep(std::vector<uint8_t> tables, const CodeTensor& input,
                      const CodeTensor& output, Storage storage, pthreadpool_t threads) {
  const std::vector<uint8_t> stored = Stored(std::move(tables), storage);
  const size_t step = stored.size() > 256 ? 256 : 0;
  const size_t bytes = stored.size();
  return MakeFunctionStep(
      output.height,
      [=](int64_t first, int64_t last) {
        ParallelRows(threads, first, last, [&](int64_t begin, int64_t end, size_t) {
          for (int64_t y = begin; y < end; ++y) {
            for (int64_t x = 0; x < output.width; ++x) {
              const uint8_t* in = input.At(y, x);
              uint8_t* out = output.At(y, x);
              const uint8_t* table = stored.data();
              for (int64_t c = 0; c < output.channels; ++c, table += step) out[c] = table[in[c]];
            }
          }
        });
      },
      bytes);
}

StepPtr MakeCombineStep(Binary::Kind kind, const Range& range, const CodeTensor& a,
                        const CodeTensor& b, const CodeTensor& output, Storage storage,
                        pthreadpool_t threads) {
  // In units of the output's codes: (p - p_zero) * p_scale (kind) (q - q_zero) * q_scale.
  const float scale = output.quantization.scale;
  const bool product = kind == Binary::Kind::kMul;
  const float p_scale = a.quantization.scale * (product ? b.quantization.scale : 1.0f) / scale;
  const float q_sign = kind == Binary::Kind::kSub ? -1.0f : 1.0f;
  const float q_scale = product ? 1.0f : q_sign * (b.quantization.scale / scale);
  const int32_t p_zero = a.ZeroCode();
  const int32_t q_zero = b.ZeroCode();
  const auto zero = static_cast<float>(output.ZeroCode());
  const float low = std::clamp(std::nearbyint(range.min / scale) + zero, 0.0f, 255.0f);
  const float high = std::clamp(std::nearbyint(range.max / scale) + zero, 0.0f, 255.0f);
  const uint8_t mask = StorageMask(storage);
  return MakeFunctionStep(output.height, [=](int64_t first, int64_t last) {
    ParallelRows(threads, first, last, [&](int64_t begin, int64_t end, size_t) {
      for (int64_t y = begin; y < end; ++y) {
        for (int64_t x = 0; x < output.width; ++x) {
          const uint8_t* p = a.At(y, x);
          const uint8_t* q = b.At(y, x);
          uint8_t* out = output.At(y, x);
          for (int64_t c = 0; c < output.channels; ++c) {
            const float left = static_cast<float>((p[c] ^ mask) - p_zero) * p_scale;
            const float right = static_cast<float>((q[c] ^ mask) - q_zero) * q_scale;
            const float v = product ? left * right : left + right;
            const float code = std::min(std::max(std::nearbyint(v) + zero, low), high);
            out[c] = static_cast<uint8_t>(static_cast<int32_t>(code) ^ mask);
          }
        }
      }
    });
  });
}

StepPtr MakePairTableStep(const std::vector<uint8_t>& table, const CodeTensor& a,
                          const CodeTensor& b, const CodeTensor& output, Storage storage,
                          pthreadpool_t threads) {
  const size_t mask = StorageMask(storage);
  std::vector<uint8_t> stored(table.size());
  for (size_t i = 0; i < table.size(); ++i) {
    stored[i ^ (mask << 8 | mask)] = static_cast<uint8_t>(table[i] ^ mask);
  }
  const RepeatedTensor left(a);
  const RepeatedTensor right(b);
  const size_t bytes = stored.size();
  return MakeFunctionStep(
      output.height,
      [=](int64_t first, int64_t last) {
        ParallelRows(threads, first, last, [&](int64_t begin, int64_t end, size_t) {
          for (int64_t y = begin; y < end; ++y) {
            for (int64_t x = 0; x < output.width; ++x) {
              const uint8_t* p = left.At(y, x);
              const uint8_t* q = right.At(y, x);
              uint8_t* out = output.At(y, x);
              for (int64_t c = 0; c < output.channels; ++c, p += left.step, q += right.step) {
                out[c] = stored[static_cast<size_t>(*p) << 8 | *q];
              }
            }
          }
        });
      },
      bytes);
}

Result<StepPtr> MakeMoveStep(const Node& node, const std::vector<CodeTensor>& inputs,
                             const CodeTensor& output, Storage storage) {
  if (std::holds_alternative<Concat>(node.operation)) {
    return MakeConcatStep(inputs, output, storage);
  }
  if (const auto* to_space = std::get_if<DepthToSpace>(&node.operation)) {
    return MakeDepthToSpaceStep(*to_space, inputs[0], output);
  }
  if (const auto* resize = std::get_if<Resize>(&node.operation)) {
    return MakeResizeStep(*resize, inputs[0], output);
  }
  if (const auto* pad = std::get_if<Pad>(&node.operation)) {
    return MakePadStep(*pad, inputs[0], output, storage);
  }
  if (const auto* to_depth = std::get_if<SpaceToDepth>(&node.operation)) {
    return MakeSpaceToDepthStep(*to_depth, inputs[0], output);
  }
  if (const auto* select = std::get_if<SelectChannels>(&node.operation)) {
    return MakeSelectChannelsStep(*select, inputs[0], output);
  }
  return Status(StatusCode::kUnsupported, "cannot move codes");
}

StepPtr MakeQuantizeStep(Tensor input, const CodeTensor& output, Storage storage) {
  const uint8_t mask = StorageMask(storage);
  return MakeFunctionStep(output.height, [=](int64_t begin, int64_t end) {
    const float* in = input.data + begin * input.width * input.channels;
    for (int64_t y = begin; y < end; ++y) {
      for (int64_t x = 0; x < output.width; ++x, in += output.channels) {
        uint8_t* out = output.At(y, x);
        for (int64_t c = 0; c < output.channels; ++c) {
          out[c] = ByteOf(output.quantization, in[c]) ^ mask;
        }
      }
    }
  });
}

StepPtr MakeDequantizeStep(const CodeTensor& input, Tensor output, Storage storage) {
  std::array<float, 256> values;
  for (size_t byte = 0; byte < 256; ++byte) {
    values[byte] = input.Real(static_cast<uint8_t>(byte), storage);
  }
  return MakeFunctionStep(input.height, [=](int64_t begin, int64_t end) {
    float* out = output.data + begin * output.width * output.channels;
    for (int64_t y = begin; y < end; ++y) {
      for (int64_t x = 0; x < input.width; ++x, out += input.channels) {
        const uint8_t* in = input.At(y, x);
        for (int64_t c = 0; c < input.channels; ++c) out[c] = values[in[c]];
      }
    }
  });
}

}  // namespace tessera::int8
