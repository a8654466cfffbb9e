#ifndef TESSERA_ONNX_EXTERNAL_DATA_H_
#define TESSERA_ONNX_EXTERNAL_DATA_H_

#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "core/status.h"

namespace tessera::onnx {

/// A file that lies beside a model and holds elements of its tensors. `name` is compared with what
/// the model says: the whole relative path, else the part behind the last slash.
struct ExternalFile {
  std::string name;
  std::span<const uint8_t> bytes;
};

/// Where a tensor says that its elements are (TensorProto.external_data).
struct ExternalPlace {
  std::string location;
  std::string offset;  // decimal; empty: 0
  std::string length;  // decimal; empty: as many bytes as the tensor needs
};

/// The files beside a model. Hands out parts of them, and remembers which are missing.
class ExternalData {
 public:
  explicit ExternalData(std::span<const ExternalFile> files);

  /// The `bytes` bytes at `place`, for the tensor that messages call `tensor`. Empty, without an
  /// error, for a file that is not there: MissingFiles() tells of all of them at once. Errors:
  /// kModelFormat.
  Result<std::span<const char>> Find(const ExternalPlace& place, size_t bytes,
                                     const std::string& tensor);

  /// kModelFormat with the names of all files that Find() missed.
  Status MissingFiles() const;

 private:
  const ExternalFile* FileAt(const std::string& location) const;

  std::span<const ExternalFile> files_;
  std::set<std::string> missing_;
  uint64_t left_ = 0;  // how many bytes may still be handed out
};

}  // namespace tessera::onnx

#endif  // TESSERA_ONNX_EXTERNAL_DATA_H_
