#ifndef TESSERA_ONNX_TENSOR_READER_H_
#define TESSERA_ONNX_TENSOR_READER_H_

#include <protozero/pbf_reader.hpp>

#include "core/status.h"
#include "onnx/proto.h"

namespace tessera::onnx {

/// Decodes a TensorProto with its elements. May throw protozero's exceptions and std::bad_alloc;
/// only for use under ReadModel, which catches them.
Result<Tensor> ReadTensor(protozero::pbf_reader reader);

}  // namespace tessera::onnx

#endif  // TESSERA_ONNX_TENSOR_READER_H_
