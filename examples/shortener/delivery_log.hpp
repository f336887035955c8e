#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "hookwright/hookwright.hpp"

// Prints every attempt once its outcome is durable, and when the next one comes.
class DeliveryLog : public hookwright::Observer {
 public:
  // What to call an endpoint: reports carry its id, and looking that up each time reads the store.
  void name(hookwright::EndpointId endpoint, std::string_view name);

  void attempt(const hookwright::AttemptReport& report) override;
  void notice(const hookwright::Notice& notice) override;
  void lost(const hookwright::LostEvent& event) override;
  void store_trouble(const std::string& what) override;

 private:
  [[nodiscard]] std::string name_of(hookwright::EndpointId endpoint) const;

  mutable std::mutex mutex_;
  std::map<hookwright::EndpointId, std::string> names_;
};
