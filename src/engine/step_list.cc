#include "engine/step_list.h"

#include <chrono>

namespace tessera {
namespace {

double Elements(const Shape& shape) {
  double count = 1.0;
  for (const int64_t extent : shape) count *= static_cast<double>(extent);
  return count;
}

}  // namespace

double WorkOf(const Graph& graph, const Node& node) {
  // Moving an element takes as long as some multiplications in a register.
  constexpr double kPerElement = 8.0;
  const Shape& output = graph.value(node.output).shape;
  const double elements = Elements(output);
  if (std::holds_alternative<Conv>(node.operation)) {
    const Shape& weights = graph.value(node.inputs[1]).shape;
    return elements * (kPerElement + Elements(weights) / static_cast<double>(weights[0]));
  }
  if (std::holds_alternative<MatMul>(node.operation)) {
    return elements * (kPerElement + static_cast<double>(graph.value(node.inputs[0]).shape.back()));
  }
  return elements * kPerElement;
}

void StepList::Add(StepPtr step, double work) {
  steps_.push_back(std::move(step));
  work_until_.push_back((work_until_.empty() ? 0.0 : work_until_.back()) + work);
}

Status StepList::Run(RunContext* context) {
  Restart();
  if (context) context->Begin(static_cast<int64_t>(steps_.size()));
  for (const StepPtr& step : steps_) {
    if (context && context->cancelled()) return Status(StatusCode::kCancelled, "cancelled");
    TESSERA_RETURN_IF_ERROR(step->Run());
    if (context) context->StepDone();
  }
  return Status::Ok();
}

Result<double> StepList::RunFor(double milliseconds) {
  using Clock = std::chrono::steady_clock;
  const auto begun = Clock::now();
  while (next_ < steps_.size()) {
    const Status status = steps_[next_]->Run();
    if (!status.ok()) {
      Restart();
      return status;
    }
    ++next_;
    // Steps without work at the end belong to what comes before: only the end is a share of 1.
    if (work_until_[next_ - 1] == work_until_.back()) continue;
    const std::chrono::duration<double, std::milli> passed = Clock::now() - begun;
    if (passed.count() >= milliseconds) break;
  }
  if (next_ < steps_.size()) return work_until_[next_ - 1] / work_until_.back();
  Restart();
  return 1.0;
}

size_t StepList::memory_bytes() const {
  size_t bytes = 0;
  for (const StepPtr& step : steps_) bytes += step->memory_bytes();
  return bytes;
}

}  // namespace tessera
