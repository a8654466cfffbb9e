#ifndef TESSERA_ONNX_TENSOR_READER_H_
#define TESSERA_ONNX_TENSOR_READER_H_

#include <protozero/pbf_reader.hpp>

#include "core/status.h"
#include "onnx/external_data.h"
#include "onnx/proto.h"

namespace tessera::onnx {

/// Decodes a TensorProto with its elements, which may be in `external`; where the file is missing
/// there, the result has none, and external.MissingFiles() tells. May throw protozero's exceptions
/// and std::bad_alloc; only for use under ReadModel, which catches them.
Result<Tensor> ReadTensor(protozero::pbf_reader reader, ExternalData& external);

}  // namespace tessera::onnx

#endif  // TESSERA_ONNX_TENSOR_READER_H_
