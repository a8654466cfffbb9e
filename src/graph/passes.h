#ifndef TESSERA_GRAPH_PASSES_H_
#define TESSERA_GRAPH_PASSES_H_

#include "core/status.h"
#include "graph/graph.h"

namespace tessera {

/// Runs the passes that the core has, in their order. Afterwards ValidateSimplified holds, and the
/// graph computes what it did before, within float rounding. Errors: kModelFormat, kModelOp and
/// kUnsupported for graphs that cannot be brought into that form, naming the node.
Status Simplify(Graph& graph);

// The passes, in the order in which Simplify runs them (see Repertoire). Each leaves a valid graph.

/// Computes arithmetic between constants, and what depends on nothing else.
Status FoldConstants(Graph& graph);

/// Turns what files do with reshapes, transposes, slices and matrix products into operators on NCHW
/// images, whichever order of axes the file has: pixel shuffles and unshuffles, shuffles and slices
/// of channels, crops, 1x1 convolutions. Constants beside images get the shape [] or [1, C, 1, 1].
/// What works on axes that no image has is left on plain tensors, with a Relayout before and after
/// it.
Status ResolveLayouts(Graph& graph);

/// Infers the shapes of images of no particular size: networks run on any.
Status FreeImageSize(Graph& graph);

/// Turns each BatchNormalization into a Mul and an Add per channel.
Status LowerBatchNormalization(Graph& graph);

/// Folds per-channel arithmetic with constants into the convolution before it, or into one after it
/// that has no padding (padding is zero *after* the arithmetic, so folding would change borders).
/// Quantized weights stay quantized: their scales are multiplied, and nothing folds into a later
/// convolution that has them.
Status FoldAffine(Graph& graph);

/// Folds Relu and Clip into the convolution before them.
Status FuseActivations(Graph& graph);

/// Makes a float convolution of pixels that a nearest Resize repeats s times into one of the pixels
/// before that, with s*s as many outputs, and a DepthToSpace: the same sums, borders too, with a
/// kernel that is no larger, and without the enlarged tensor.
Status MergeUpsampling(Graph& graph);

/// Removes each FakeQuantize whose input holds its codes already (see TrackQuantization).
Status RemoveRepeatedQuantization(Graph& graph);

/// Drops nodes that the output does not depend on, and values that nothing refers to.
Status RemoveDeadNodes(Graph& graph);

}  // namespace tessera

#endif  // TESSERA_GRAPH_PASSES_H_
