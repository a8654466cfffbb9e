// Does it pay to compute several layers on a few rows, while those are in the nearest caches,
// instead of one layer on the whole tile?
#include "schedules.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "catalog.h"
#include "noise.h"

namespace tessera::bench {
namespace {

constexpr int64_t kWindow = 3;
constexpr int64_t kLayerByLayer = 0;  // instead of rows of a band

std::vector<Chain> Chains() {
  std::vector<Chain> chains;
  for (const int64_t channels : {32, 64}) {
    for (const int64_t edge : {64, 128, 192, 384}) {
      chains.push_back({.channels = channels, .edge = edge});
    }
  }
  return chains;
}

std::string NameOf(const Chain& chain) {
  return "schedule " + std::to_string(chain.layers) + "x" + std::to_string(chain.channels) +
         " tile " + std::to_string(chain.edge);
}

/// Whether both schedules give the same bytes.
bool SchedulesAgree(ChainRunner& runner) {
  runner.RunLayers();
  const Rows expected = runner.output();
  runner.ForgetOutput();
  // The second time, the line buffers hold what the first has left there.
  runner.RunBands();
  runner.RunBands();
  return runner.output() == expected;
}

/// The body of one benchmark.
class ScheduleCase {
 public:
  ScheduleCase(const Chain& chain, int64_t band) : chain_(chain), band_(band) {}

  void operator()(benchmark::State& state) {
    ChainRunner runner(chain_, std::max(band_, int64_t{1}), BestKernels());
    // Once only: it takes longer than the measurement.
    if (!checked_ && band_ != kLayerByLayer && !SchedulesAgree(runner)) {
      state.SkipWithError("other bytes than layer by layer");
      return;
    }
    checked_ = true;
    for (auto _ : state) {
      if (band_ == kLayerByLayer) {
        runner.RunLayers();
      } else {
        runner.RunBands();
      }
      benchmark::ClobberMemory();
    }
  }

 private:
  Chain chain_;
  int64_t band_;
  bool checked_ = false;
};

}  // namespace

double Chain::Multiplications() const {
  return static_cast<double>(layers * kWindow * kWindow * channels * channels * edge * edge);
}

Rows::Rows(const Chain& chain, Storage storage, int64_t count, bool twice)
    : count_(count),
      twice_(twice),
      pixel_bytes_(chain.channels),
      row_bytes_(chain.channels * (chain.edge + 2)),
      zero_point_(static_cast<uint8_t>(StoredValue(storage, 0))),
      bytes_(SizeOf(count * (twice ? 2 : 1) * row_bytes_ + kSlack), zero_point_) {}

Rows Rows::WholeTile(const Chain& chain, Storage storage) {
  return Rows(chain, storage, chain.edge + 2, /*twice=*/false);
}

Rows Rows::Lines(const Chain& chain, Storage storage, int64_t count) {
  return Rows(chain, storage, count, /*twice=*/true);
}

void Rows::Written(int64_t y) {
  if (!twice_) return;
  uint8_t* row = Write(y);
  std::memcpy(row + count_ * row_bytes_, row, SizeOf(row_bytes_ - 2 * pixel_bytes_));
}

void Rows::WriteBorder(int64_t y) {
  std::memset(Write(y), zero_point_, SizeOf(row_bytes_ - 2 * pixel_bytes_));
  Written(y);
}

void Rows::WriteNoise(const Chain& chain) {
  const int64_t bytes = chain.edge * pixel_bytes_;
  const std::vector<uint8_t> noise = Noise<uint8_t>(SizeOf(bytes * chain.edge), ToCode);
  for (int64_t y = 0; y < chain.edge; ++y) {
    std::memcpy(Write(y + 1), noise.data() + y * bytes, SizeOf(bytes));
    Written(y + 1);
  }
}

ChainRunner::ChainRunner(const Chain& chain, int64_t band, const KernelSet& kernels)
    : kernels_(kernels),
      chain_(chain),
      band_(band),
      input_(Rows::WholeTile(chain, kernels.storage)),
      output_(input_),
      between_(input_),
      scaling_(chain.channels / kChannelGroup, kernels.storage, After::kClamp) {
  input_.WriteNoise(chain);
  // What a layer adds in one turn, and the rows before it that the next layer has yet to read.
  lines_.assign(SizeOf(chain.layers - 1), Rows::Lines(chain, kernels.storage, band + kWindow - 1));
  for (int64_t row = 0; row < kWindow; ++row) {
    window_.run_offsets.push_back(static_cast<int32_t>(row * input_.row_bytes()));
  }
  for (int64_t channel = 0; channel < chain.channels; channel += kChannelGroup) {
    vector_offsets_.push_back(static_cast<int32_t>(channel));
  }
  // Each layer has weights of its own, as in a network: they share the caches with the codes.
  const int64_t per_layer = chain.channels * kWindow * kWindow * chain.channels;
  const std::vector<int8_t> weights = NoiseWeights(SizeOf(chain.layers * per_layer));
  for (int64_t layer = 0; layer < chain.layers; ++layer) {
    const auto begin = weights.begin() + layer * per_layer;
    AddKernel({begin, begin + per_layer});
  }
}

void ChainRunner::AddKernel(const std::vector<int8_t>& weights) {
  const auto channels = static_cast<int32_t>(chain_.channels);
  const auto groups = static_cast<int32_t>(chain_.channels / kChannelGroup);
  window_.steps_per_run = static_cast<int32_t>(kWindow * groups);
  packed_.push_back(PackConv(window_, weights, channels, kernels_.layout));
  ConvKernel kernel = KernelReading(packed_.back());
  kernel.input_pixel = channels;
  kernel.bias = scaling_.bias.data();
  kernel.vectors = groups;
  kernel.epilogue = scaling_.epilogue;
  kernel.vector_offsets = vector_offsets_.data();
  kernel.output_pixel = channels;
  layers_.push_back(kernel);
}

void ChainRunner::RunRow(int64_t layer, const Rows& input, Rows& output, int64_t y) {
  kernels_.conv_row(layers_[SizeOf(layer)], input.Read(y - 1), output.Write(y), nullptr,
                    chain_.edge);
  output.Written(y);
}

void ChainRunner::RunLayers() {
  const Rows* input = &input_;
  for (int64_t layer = 0; layer < chain_.layers; ++layer) {
    // So that the last one writes the output.
    Rows& output = (chain_.layers - layer) % 2 == 1 ? output_ : between_;
    for (int64_t y = 1; y <= chain_.edge; ++y) RunRow(layer, *input, output, y);
    input = &output;
  }
}

void ChainRunner::RunBands() {
  for (Rows& lines : lines_) lines.WriteBorder(0);
  // A layer needs the row below its own, so each is a row behind the one before it.
  for (int64_t top = 1; top - chain_.layers < chain_.edge; top += band_) {
    for (int64_t layer = 0; layer < chain_.layers; ++layer) {
      RunBand(layer, std::max(top - layer, int64_t{1}), top - layer + band_);
    }
  }
}

void ChainRunner::RunBand(int64_t layer, int64_t begin, int64_t end) {
  const bool last = layer == chain_.layers - 1;
  const Rows& input = layer == 0 ? input_ : lines_[SizeOf(layer - 1)];
  Rows& output = last ? output_ : lines_[SizeOf(layer)];
  const int64_t below = chain_.edge + 1;
  for (int64_t y = begin; y < std::min(end, below); ++y) RunRow(layer, input, output, y);
  if (!last && begin <= below && below < end) output.WriteBorder(below);
}

void RegisterSchedules() {
  for (const Chain& chain : Chains()) {
    for (const int64_t band : {kLayerByLayer, int64_t{4}, int64_t{16}}) {
      const std::string type = band == kLayerByLayer ? "layers" : "bands " + std::to_string(band);
      RegisterSchedule(type, NameOf(chain), chain.Multiplications(), ScheduleCase(chain, band));
    }
  }
}

}  // namespace tessera::bench
