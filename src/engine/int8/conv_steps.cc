#include "engine/int8/conv_steps.h"

#include <memory>
#include <numeric>
#include <utility>

#include "engine/int8/conv_layer.h"
#include "engine/parallel_rows.h"

namespace tessera::int8 {
namespace {

// Channels that all implementations compute as one block, whose results must be consecutive.
constexpr int64_t kBlockChannels = 16;

class ConvToCodesStep final : public RowStep {
 public:
  ConvToCodesStep(ConvLayer layer, int64_t block, const CodeTensor& input,
                  std::optional<CodeTensor> residual, const CodeTensor& output,
                  pthreadpool_t threads)
      : RowStep(output.height / block),
        layer_(std::move(layer)),
        block_(block),
        input_(input),
        residual_(residual),
        output_(output),
        threads_(threads) {}

  // Rows before the shuffle.
  void RunRows(int64_t first, int64_t last) override {
    const int64_t width = output_.width / block_;
    ParallelRows(threads_, first, last, [&](int64_t begin, int64_t end, size_t) {
      for (int64_t y = begin; y < end; ++y) {
        const uint8_t* residual = residual_ ? residual_->At(y, 0) : nullptr;
        layer_.RunRow(input_, y, width, output_.At(y * block_, 0), residual);
      }
    });
  }
  size_t memory_bytes() const override { return layer_.memory_bytes(); }

 private:
  ConvLayer layer_;
  int64_t block_;  // output pixels per convolution pixel, in each direction
  CodeTensor input_;
  std::optional<CodeTensor> residual_;
  CodeTensor output_;
  pthreadpool_t threads_;
};

class ConvToFloatsStep final : public Step {
 public:
  ConvToFloatsStep(ConvLayer layer, const CodeTensor& input, Tensor output, pthreadpool_t threads)
      : layer_(std::move(layer)), input_(input), output_(output), threads_(threads) {
    padded_channels_ = RoundUpToGroup(output.channels);
    // Kernels store whole groups of channels; a float tensor has no room for the last one's rest.
    if (padded_channels_ == output.channels) return;
    rows_.resize(threads ? pthreadpool_get_threads_count(threads) : 1);
    for (auto& row : rows_) row.resize(static_cast<size_t>(output.width * padded_channels_));
  }

  Status Run() override {
    ParallelRows(threads_, output_.height, [&](int64_t begin, int64_t end, size_t part) {
      for (int64_t y = begin; y < end; ++y) {
        float* out = output_.data + y * output_.width * output_.channels;
        float* row = rows_.empty() ? out : rows_[part].data();
        layer_.RunRow(input_, y, output_.width, row, nullptr);
        if (!rows_.empty()) CopyRow(row, out);
      }
    });
    return Status::Ok();
  }
  size_t memory_bytes() const override { return layer_.memory_bytes(); }

 private:
  void CopyRow(const float* row, float* out) const {
    for (int64_t x = 0; x < output_.width; ++x, row += padded_channels_) {
      for (int64_t c = 0; c < output_.channels; ++c) *out++ = row[c];
    }
  }

  ConvLayer layer_;
  CodeTensor input_;
  Tensor output_;
  int64_t padded_channels_ = 0;
  std::vector<std::vector<float>> rows_;  // one per thread, or none
  pthreadpool_t threads_;
};

std::vector<int64_t> PlainOrder(int64_t channels) {
  std::vector<int64_t> order(static_cast<size_t>(channels));
  std::iota(order.begin(), order.end(), int64_t{0});
  return order;
}

int64_t ConvOutputs(const Graph& graph, const FusedConv& conv) {
  return graph.value(graph.nodes[conv.node].inputs[1]).shape[0];
}

// How the results lie in `output`.
void SetLayout(const FusedConv& conv, int64_t outputs, const CodeTensor& output,
               ConvOutput& layout) {
  if (!conv.shuffle) {
    layout.order = PlainOrder(outputs);
    layout.run_channels = outputs;
    layout.run_offsets = {0};
    layout.pixel = output.pixel;
    return;
  }
  const int64_t block = conv.shuffle->block;
  const int64_t area = block * block;
  const bool crd = conv.shuffle->order == DepthToSpace::Order::kCrd;
  layout.run_channels = output.channels;
  layout.pixel = block * output.pixel;
  for (int64_t phase = 0; phase < area; ++phase) {
    layout.run_offsets.push_back(
        static_cast<int32_t>(phase / block * output.row + phase % block * output.pixel));
    for (int64_t c = 0; c < output.channels; ++c) {
      layout.order.push_back(crd ? c * area + phase : phase * output.channels + c);
    }
  }
}

}  // namespace

bool CanStoreShuffled(int64_t channels) { return channels % kBlockChannels == 0; }

Result<StepPtr> MakeConvToCodesStep(const Graph& graph, const FusedConv& conv,
                                    const CodeTensor& input, std::optional<CodeTensor> residual,
                                    const CodeTensor& output, const KernelSet& kernels,
                                    pthreadpool_t threads) {
  ConvOutput layout;
  layout.kind = ConvEpilogue::Output::kCodes;
  layout.scale = output.quantization.scale;
  layout.zero_code = output.ZeroCode();
  layout.range = conv.final_range;
  SetLayout(conv, ConvOutputs(graph, conv), output, layout);
  ConvResidual added;
  if (residual) {
    added.kind = ConvEpilogue::Residual::kCodes;
    added.quantization = residual->quantization;
    added.pixel = residual->pixel;
  }
  TESSERA_ASSIGN_OR_RETURN(ConvLayer layer,
                           ConvLayer::Create(graph, conv, input, layout, added, kernels));
  return StepPtr(std::make_unique<ConvToCodesStep>(
      std::move(layer), conv.shuffle ? conv.shuffle->block : 1, input, residual, output, threads));
}

Result<StepPtr> MakeConvToFloatsStep(const Graph& graph, const FusedConv& conv,
                                     const CodeTensor& input, Tensor output,
                                     const KernelSet& kernels, pthreadpool_t threads) {
  ConvOutput layout;
  layout.kind = ConvEpilogue::Output::kFloats;
  layout.range = conv.range;
  layout.order = PlainOrder(output.channels);
  layout.run_channels = output.channels;
  layout.run_offsets = {0};
  layout.pixel = RoundUpToGroup(output.channels);
  TESSERA_ASSIGN_OR_RETURN(ConvLayer layer,
                           ConvLayer::Create(graph, conv, input, layout, {}, kernels));
  return StepPtr(std::make_unique<ConvToFloatsStep>(std::move(layer), input, output, threads));
}

}  // namespace tessera::int8
