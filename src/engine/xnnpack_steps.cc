#include "engine/xnnpack_steps.h"

#include <xnnpack.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "core/aligned_buffer.h"
#include "engine/workspace.h"

namespace tessera {
namespace {

struct OperatorDeleter {
  void operator()(xnn_operator_t op) const { xnn_delete_operator(op); }
};
using Operator = std::unique_ptr<xnn_operator, OperatorDeleter>;

Status FromXnnpack(xnn_status status, const char* during) {
  const std::string what = std::string("XNNPACK failed to ") + during;
  switch (status) {
    case xnn_status_success:
      return Status::Ok();
    case xnn_status_out_of_memory:
      return Status(StatusCode::kOutOfMemory, what + ": out of memory");
    case xnn_status_unsupported_parameter:
    case xnn_status_unsupported_hardware:
      return Status(StatusCode::kUnsupported, what + ": not supported by XNNPACK");
    default:
      return Status(StatusCode::kInternal,
                    what + " (xnn_status " + std::to_string(static_cast<int>(status)) + ")");
  }
}

// A set-up XNNPACK operator with whatever must outlive it.
class XnnpackStep final : public Step {
 public:
  XnnpackStep(Operator op, pthreadpool_t threads, size_t extra_bytes)
      : op_(std::move(op)), threads_(threads), extra_bytes_(extra_bytes) {}

  Status Run() override { return FromXnnpack(xnn_run_operator(op_.get(), threads_), "run"); }
  size_t memory_bytes() const override { return extra_bytes_ + workspace_.size(); }

  void KeepWorkspace(AlignedBuffer workspace) { workspace_ = std::move(workspace); }
  void KeepConstant(std::vector<float> constant) { constants_.push_back(std::move(constant)); }

 private:
  Operator op_;
  pthreadpool_t threads_;
  size_t extra_bytes_;
  AlignedBuffer workspace_;
  std::vector<std::vector<float>> constants_;
};

// A convolution, whose memory for use while it runs is that of all steps.
class ConvStep final : public Step {
 public:
  ConvStep(Operator op, Tensor input, Tensor output, Workspace& workspace, pthreadpool_t threads,
           size_t bytes)
      : op_(std::move(op)),
        input_(input),
        output_(output),
        workspace_(workspace),
        threads_(threads),
        bytes_(bytes) {}

  Status Run() override {
    TESSERA_RETURN_IF_ERROR(FromXnnpack(
        xnn_setup_convolution2d_nhwc_f32(op_.get(), workspace_.data(), input_.data, output_.data),
        "set up a convolution"));
    return FromXnnpack(xnn_run_operator(op_.get(), threads_), "run");
  }
  size_t memory_bytes() const override { return bytes_; }

 private:
  Operator op_;
  Tensor input_;
  Tensor output_;
  Workspace& workspace_;
  pthreadpool_t threads_;
  size_t bytes_;
};

// OIHW -> O, H, W, I (with I per group), the order XNNPACK packs from.
std::vector<float> ToOhwi(const Conv& conv, std::span<const float> oihw, int64_t inputs_per_group) {
  const int64_t area = conv.kernel[0] * conv.kernel[1];
  const int64_t outputs = static_cast<int64_t>(oihw.size()) / (area * inputs_per_group);
  std::vector<float> ohwi(oihw.size());
  size_t next = 0;
  for (int64_t o = 0; o < outputs; ++o) {
    for (int64_t k = 0; k < area; ++k) {
      for (int64_t i = 0; i < inputs_per_group; ++i) {
        ohwi[next++] = oihw[static_cast<size_t>((o * inputs_per_group + i) * area + k)];
      }
    }
  }
  return ohwi;
}

Result<Operator> CreateConv(const Conv& conv, std::span<const float> weights,
                            std::span<const float> bias, int64_t input_channels,
                            int64_t output_channels) {
  const int64_t inputs_per_group = input_channels / conv.groups;
  const std::vector<float> ohwi = ToOhwi(conv, weights, inputs_per_group);
  const auto u32 = [](int64_t n) { return static_cast<uint32_t>(n); };
  const auto size = [](int64_t n) { return static_cast<size_t>(n); };
  xnn_operator_t op = nullptr;
  const xnn_status status = xnn_create_convolution2d_nhwc_f32(
      u32(conv.pads_begin[0]), u32(conv.pads_end[1]), u32(conv.pads_end[0]),
      u32(conv.pads_begin[1]), u32(conv.kernel[0]), u32(conv.kernel[1]), u32(conv.stride[0]),
      u32(conv.stride[1]), u32(conv.dilation[0]), u32(conv.dilation[1]), u32(conv.groups),
      size(inputs_per_group), size(output_channels / conv.groups), size(input_channels),
      size(output_channels), ohwi.data(), bias.empty() ? nullptr : bias.data(), conv.min, conv.max,
      KeepsTable(conv, input_channels, output_channels) ? 0 : XNN_FLAG_TRANSIENT_INDIRECTION_BUFFER,
      /*code_cache=*/nullptr, /*weights_cache=*/nullptr, &op);
  TESSERA_RETURN_IF_ERROR(FromXnnpack(status, "create a convolution"));
  return Operator(op);
}

Result<StepPtr> MakeActivationStep(xnn_unary_operator kind, const xnn_unary_params& params,
                                   Tensor input, Tensor output, pthreadpool_t threads) {
  xnn_operator_t raw = nullptr;
  TESSERA_RETURN_IF_ERROR(
      FromXnnpack(xnn_create_unary_elementwise_nc(kind, xnn_datatype_fp32, xnn_datatype_fp32,
                                                  &params, nullptr, nullptr, 0, &raw),
                  "create an activation"));
  Operator op(raw);
  const size_t channels = static_cast<size_t>(input.channels);
  TESSERA_RETURN_IF_ERROR(
      FromXnnpack(xnn_reshape_unary_elementwise_nc(op.get(), static_cast<size_t>(input.pixels()),
                                                   channels, channels, channels, threads),
                  "shape an activation"));
  TESSERA_RETURN_IF_ERROR(FromXnnpack(
      xnn_setup_unary_elementwise_nc(op.get(), input.data, output.data), "set up an activation"));
  return StepPtr(std::make_unique<XnnpackStep>(std::move(op), threads, 0));
}

xnn_binary_operator ToXnnpack(ElementwiseKind kind) {
  switch (kind) {
    case ElementwiseKind::kAdd:
      return xnn_binary_add;
    case ElementwiseKind::kSub:
      return xnn_binary_subtract;
    case ElementwiseKind::kMul:
      return xnn_binary_multiply;
    case ElementwiseKind::kDiv:
      return xnn_binary_divide;
    case ElementwiseKind::kMin:
      return xnn_binary_minimum;
    case ElementwiseKind::kMax:
      return xnn_binary_maximum;
    case ElementwiseKind::kPRelu:
      return xnn_binary_prelu;
  }
  return xnn_binary_invalid;
}

xnn_unary_operator ToXnnpack(Unary::Kind kind) {
  switch (kind) {
    case Unary::Kind::kSigmoid:
      return xnn_unary_sigmoid;
    case Unary::Kind::kTanh:
      return xnn_unary_tanh;
    case Unary::Kind::kGelu:
      return xnn_unary_gelu;
    case Unary::Kind::kHardSwish:
      return xnn_unary_hardswish;
    case Unary::Kind::kAbs:
      return xnn_unary_abs;
    case Unary::Kind::kNeg:
      return xnn_unary_negate;
    case Unary::Kind::kSqrt:
      return xnn_unary_square_root;
    case Unary::Kind::kFloor:
      return xnn_unary_floor;
    case Unary::Kind::kCeil:
      return xnn_unary_ceiling;
    case Unary::Kind::kRound:
      return xnn_unary_bankers_rounding;
    default:
      return xnn_unary_invalid;
  }
}

// Joins neighbouring axes that both sides broadcast alike. XNNPACK does so too, but only after it
// has counted them.
void JoinAxes(std::vector<size_t>& a, std::vector<size_t>& b) {
  const size_t rank = std::max(a.size(), b.size());
  a.insert(a.begin(), rank - a.size(), 1);
  b.insert(b.begin(), rank - b.size(), 1);
  std::vector<size_t> joined_a;
  std::vector<size_t> joined_b;
  for (size_t i = 0; i < rank; ++i) {
    if (a[i] == 1 && b[i] == 1) continue;
    const bool alike = !joined_a.empty() && (joined_a.back() == 1) == (a[i] == 1) &&
                       (joined_b.back() == 1) == (b[i] == 1);
    if (alike) {
      joined_a.back() *= a[i];
      joined_b.back() *= b[i];
    } else {
      joined_a.push_back(a[i]);
      joined_b.push_back(b[i]);
    }
  }
  if (joined_a.empty()) {
    joined_a = {1};
    joined_b = {1};
  }
  a = std::move(joined_a);
  b = std::move(joined_b);
}

}  // namespace

Status InitializeXnnpack() {
  static const xnn_status kStatus = xnn_initialize(/*allocator=*/nullptr);
  return FromXnnpack(kStatus, "initialise");
}

bool KeepsTable(const Conv& conv, int64_t input_channels, int64_t output_channels) {
  // So many multiplications for each address take many times as long as the address.
  constexpr int64_t kMany = 1024;
  return input_channels * output_channels / conv.groups < kMany;
}

Result<StepPtr> MakeConvStep(const Conv& conv, std::span<const float> weights,
                             std::span<const float> bias, Tensor input, Tensor output,
                             Workspace& workspace, pthreadpool_t threads) {
  TESSERA_ASSIGN_OR_RETURN(Operator op,
                           CreateConv(conv, weights, bias, input.channels, output.channels));
  size_t workspace_bytes = 0;
  size_t workspace_alignment = 0;
  size_t output_height = 0;
  size_t output_width = 0;
  TESSERA_RETURN_IF_ERROR(FromXnnpack(
      xnn_reshape_convolution2d_nhwc_f32(
          op.get(), 1, static_cast<size_t>(input.height), static_cast<size_t>(input.width),
          &workspace_bytes, &workspace_alignment, &output_height, &output_width, threads),
      "shape a convolution"));
  if (static_cast<int64_t>(output_height) != output.height ||
      static_cast<int64_t>(output_width) != output.width) {
    return Status(StatusCode::kInternal, "a convolution's inferred shape differs from XNNPACK's");
  }
  if (!workspace.Reserve(workspace_bytes)) {
    return Status(StatusCode::kOutOfMemory, "no memory for a convolution's workspace of " +
                                                std::to_string(workspace_bytes) + " bytes");
  }
  // XNNPACK does not report what an operator holds: its packed weights are the weights rounded up
  // to its channel blocks, and a table that is kept has one pointer per output pixel and tap.
  size_t bytes = weights.size_bytes() + bias.size_bytes();
  if (KeepsTable(conv, input.channels, output.channels)) {
    bytes += static_cast<size_t>(output.pixels() * conv.kernel[0] * conv.kernel[1]) * sizeof(void*);
  }
  return StepPtr(
      std::make_unique<ConvStep>(std::move(op), input, output, workspace, threads, bytes));
}

Result<StepPtr> MakeClipStep(const Clip& clip, Tensor input, Tensor output, pthreadpool_t threads) {
  xnn_unary_params params = {};
  params.clamp = {clip.min, clip.max};
  return MakeActivationStep(xnn_unary_clamp, params, input, output, threads);
}

Result<StepPtr> MakeLeakyReluStep(const LeakyRelu& leaky_relu, Tensor input, Tensor output,
                                  pthreadpool_t threads) {
  xnn_unary_params params = {};
  params.leaky_relu = {leaky_relu.alpha};
  return MakeActivationStep(xnn_unary_leaky_relu, params, input, output, threads);
}

bool XnnpackHas(Unary::Kind kind) { return ToXnnpack(kind) != xnn_unary_invalid; }

Result<StepPtr> MakeXnnpackUnaryStep(Unary::Kind kind, Tensor input, Tensor output,
                                     pthreadpool_t threads) {
  const xnn_unary_params params = {};
  return MakeActivationStep(ToXnnpack(kind), params, input, output, threads);
}

Result<StepPtr> MakeElementwiseStep(ElementwiseKind kind, Operand a, Operand b, float* output,
                                    pthreadpool_t threads) {
  JoinAxes(a.shape, b.shape);
  if (a.shape.size() > XNN_MAX_TENSOR_DIMS) {
    return Status(StatusCode::kUnsupported, "broadcasts over more than six axes");
  }
  xnn_operator_t raw = nullptr;
  TESSERA_RETURN_IF_ERROR(
      FromXnnpack(xnn_create_binary_elementwise_nd(ToXnnpack(kind), xnn_datatype_fp32, nullptr,
                                                   nullptr, nullptr, 0, &raw),
                  "create an elementwise operator"));
  Operator op(raw);
  TESSERA_RETURN_IF_ERROR(
      FromXnnpack(xnn_reshape_binary_elementwise_nd(op.get(), a.shape.size(), a.shape.data(),
                                                    b.shape.size(), b.shape.data(), threads),
                  "shape an elementwise operator"));
  TESSERA_RETURN_IF_ERROR(
      FromXnnpack(xnn_setup_binary_elementwise_nd(op.get(), a.begin(), b.begin(), output),
                  "set up an elementwise operator"));
  auto step = std::make_unique<XnnpackStep>(
      std::move(op), threads, (a.constant.size() + b.constant.size()) * sizeof(float));
  // Moving a vector keeps its storage, so the pointers given to XNNPACK stay valid.
  step->KeepConstant(std::move(a.constant));
  step->KeepConstant(std::move(b.constant));
  return StepPtr(std::move(step));
}

Result<StepPtr> MakeMatMulStep(Operand a, Operand b, float* output, pthreadpool_t threads) {
  const size_t m = a.shape[a.shape.size() - 2];
  const size_t k = a.shape.back();
  const size_t n = b.shape.back();
  a.shape.resize(a.shape.size() - 2);
  b.shape.resize(b.shape.size() - 2);
  // A product with one matrix is one product, whatever the first has for further axes.
  const bool one_matrix =
      std::all_of(b.shape.begin(), b.shape.end(), [](size_t extent) { return extent == 1; });
  size_t rows = m;
  if (one_matrix) {
    for (const size_t extent : a.shape) rows *= extent;
    a.shape.clear();
    b.shape.clear();
  }
  JoinAxes(a.shape, b.shape);
  if (a.shape.size() > XNN_MAX_TENSOR_DIMS - 2) {
    return Status(StatusCode::kUnsupported, "broadcasts matrices over more than four axes");
  }
  xnn_operator_t raw = nullptr;
  TESSERA_RETURN_IF_ERROR(FromXnnpack(xnn_create_batch_matrix_multiply_nc_f32(/*flags=*/0, &raw),
                                      "create a product of matrices"));
  Operator op(raw);
  size_t workspace_bytes = 0;
  size_t workspace_alignment = 0;
  TESSERA_RETURN_IF_ERROR(FromXnnpack(
      xnn_reshape_batch_matrix_multiply_nc_f32(op.get(), a.shape.size(), a.shape.data(),
                                               b.shape.data(), rows, k, n, &workspace_bytes,
                                               &workspace_alignment, threads),
      "shape a product of matrices"));
  auto workspace = AlignedBuffer::Allocate(workspace_bytes);
  if (!workspace) {
    return Status(StatusCode::kOutOfMemory, "no memory for a product of matrices, " +
                                                std::to_string(workspace_bytes) + " bytes");
  }
  TESSERA_RETURN_IF_ERROR(
      FromXnnpack(xnn_setup_batch_matrix_multiply_nc_f32(op.get(), workspace->data(), a.begin(),
                                                         b.begin(), output),
                  "set up a product of matrices"));
  auto step = std::make_unique<XnnpackStep>(
      std::move(op), threads, (a.constant.size() + b.constant.size()) * sizeof(float));
  step->KeepWorkspace(std::move(*workspace));
  step->KeepConstant(std::move(a.constant));
  step->KeepConstant(std::move(b.constant));
  return StepPtr(std::move(step));
}

}  // namespace tessera
