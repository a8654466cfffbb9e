#ifndef TESSERA_GRAPH_IMPORT_FOLD_KNOWN_H_
#define TESSERA_GRAPH_IMPORT_FOLD_KNOWN_H_

#include "core/status.h"
#include "graph/import/op_context.h"

namespace tessera {

/// Computes the node if all that it reads is known: the arithmetic on shapes that exporters leave
/// behind (Shape, Gather, Slice, Concat, Mul, ...), and the same operators on weights. False when
/// the node reads the image's pixels, or is none of these operators. Errors: kModelFormat for a
/// node that breaks the ONNX rules, kModelOp for arithmetic on the image's size that has no
/// constant result where one is needed.
Result<bool> FoldKnown(OpContext& op);

}  // namespace tessera

#endif  // TESSERA_GRAPH_IMPORT_FOLD_KNOWN_H_
