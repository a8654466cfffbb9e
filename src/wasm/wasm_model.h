#ifndef TESSERA_WASM_WASM_MODEL_H_
#define TESSERA_WASM_WASM_MODEL_H_

#include <emscripten/val.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

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
    options_.metadata.emplace_back(key, value);
  }
  /// What a file leaves open, before load(): its output, the value of an input beside the image,
  /// and a file beside it that holds weights, whose bytes must stay until then.
  void SetOutput(const std::string& name) { options_.output = name; }
  void SetInput(const std::string& name, const emscripten::val& elements) {
    options_.inputs.push_back({name, emscripten::vecFromJSArray<double>(elements)});
  }
  void AddFile(const std::string& name, uintptr_t pointer, size_t bytes) {
    files_.push_back({name, {FromPointer<const uint8_t>(pointer), bytes}});
  }

  WasmStatus Load(uintptr_t pointer, size_t bytes) {
    options_.files = files_;
    Result<Model> model =
        LoadModel({FromPointer<const uint8_t>(pointer), bytes}, options_, &obstacles_);
    files_.clear();
    if (!model.ok()) return ToWasm(model.status());
    model_ = std::move(model).value();
    return ToWasm(Status::Ok());
  }

  /// After a load() that failed: all that stands in the way, as statuses.
  emscripten::val Obstacles() const {
    emscripten::val list = emscripten::val::array();
    for (const Status& obstacle : obstacles_) list.call<void>("push", ToWasm(obstacle));
    return list;
  }

  const std::optional<Model>& model() const { return model_; }

  /// What web/src/types.ts calls ModelInfo; undefined before a successful load.
  emscripten::val Info() const;

 private:
  LoadOptions options_;
  std::vector<onnx::ExternalFile> files_;
  std::vector<Status> obstacles_;
  std::optional<Model> model_;
};

inline Status NoModel() {
  return Status(StatusCode::kInvalidArgument, "prepare() needs a model that has been loaded");
}

inline Status NotPrepared() {
  return Status(StatusCode::kInvalidArgument, "run() before a successful prepare()");
}

}  // namespace tessera

#endif  // TESSERA_WASM_WASM_MODEL_H_
