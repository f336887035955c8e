#pragma once

#include <map>
#include <string>

#include "hookwright/dispatcher.hpp"
#include "hookwright/export.hpp"

namespace hookwright {

// Labels that every sample carries, for a host with several dispatchers: {{"dispatcher", "eu"}}.
using MetricLabels = std::map<std::string, std::string>;

// The metrics in Prometheus' text exposition format, version 0.0.4: answer a scrape with it as
// "text/plain; version=0.0.4". Names follow Prometheus' conventions: counters end in _total, times
// are histograms in seconds, gauges are what is there now.
//
// A pure function. Throws ConfigError ("metrics.labels") for a label name that Prometheus does not
// allow: letters, digits and '_', no digit first, no "__" in front, not "le". A value may be any
// text.
[[nodiscard]] HOOKWRIGHT_EXPORT std::string prometheus_text(const Metrics& metrics,
                                                            const MetricLabels& labels = {});

}  // namespace hookwright
