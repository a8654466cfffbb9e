#include "engine/int8/conv_layer.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <numeric>
#include <utility>

#include "core/aligned_buffer.h"

namespace tessera::int8 {

// A deque keeps its elements' addresses while it grows.
struct ConvLayer::Arrays {
  std::deque<std::vector<int8_t>> weights;
  std::deque<std::vector<int32_t>> integers;
  std::deque<std::vector<float>> floats;

  size_t Bytes() const {
    size_t bytes = 0;
    for (const auto& array : weights) bytes += array.size();
    for (const auto& array : integers) bytes += array.size() * sizeof(int32_t);
    for (const auto& array : floats) bytes += array.size() * sizeof(float);
    return bytes;
  }
};

class ConvLayerBuilder {
 public:
  ConvLayerBuilder(const Graph& graph, const FusedConv& fused, const CodeTensor& input,
                   const ConvOutput& output, const ConvResidual& residual, const KernelSet& kernels)
      : graph_(graph),
        fused_(fused),
        node_(graph.nodes[fused.node]),
        conv_(std::get<Conv>(node_.operation)),
        weights_(graph.value(node_.inputs[1])),
        input_(input),
        output_(output),
        residual_(residual),
        arrays_(std::make_shared<ConvLayer::Arrays>()) {
    layer_.kernels_ = &kernels;
    layer_.stride_ = conv_.stride;
    layer_.pads_ = conv_.pads_begin;
    outputs_ = weights_.shape[0];
    inputs_per_group_ = weights_.shape[1];
    outputs_per_group_ = outputs_ / conv_.groups;
  }

  ConvLayer Build() {
    const bool one_by_one = inputs_per_group_ == 1 && outputs_per_group_ == 1;
    if (conv_.groups > 1 && one_by_one && IsPlainOutput()) {
      BuildDepthwise();
    } else {
      BuildGroups();
    }
    layer_.memory_bytes_ = arrays_->Bytes();
    layer_.arrays_ = std::move(arrays_);
    return std::move(layer_);
  }

 private:
  // Channels are stored one after another, in the Conv's order.
  bool IsPlainOutput() const {
    return output_.run_offsets.size() == 1 &&
           std::is_sorted(output_.order.begin(), output_.order.end());
  }

  const std::vector<int8_t>& codes() const { return weights_.constant->quantized->codes; }

  float WeightScale(int64_t output) const {
    const std::vector<float>& scales = weights_.constant->quantized->scales;
    return scales[scales.size() == 1 ? 0 : static_cast<size_t>(output)];
  }

  int32_t StoredZero(int32_t code) const { return StoredValue(layer_.kernels_->storage, code); }

  // --- windows ---

  // A layer's window, the same for every pixel.
  ConvWindow MakeWindow(int64_t channels, int64_t first_channel) const {
    const int64_t column_bytes = RoundUpToGroup(channels);
    // Columns follow each other without a gap when all of a pixel's bytes are read.
    const bool whole_rows = column_bytes == input_.pixel && conv_.dilation[1] == 1;
    const int64_t columns_per_run = whole_rows ? conv_.kernel[1] : 1;
    ConvWindow window;
    window.steps_per_run = static_cast<int32_t>(columns_per_run * column_bytes / kChannelGroup);
    for (int64_t ky = 0; ky < conv_.kernel[0]; ++ky) {
      for (int64_t kx = 0; kx < conv_.kernel[1]; kx += columns_per_run) {
        window.run_offsets.push_back(static_cast<int32_t>(ky * conv_.dilation[0] * input_.row +
                                                          kx * conv_.dilation[1] * input_.pixel +
                                                          first_channel));
      }
    }
    return window;
  }

  // The weight of a Conv's output channel at a tap for an input channel (counted over all groups).
  int8_t Weight(int64_t output, int64_t channel, int64_t ky, int64_t kx) const {
    const int64_t own = channel - output / outputs_per_group_ * inputs_per_group_;
    if (own < 0 || own >= inputs_per_group_) return 0;
    const int64_t index =
        ((output * inputs_per_group_ + own) * conv_.kernel[0] + ky) * conv_.kernel[1] + kx;
    return codes()[static_cast<size_t>(index)];
  }

  // --- dense and grouped layers ---

  struct Group {
    std::vector<int64_t> order;  // the Conv's output channels, as they are stored
    ConvWindow window;
    std::vector<int8_t> weights;  // [output][run][4 * steps]
    int64_t first_output = 0;
  };

  void BuildGroups() {
    // Groups whose outputs do not fill vectors become one, with zeros between them.
    const bool dense =
        conv_.groups == 1 || outputs_per_group_ % kChannelGroup != 0 || !IsPlainOutput();
    std::vector<Group> groups;
    if (dense) {
      groups.push_back(MakeGroup(output_.order, 0, conv_.groups * inputs_per_group_, 0));
    } else {
      for (int64_t first = 0; first < outputs_; first += outputs_per_group_) {
        const std::vector<int64_t> order(output_.order.begin() + first,
                                         output_.order.begin() + first + outputs_per_group_);
        groups.push_back(MakeGroup(order, first, inputs_per_group_,
                                   first / outputs_per_group_ * inputs_per_group_));
      }
    }
    const KernelSet& kernels = *layer_.kernels_;
    const bool fit = std::all_of(groups.begin(), groups.end(), [&](const Group& group) {
      return PairsFit(group.weights, kernels.storage);
    });
    if (kernels.saturates && !fit) layer_.kernels_ = kernels.exact;
    for (const Group& group : groups) FinishGroup(group);
  }

  Group MakeGroup(std::vector<int64_t> order, int64_t first_output, int64_t channels,
                  int64_t first_channel) const {
    Group group;
    group.window = MakeWindow(channels, first_channel);
    group.weights = Expand(order, channels, first_channel);
    group.order = std::move(order);
    group.first_output = first_output;
    return group;
  }

  void FinishGroup(const Group& group) {
    const auto stored = static_cast<int64_t>(group.order.size());
    PackedConv packed = PackConv(group.window, group.weights, stored, layer_.kernels_->layout);
    ConvKernel kernel = KernelReading(packed);
    // What a vector holds stays where it is when the vector moves.
    Keep(std::move(packed.window.run_offsets));
    Keep(std::move(packed.weights));
    kernel.input_pixel = static_cast<int32_t>(conv_.stride[1] * input_.pixel);
    kernel.bias = Keep(Biases(group.order));
    kernel.vectors = static_cast<int32_t>(RoundUpToGroup(stored) / kChannelGroup);
    kernel.epilogue = Epilogue(group.order);
    kernel.vector_offsets = Keep(VectorOffsets(kernel.vectors, group.first_output));
    kernel.output_pixel = static_cast<int32_t>(output_.pixel);
    kernel.residual_pixel = static_cast<int32_t>(residual_.pixel);
    layer_.groups_.push_back(kernel);
  }

  // Weights as a window's bytes meet them: [output][run][4 * steps].
  std::vector<int8_t> Expand(const std::vector<int64_t>& order, int64_t channels,
                             int64_t first_channel) const {
    const int64_t column_bytes = RoundUpToGroup(channels);
    std::vector<int8_t> expanded;
    for (const int64_t output : order) {
      for (int64_t ky = 0; ky < conv_.kernel[0]; ++ky) {
        for (int64_t kx = 0; kx < conv_.kernel[1]; ++kx) {
          for (int64_t c = 0; c < column_bytes; ++c) {
            expanded.push_back(c < channels ? Weight(output, first_channel + c, ky, kx)
                                            : int8_t{0});
          }
        }
      }
    }
    return expanded;
  }

  std::vector<int32_t> VectorOffsets(int32_t vectors, int64_t first_output) const {
    std::vector<int32_t> offsets;
    for (int64_t v = 0; v < vectors; ++v) {
      const int64_t channel = first_output + v * kChannelGroup;
      const auto run = static_cast<size_t>(channel / output_.run_channels);
      offsets.push_back(output_.run_offsets[run] +
                        static_cast<int32_t>(channel % output_.run_channels));
    }
    return offsets;
  }

  // --- depthwise ---

  void BuildDepthwise() {
    const int64_t padded = RoundUpToGroup(outputs_);
    const int64_t taps = conv_.kernel[0] * conv_.kernel[1];
    const int64_t tap_groups = (taps + 3) / 4;
    std::vector<int32_t> offsets(static_cast<size_t>(tap_groups * 4), 0);
    std::vector<int8_t> packed(static_cast<size_t>(tap_groups * padded * 4), 0);
    for (int64_t tap = 0; tap < taps; ++tap) {
      const int64_t ky = tap / conv_.kernel[1];
      const int64_t kx = tap % conv_.kernel[1];
      offsets[static_cast<size_t>(tap)] = static_cast<int32_t>(
          ky * conv_.dilation[0] * input_.row + kx * conv_.dilation[1] * input_.pixel);
      for (int64_t c = 0; c < outputs_; ++c) {
        packed[static_cast<size_t>((tap / 4 * padded + c) * 4 + tap % 4)] = Weight(c, c, ky, kx);
      }
    }
    const KernelSet& kernels = *layer_.kernels_;
    if (kernels.saturates && !PairsFit(packed, kernels.storage)) layer_.kernels_ = kernels.exact;

    DepthwiseKernel kernel;
    kernel.tap_offsets = Keep(std::move(offsets));
    kernel.tap_groups = static_cast<int32_t>(tap_groups);
    kernel.input_pixel = static_cast<int32_t>(conv_.stride[1] * input_.pixel);
    kernel.weights = Keep(std::move(packed));
    kernel.bias = Keep(Biases(output_.order));
    kernel.vectors = static_cast<int32_t>(padded / kChannelGroup);
    kernel.epilogue = Epilogue(output_.order);
    kernel.output_pixel = static_cast<int32_t>(output_.pixel);
    kernel.residual_pixel = static_cast<int32_t>(residual_.pixel);
    layer_.depthwise_.push_back(kernel);
  }

  // --- what follows the sums ---

  double Unit(int64_t output) const {
    return static_cast<double>(input_.quantization.scale) * WeightScale(output);
  }

  // A channel's bias in units of its sums, a whole number.
  double BiasUnits(int64_t output) const {
    const bool has_bias = node_.inputs.size() > 2 && node_.inputs[2] != kNoValue;
    double bias = output_.offset;
    if (has_bias) {
      bias += graph_.value(node_.inputs[2]).constant->floats[static_cast<size_t>(output)];
    }
    constexpr double kMost = 1 << 30;
    return std::clamp(std::nearbyint(bias / Unit(output)), -kMost, kMost);
  }

  // The bias and the input's zero point, in units of the sums.
  std::vector<int32_t> Biases(const std::vector<int64_t>& order) const {
    const int64_t per_output = inputs_per_group_ * conv_.kernel[0] * conv_.kernel[1];
    const int32_t zero = StoredZero(input_.ZeroCode());
    std::vector<int32_t> biases;
    for (const int64_t output : order) {
      const int8_t* first = codes().data() + output * per_output;
      const int32_t sum = std::accumulate(first, first + per_output, int32_t{0});
      biases.push_back(static_cast<int32_t>(BiasUnits(output)) - zero * sum);
    }
    biases.resize(static_cast<size_t>(RoundUpToGroup(static_cast<int64_t>(order.size()))), 0);
    return biases;
  }

  ConvEpilogue Epilogue(const std::vector<int64_t>& order) {
    // With an inner rounding, products are in its codes until it is done. Rounded once, from
    // double: each further rounding would move a few more products over a tie between two codes.
    const double scale = fused_.inner ? fused_.inner->scale : output_.scale;
    std::vector<float> multipliers;
    std::vector<float> negative;
    for (const int64_t output : order) {
      const double multiplier = Unit(output) / scale;
      multipliers.push_back(static_cast<float>(multiplier));
      if (fused_.slopes.empty()) continue;
      const double slope = fused_.slopes[static_cast<size_t>(output)];
      negative.push_back(static_cast<float>(multiplier * slope));
    }
    const auto padded = static_cast<size_t>(RoundUpToGroup(static_cast<int64_t>(order.size())));
    multipliers.resize(padded, 0.0f);
    ConvEpilogue epilogue;
    epilogue.multiplier = Keep(std::move(multipliers));
    if (!fused_.slopes.empty()) {
      negative.resize(padded, 0.0f);
      epilogue.negative_multiplier = Keep(std::move(negative));
    }
    if (fused_.inner) SetInner(epilogue);
    SetResidual(epilogue);
    SetOutput(epilogue);
    epilogue.clamps = !StoringClamps(epilogue, order);
    return epilogue;
  }

  void SetInner(ConvEpilogue& epilogue) const {
    const Quantization& inner = *fused_.inner;
    const Range codes = CodeRange(inner, fused_.range);
    epilogue.inner = true;
    epilogue.inner_low = codes.min;
    epilogue.inner_high = codes.max;
    epilogue.inner_scale = inner.scale / output_.scale;
  }

  void SetResidual(ConvEpilogue& epilogue) const {
    epilogue.residual = residual_.kind;
    if (residual_.kind != ConvEpilogue::Residual::kCodes) return;
    const Quantization& quantization = residual_.quantization;
    epilogue.residual_scale = quantization.scale / output_.scale;
    epilogue.residual_zero_point = StoredZero(quantization.zero_point - quantization.lowest());
  }

  void SetOutput(ConvEpilogue& epilogue) const {
    epilogue.output = output_.kind;
    if (output_.kind == ConvEpilogue::Output::kFloats) {
      epilogue.low = output_.range.min;
      epilogue.high = output_.range.max;
      return;
    }
    const bool bytes = output_.kind == ConvEpilogue::Output::kBytes;
    epilogue.zero_point = bytes ? output_.zero_code : StoredZero(output_.zero_code);
    Quantization quantization;
    quantization.scale = output_.scale;
    quantization.zero_point = output_.zero_code;
    quantization.is_signed = false;
    const Range codes = CodeRange(quantization, output_.range);
    epilogue.low = codes.min;
    epilogue.high = codes.max;
  }

  // Whether storing the bytes clamps as the epilogue asks.
  bool StoringClamps(const ConvEpilogue& epilogue, const std::vector<int64_t>& order) const {
    const auto lowest = static_cast<float>(-output_.zero_code);
    if (epilogue.output != ConvEpilogue::Output::kCodes || epilogue.low != lowest ||
        epilogue.high != lowest + 255.0f) {
      return false;
    }
    float largest = 0.0f;
    for (size_t i = 0; i < order.size(); ++i) {
      float factor = std::abs(epilogue.multiplier[i]);
      if (epilogue.negative_multiplier) {
        factor = std::max(factor, std::abs(epilogue.negative_multiplier[i]));
      }
      largest = std::max(largest, LargestSum(order[i]) * factor);
    }
    return largest + 255.0f * epilogue.residual_scale < kStoredRange;  // false for NaN
  }

  // A bound of what the sum of an output channel can be, less rounding.
  float LargestSum(int64_t output) const {
    const int64_t per_output = inputs_per_group_ * conv_.kernel[0] * conv_.kernel[1];
    const int8_t* first = codes().data() + output * per_output;
    const int64_t weights =
        std::accumulate(first, first + per_output, int64_t{0},
                        [](int64_t sum, int8_t weight) { return sum + std::abs(int64_t{weight}); });
    return static_cast<float>(255 * weights) + static_cast<float>(std::abs(BiasUnits(output)));
  }

  // The codes, less the zero point, that a quantization of numbers clipped to `range` can give.
  // Clipping before rounding to codes is clipping codes: rounding keeps order.
  static Range CodeRange(const Quantization& quantization, const Range& range) {
    const auto code = [&](float x) {
      const auto low = static_cast<float>(quantization.lowest() - quantization.zero_point);
      const auto high = static_cast<float>(quantization.highest() - quantization.zero_point);
      return std::clamp(std::nearbyint(x / quantization.scale), low, high);
    };
    return {code(range.min), code(range.max)};
  }

  template <typename T>
  const T* Keep(std::vector<T> array) {
    if constexpr (std::is_same_v<T, int8_t>) {
      return arrays_->weights.emplace_back(std::move(array)).data();
    } else if constexpr (std::is_same_v<T, int32_t>) {
      return arrays_->integers.emplace_back(std::move(array)).data();
    } else {
      return arrays_->floats.emplace_back(std::move(array)).data();
    }
  }

  const Graph& graph_;
  const FusedConv& fused_;
  const Node& node_;
  const Conv& conv_;
  const Value& weights_;
  const CodeTensor& input_;
  const ConvOutput& output_;
  const ConvResidual& residual_;
  int64_t outputs_ = 0;
  int64_t inputs_per_group_ = 0;
  int64_t outputs_per_group_ = 0;
  std::shared_ptr<ConvLayer::Arrays> arrays_;
  ConvLayer layer_;
};

Result<ConvLayer> ConvLayer::Create(const Graph& graph, const FusedConv& conv,
                                    const CodeTensor& input, const ConvOutput& output,
                                    const ConvResidual& residual, const KernelSet& kernels) {
  return ConvLayerBuilder(graph, conv, input, output, residual, kernels).Build();
}

void ConvLayer::RunRow(const CodeTensor& input, int64_t y, int64_t width, void* output,
                       const void* residual) const {
  const uint8_t* window = input.At(y * stride_[0] - pads_[0], -pads_[1]);
  for (const DepthwiseKernel& kernel : depthwise_) {
    kernels_->depthwise_row(kernel, window, output, residual, width);
  }
  int64_t channel = 0;
  const ptrdiff_t element =
      !groups_.empty() && groups_[0].epilogue.residual == ConvEpilogue::Residual::kFloats
          ? sizeof(float)
          : 1;
  for (const ConvKernel& kernel : groups_) {
    const void* own =
        residual ? static_cast<const uint8_t*>(residual) + channel * element : nullptr;
    kernels_->conv_row(kernel, window, output, own, width);
    channel += kernel.vectors * kChannelGroup;
  }
}

}  // namespace tessera::int8
