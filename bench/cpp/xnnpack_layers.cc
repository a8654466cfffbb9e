// XNNPACK's convolution operators, with int8 and with float arithmetic, on the layers of catalog.h.
#include <xnnpack.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "catalog.h"
#include "noise.h"

namespace tessera::bench {
namespace {

struct OperatorDeleter {
  void operator()(xnn_operator_t op) const { xnn_delete_operator(op); }
};
using Operator = std::unique_ptr<xnn_operator, OperatorDeleter>;

// The kernels of XNNPACK read up to this many bytes past the end of a row of pixels.
constexpr size_t kSlack = XNN_EXTRA_BYTES;
constexpr size_t kPixels = kTileEdge * kTileEdge;

/// The window and the channels, in the order in which both kinds of operator take them.
template <typename Create>
xnn_status CreateFor(const Layer& layer, Create create) {
  const auto pad = static_cast<uint32_t>(layer.kernel / 2);
  const auto kernel = static_cast<uint32_t>(layer.kernel);
  const auto inputs = static_cast<size_t>(layer.inputs);
  const auto outputs = static_cast<size_t>(layer.outputs);
  const auto groups = static_cast<uint32_t>(layer.depthwise ? layer.inputs : 1);
  return create(pad, kernel, groups, inputs / groups, outputs / groups, inputs, outputs);
}

size_t WeightCount(const Layer& layer) {
  return static_cast<size_t>(layer.kernel * layer.kernel * layer.outputs *
                             (layer.depthwise ? 1 : layer.inputs));
}

struct Int8 {
  using Element = int8_t;
  static constexpr auto kReshape = xnn_reshape_convolution2d_nhwc_qs8_qc8w;
  static constexpr auto kSetup = xnn_setup_convolution2d_nhwc_qs8_qc8w;

  static int8_t ToElement(int noise) { return static_cast<int8_t>(noise); }

  static xnn_status Create(const Layer& layer, xnn_operator_t* op) {
    const std::vector<int8_t> weights = Noise<int8_t>(WeightCount(layer), ToElement);
    const std::vector<int32_t> bias(static_cast<size_t>(layer.outputs), 100);
    const std::vector<float> scales(static_cast<size_t>(layer.outputs), 0.002F);
    return CreateFor(layer, [&](uint32_t pad, uint32_t kernel, uint32_t groups, size_t group_inputs,
                                size_t group_outputs, size_t inputs, size_t outputs) {
      return xnn_create_convolution2d_nhwc_qs8_qc8w(
          pad, pad, pad, pad, kernel, kernel, /*subsampling=*/1, 1, /*dilation=*/1, 1, groups,
          group_inputs, group_outputs, inputs, outputs, /*input_zero_point=*/-128,
          /*input_scale=*/0.02F, scales.data(), weights.data(), bias.data(),
          /*output_zero_point=*/-128, /*output_scale=*/0.02F, /*output_min=*/-128,
          /*output_max=*/127, /*flags=*/0, nullptr, nullptr, op);
    });
  }
};

struct Float {
  using Element = float;
  static constexpr auto kReshape = xnn_reshape_convolution2d_nhwc_f32;
  static constexpr auto kSetup = xnn_setup_convolution2d_nhwc_f32;

  static float ToElement(int noise) { return static_cast<float>(noise) / 64.0F; }

  static xnn_status Create(const Layer& layer, xnn_operator_t* op) {
    const std::vector<float> weights = Noise<float>(WeightCount(layer), ToElement);
    const std::vector<float> bias(static_cast<size_t>(layer.outputs), 0.1F);
    return CreateFor(layer, [&](uint32_t pad, uint32_t kernel, uint32_t groups, size_t group_inputs,
                                size_t group_outputs, size_t inputs, size_t outputs) {
      return xnn_create_convolution2d_nhwc_f32(
          pad, pad, pad, pad, kernel, kernel, /*subsampling=*/1, 1, /*dilation=*/1, 1, groups,
          group_inputs, group_outputs, inputs, outputs, weights.data(), bias.data(),
          /*output_min=*/0.0F, /*output_max=*/1e30F, /*flags=*/0, nullptr, nullptr, op);
    });
  }
};

/// An operator that is ready to run, and what it reads and writes.
template <typename Type>
class Runner {
 public:
  using Element = typename Type::Element;

  xnn_status Prepare(const Layer& layer) {
    xnn_operator_t raw = nullptr;
    xnn_status status = xnn_initialize(/*allocator=*/nullptr);
    if (status == xnn_status_success) status = Type::Create(layer, &raw);
    if (status != xnn_status_success) return status;
    op_.reset(raw);
    size_t workspace_bytes = 0;
    size_t alignment = 0;
    status = Type::kReshape(raw, /*batch_size=*/1, kTileEdge, kTileEdge, &workspace_bytes,
                            &alignment, nullptr, nullptr, /*threadpool=*/nullptr);
    if (status != xnn_status_success) return status;
    workspace_.resize(workspace_bytes + alignment);
    input_ = Noise<Element>(kPixels * static_cast<size_t>(layer.inputs) + kSlack, Type::ToElement);
    output_.resize(kPixels * static_cast<size_t>(layer.outputs) + kSlack);
    return Type::kSetup(raw, Aligned(alignment), input_.data(), output_.data());
  }

  xnn_status Run() { return xnn_run_operator(op_.get(), /*threadpool=*/nullptr); }

 private:
  void* Aligned(size_t alignment) {
    void* at = workspace_.data();
    size_t space = workspace_.size();
    return alignment == 0 ? at : std::align(alignment, space - alignment, at, space);
  }

  Operator op_;
  std::vector<char> workspace_;
  std::vector<Element> input_;
  std::vector<Element> output_;
};

template <typename Type>
void Register(const char* type, const Layer& layer) {
  RegisterLayer("xnnpack", type, layer, [layer](benchmark::State& state) {
    Runner<Type> runner;
    if (runner.Prepare(layer) != xnn_status_success) {
      state.SkipWithError("XNNPACK refuses this layer");
      return;
    }
    for (auto _ : state) {
      if (runner.Run() != xnn_status_success) {
        state.SkipWithError("XNNPACK failed");
        break;
      }
      benchmark::ClobberMemory();
    }
  });
}

}  // namespace

void RegisterXnnpack() {
  for (const Layer& layer : Layers()) {
    Register<Int8>("int8", layer);
    Register<Float>("float", layer);
  }
}

}  // namespace tessera::bench
