#ifndef TESSERA_ONNX_WRITER_H_
#define TESSERA_ONNX_WRITER_H_

#include <string>

#include "core/status.h"
#include "onnx/proto.h"

namespace tessera::onnx {

/// Encodes a model as an ONNX file: the inverse of ReadModel. The same model always gives the same
/// bytes. Errors: kInvalidArgument for a tensor whose elements do not match its type and extents,
/// kOutOfMemory.
Result<std::string> WriteModel(const Model& model);

}  // namespace tessera::onnx

#endif  // TESSERA_ONNX_WRITER_H_
