#include "hookwright/dispatcher.hpp"

#include <utility>

#include "dispatcher/core.hpp"
#include "hookwright/error.hpp"

namespace hookwright {

Dispatcher::Dispatcher(Options options)
    : core_(std::make_unique<DispatcherCore>(std::move(options))) {}

Dispatcher::~Dispatcher() = default;

Receipt Dispatcher::publish(std::string_view tenant, EncodedEvent event,
                            const PublishOptions& options) {
  std::vector<EncodedEvent> events;
  events.push_back(std::move(event));
  return core_->publish(tenant, std::move(events), options);
}

Receipt Dispatcher::publish(std::string_view tenant, const DynamicEvent& event,
                            const PublishOptions& options) {
  if (!listening(tenant, event.family, event.type) && !options.latch) return nobody();
  return publish(tenant, encode(event, options.at ? *options.at : now(), encode_options()),
                 options);
}

Receipt Dispatcher::publish_all(std::string_view tenant, std::vector<EncodedEvent> events,
                                const PublishOptions& options) {
  return core_->publish(tenant, std::move(events), options);
}

Endpoints& Dispatcher::endpoints() {
  return core_->endpoints();
}

Metrics Dispatcher::metrics() const {
  return core_->metrics();
}

void Dispatcher::run_until(TimePoint until) {
  if (core_->has_threads())
    throw ConfigError("options.threads", "must be 0 for run_until: the threads do the work");
  const TimePoint from = core_->wall();
  core_->work_until([] { return false; }, until > from ? Duration(until - from) : Duration::zero());
}

Drained Dispatcher::shutdown(Duration at_most) {
  return core_->shutdown(at_most);
}

bool Dispatcher::listening(std::string_view tenant, std::string_view family,
                           std::string_view type) {
  return core_->listening(tenant, family, type);
}

EncodeOptions Dispatcher::encode_options() {
  return {.ids = &core_->ids()};
}

TimePoint Dispatcher::now() const {
  return core_->wall();
}

Receipt Dispatcher::nobody() {
  return core_->nobody();
}

}  // namespace hookwright
