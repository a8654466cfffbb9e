#ifndef TESSERA_ENGINE_MOVE_STEPS_H_
#define TESSERA_ENGINE_MOVE_STEPS_H_

#include <vector>

#include "core/status.h"
#include "engine/step.h"
#include "graph/graph.h"

namespace tessera {

// Operations that only move or blend pixels. XNNPACK has no nearest resize and no CRD
// depth-to-space, and its bilinear resize derives weights from absolute positions, which breaks
// "a tile equals the whole"; so these few are ours.

/// Joins the inputs along the channels.
StepPtr MakeConcatStep(std::vector<Tensor> inputs, Tensor output);

/// [H, W, C*b*b] -> [H*b, W*b, C] in either channel order.
StepPtr MakeDepthToSpaceStep(const DepthToSpace& depth_to_space, Tensor input, Tensor output);

/// [H*b, W*b, C] -> [H, W, b*b*C].
StepPtr MakeSpaceToDepthStep(const SpaceToDepth& space_to_depth, Tensor input, Tensor output);

/// Some of the input's channels in some order.
StepPtr MakeSelectChannelsStep(const SelectChannels& select, Tensor input, Tensor output);

/// Crops (negative amounts), then pads by the mode.
StepPtr MakePadStep(const Pad& pad, Tensor input, Tensor output);

/// Resampling. Errors: kUnsupported.
Result<StepPtr> MakeResizeStep(const Resize& resize, Tensor input, Tensor output);

}  // namespace tessera

#endif  // TESSERA_ENGINE_MOVE_STEPS_H_
