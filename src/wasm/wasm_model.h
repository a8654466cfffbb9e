#ifndef TESSERA_WASM_WASM_MODEL_H_
#define TESSERA_WASM_WASM_MODEL_H_

#include <emscripten/val.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "core/status.h"
#include "graph/model.h"

namespace tessera {

/// {code: 'OK' or 'ERR_...', message}. Statuses cross the boundary by value: no exceptions.
struct WasmStatus {
  std::string code;
  std::string message;
};

inline WasmStatus ToWasm(const Status& status) {
  return {std::string(StatusCodeName(status.code())), status.message()};
}

template <typename T>
T* FromPointer(uintptr_t pointer) {
  return reinterpret_cast<T*>(pointer);
}

/// A network that JavaScript holds.
class WasmModel {
 public:
  /// Says what the file's metadata would say (`tessera.*`), before Load; over what it does say.
  void SetMetadata(const std::string& key, const std::string& value) {
    metadata_.emplace_back(key, value);
  }

  WasmStatus Load(uintptr_t pointer, size_t bytes) {
    Result<Model> model = LoadModel({FromPointer<const uint8_t>(pointer), bytes}, metadata_);
    if (!model.ok()) return ToWasm(model.status());
    model_ = std::move(model).value();
    return ToWasm(Status::Ok());
  }

  const std::optional<Model>& model() const { return model_; }

  /// What web/src/types.ts calls ModelInfo; undefined before a successful load.
  emscripten::val Info() const;

  /// FindRangeDoubts as an array of strings.
  emscripten::val Warnings(double most_multiplications) const;

 private:
  MetadataEntries metadata_;
  std::optional<Model> model_;
};

inline Status NoModel() {
  return Status(StatusCode::kInvalidArgument, "prepare() needs a model that has been loaded");
}

}  // namespace tessera

#endif  // TESSERA_WASM_WASM_MODEL_H_
