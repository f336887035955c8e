#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "hookwright/hookwright.hpp"

// The one customer of this shortener. A real one takes both from the login.
inline constexpr std::string_view tenant = "acme-corp";
inline constexpr std::int64_t user_id = 42;

// To the millisecond, as events carry it.
[[nodiscard]] hookwright::TimePoint now();

// What this shortener publishes: the events of three products.
[[nodiscard]] hookwright::Catalog published_events();

// How this shortener sends webhooks: what it publishes, how products behave, where the backlog is
// kept, and where requests may go. `database` is a file of hookwright's own; `ca_file` names
// trusted certificates, empty for the system's.
[[nodiscard]] hookwright::Options webhook_options(const std::string& database,
                                                  const std::string& ca_file,
                                                  std::shared_ptr<hookwright::Observer> observer);
