#pragma once
// A value, or the sentence that says why there is none.

#include <string>
#include <utility>
#include <variant>

#include "base/check.h"

namespace cb {

// `what` is one sentence for a person: what happened, to what, and what to do.
struct Error {
  std::string what;
  bool operator==(const Error&) const = default;
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : held_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : held_(std::in_place_index<1>, std::move(error)) {}

  explicit operator bool() const { return held_.index() == 0; }
  T& operator*() & { return value(); }
  const T& operator*() const& { return const_cast<Result*>(this)->value(); }
  T&& operator*() && { return std::move(value()); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &const_cast<Result*>(this)->value(); }
  const Error& error() const {
    CHECK(held_.index() == 1);
    return std::get<1>(held_);
  }

 private:
  T& value() {
    CHECK(held_.index() == 0);
    return std::get<0>(held_);
  }
  std::variant<T, Error> held_;
};

struct Done {
  bool operator==(const Done&) const = default;
};
using Status = Result<Done>;

}  // namespace cb
