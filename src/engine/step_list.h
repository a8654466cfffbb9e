#ifndef TESSERA_ENGINE_STEP_LIST_H_
#define TESSERA_ENGINE_STEP_LIST_H_

#include <cstddef>
#include <utility>
#include <vector>

#include "core/run_context.h"
#include "core/status.h"
#include "engine/step.h"
#include "graph/graph.h"

namespace tessera {

/// How long a node takes beside the others of its network, about: multiplications of a convolution,
/// some per element for the rest. Its shapes must be known.
double WorkOf(const Graph& graph, const Node& node);

/// Prepared steps in the order in which they run.
class StepList {
 public:
  /// `work` as WorkOf.
  void Add(StepPtr step, double work);

  size_t size() const { return steps_.size(); }
  Step& operator[](size_t i) { return *steps_[i]; }

  /// Runs all steps. `context` may be null. Errors: kCancelled; those of the steps.
  Status Run(RunContext* context);

  /// Runs the next steps, at least one, until about `milliseconds` have passed. Returns the share
  /// of the work that is done, in (0, 1]; after 1 or an error the next call begins again.
  Result<double> RunFor(double milliseconds);

  /// The next RunFor begins at the first step.
  void Restart() { next_ = 0; }

  /// Of the steps, beyond tensors.
  size_t memory_bytes() const;

 private:
  std::vector<StepPtr> steps_;
  std::vector<double> work_until_;  // per step: its own and that of those before it
  size_t next_ = 0;
};

}  // namespace tessera

#endif  // TESSERA_ENGINE_STEP_LIST_H_
