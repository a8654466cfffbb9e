#ifndef TESSERA_CORE_STATUS_H_
#define TESSERA_CORE_STATUS_H_

#include <cassert>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace tessera {

/// Why something failed. kOk is not an error; the others come from status_codes.def.
enum class StatusCode : uint8_t {
  kOk = 0,
#define TESSERA_STATUS(enumerator, text, meaning) enumerator,
#include "core/status_codes.def"
#undef TESSERA_STATUS
};

/// The public name of a code, such as "ERR_MODEL_OP"; "OK" for kOk.
std::string_view StatusCodeName(StatusCode code);

/// Success, or a code with a message that says what is wrong and, where possible, what to do.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(StatusCode code, std::string message) : code_(code), message_(std::move(message)) {}

  static Status Ok() { return Status(); }

  bool ok() const { return code_ == StatusCode::kOk; }
  StatusCode code() const { return code_; }
  const std::string& message() const { return message_; }

 private:
  StatusCode code_ = StatusCode::kOk;
  std::string message_;
};

/// A value, or the Status that explains its absence. Never holds an OK status.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}        // NOLINT(google-explicit-constructor)
  Result(Status status) : state_(std::move(status)) {  // NOLINT(google-explicit-constructor)
    assert(!std::get<Status>(state_).ok());
  }

  bool ok() const { return std::holds_alternative<T>(state_); }
  Status status() const { return ok() ? Status::Ok() : std::get<Status>(state_); }

  T& value() & { return std::get<T>(state_); }
  const T& value() const& { return std::get<T>(state_); }
  T&& value() && { return std::get<T>(std::move(state_)); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }

 private:
  std::variant<T, Status> state_;
};

// Two small macros keep the error path to one line. They are the only macros of the core.
#define TESSERA_CONCAT_INNER(a, b) a##b
#define TESSERA_CONCAT(a, b) TESSERA_CONCAT_INNER(a, b)

/// Returns from the enclosing function when `expression` is a failed Status.
#define TESSERA_RETURN_IF_ERROR(expression) \
  if (::tessera::Status status_ = (expression); !status_.ok()) return status_

#define TESSERA_ASSIGN_OR_RETURN_INNER(result, declaration, expression) \
  auto result = (expression);                                           \
  if (!result.ok()) return result.status();                             \
  declaration = std::move(result).value()

/// Declares `declaration` from a Result, or returns its Status from the enclosing function.
#define TESSERA_ASSIGN_OR_RETURN(declaration, expression) \
  TESSERA_ASSIGN_OR_RETURN_INNER(TESSERA_CONCAT(result_, __LINE__), declaration, expression)

}  // namespace tessera

#endif  // TESSERA_CORE_STATUS_H_
