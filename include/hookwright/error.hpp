#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "hookwright/export.hpp"

namespace hookwright {

// Misuse or a configuration that cannot work. Thrown at once, on the caller's thread, before
// anything has changed. What happens later, on the wire or in a store, is never an exception: it is
// a value or a callback.
//
// `what()` reads "endpoint.url: must use https (got \"http://example.com/\")": the field first,
// then the rule, then the value that broke it. Secrets are never part of it.
class HOOKWRIGHT_EXPORT ConfigError : public std::invalid_argument {
 public:
  // A value that may be shown is passed as `value`; leave it empty for a secret or for a field that
  // is missing.
  ConfigError(std::string_view field, std::string_view rule, std::string_view value = {});
  ~ConfigError() override;

  // The field as a caller writes it, for example "endpoint.url".
  [[nodiscard]] const std::string& field() const noexcept { return field_; }

 private:
  std::string field_;
};

}  // namespace hookwright
