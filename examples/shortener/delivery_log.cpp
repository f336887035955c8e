#include "delivery_log.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <iostream>

namespace {

std::string time_of_day(hookwright::TimePoint at) {
  const std::chrono::hh_mm_ss time(
      std::chrono::floor<std::chrono::seconds>(at - std::chrono::floor<std::chrono::days>(at)));
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%02d:%02d:%02d UTC",
                static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                static_cast<int>(time.seconds().count()));
  return text.data();
}

std::string in_seconds(hookwright::Duration span) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f s", std::chrono::duration<double>(span).count());
  return text.data();
}

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.resize(width, ' ');
  return text;
}

void print(const std::string& text) {
  std::cout << "shortener     " + text + '\n' << std::flush;
}

}  // namespace

void DeliveryLog::name(hookwright::EndpointId endpoint, std::string_view name) {
  const std::lock_guard lock(mutex_);
  names_[endpoint] = name;
}

std::string DeliveryLog::name_of(hookwright::EndpointId endpoint) const {
  const std::lock_guard lock(mutex_);
  const auto found = names_.find(endpoint);
  return found == names_.end() ? endpoint.text() : found->second;
}

void DeliveryLog::attempt(const hookwright::AttemptReport& report) {
  const hookwright::Attempt& attempt = report.attempt;
  const std::string answer =
      attempt.status != 0 ? std::to_string(attempt.status) : std::string(to_string(attempt.fault));
  std::string line = padded(report.type, 13) + ' ' + attempt.delivery.text() + "  to " +
                     name_of(attempt.endpoint) + ", attempt " + std::to_string(attempt.number) +
                     ": " + answer + " in " + std::to_string(attempt.elapsed.count()) + " ms";
  if (report.next_attempt) {
    line += "\n              next attempt at " + time_of_day(*report.next_attempt) + ", in " +
            in_seconds(*report.next_attempt - attempt.at - attempt.elapsed);
  }
  print(line);
}

void DeliveryLog::notice(const hookwright::Notice& notice) {
  print("notice for " + notice.address + ": " + std::string(to_string(notice.kind)) + ", " +
        name_of(notice.endpoint));
}

void DeliveryLog::lost(const hookwright::LostEvent& event) {
  print("LOST " + event.type + ": " + event.why);
}

void DeliveryLog::store_trouble(const std::string& what) {
  print("store: " + what);
}
