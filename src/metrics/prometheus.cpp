#include "hookwright/prometheus.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "event/number.hpp"
#include "hookwright/error.hpp"

namespace hookwright {
namespace {

bool valid_label(std::string_view name) {
  if (name.empty() || name == "le" || name.starts_with("__")) return false;
  if (name.front() >= '0' && name.front() <= '9') return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

std::string escaped(std::string_view value) {
  std::string text;
  for (const char c : value) {
    if (c == '\\' || c == '"') text += '\\';
    if (c == '\n') {
      text += "\\n";
    } else {
      text += c;
    }
  }
  return text;
}

class Page {
 public:
  explicit Page(const MetricLabels& labels) {
    for (const auto& [name, value] : labels) {
      if (!valid_label(name)) throw ConfigError("metrics.labels", "is no label's name", name);
      if (!labels_.empty()) labels_ += ',';
      labels_ += name + "=\"" + escaped(value) + '"';
    }
  }

  void counter(std::string_view name, std::string_view help, std::uint64_t value) {
    head(name, "counter", help);
    sample(name, {}, std::to_string(value));
  }

  void gauge(std::string_view name, std::string_view help, std::size_t value) {
    head(name, "gauge", help);
    sample(name, {}, std::to_string(value));
  }

  void histogram(std::string_view name, std::string_view help, const Histogram& histogram) {
    head(name, "histogram", help);
    const std::string bucket = std::string(name) + "_bucket";
    std::uint64_t at_most = 0;
    for (std::size_t i = 0; i < Histogram::upper_seconds.size(); ++i) {
      at_most += histogram.counts[i];
      const event::NumberText bound = event::number_text(Histogram::upper_seconds[i]);
      sample(bucket, bound.view(), std::to_string(at_most));
    }
    // Both of the same count, whatever a snapshot of moving numbers holds.
    const std::string all = std::to_string(at_most + histogram.counts.back());
    sample(bucket, "+Inf", all);
    sample(std::string(name) + "_sum", {}, event::number_text(histogram.sum_seconds).view());
    sample(std::string(name) + "_count", {}, all);
  }

  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  void head(std::string_view name, std::string_view type, std::string_view help) {
    text_.append("# HELP ").append(name).append(1, ' ').append(help).append(1, '\n');
    text_.append("# TYPE ").append(name).append(1, ' ').append(type).append(1, '\n');
  }

  void sample(std::string_view name, std::string_view bound, std::string_view value) {
    text_ += name;
    if (!labels_.empty() || !bound.empty()) {
      text_.append(1, '{').append(labels_);
      if (!labels_.empty() && !bound.empty()) text_ += ',';
      if (!bound.empty()) text_.append("le=\"").append(bound).append(1, '"');
      text_ += '}';
    }
    text_.append(1, ' ').append(value).append(1, '\n');
  }

  std::string labels_;
  std::string text_;
};

}  // namespace

std::string prometheus_text(const Metrics& m, const MetricLabels& labels) {
  Page page(labels);
  page.counter("hookwright_events_published_total", "Events queued.", m.published);
  page.counter("hookwright_events_nobody_listening_total", "Publishes that had no subscriber.",
               m.nobody_listening);
  page.counter("hookwright_events_refused_total", "Publishes refused.", m.refused);
  page.counter("hookwright_events_stored_total", "Events made durable.", m.stored);
  page.counter("hookwright_events_duplicate_total", "Events that were durable already.",
               m.duplicates);
  page.counter("hookwright_events_recorded_total", "Events held back by a latch.", m.recorded);
  page.counter("hookwright_events_lost_total", "Events queued and never stored.", m.lost);
  page.counter("hookwright_attempts_total", "Requests started.", m.attempts);
  page.counter("hookwright_attempts_failed_total", "Attempts that failed and will be retried.",
               m.failed);
  page.counter("hookwright_attempts_spared_total", "Attempts that failed by a fault of the sender.",
               m.spared);
  page.counter("hookwright_outcomes_fenced_total",
               "Outcomes dropped: another process holds the lane, or the store refuses them.",
               m.fenced);
  page.counter("hookwright_deliveries_accepted_total", "Deliveries made.", m.accepted);
  page.counter("hookwright_deliveries_cancelled_total", "Deliveries dropped with their endpoint.",
               m.cancelled);
  page.counter("hookwright_deliveries_delivered_total", "Deliveries settled as delivered.",
               m.delivered);
  page.counter("hookwright_deliveries_dead_total", "Deliveries that became dead letters.", m.dead);
  page.counter("hookwright_trials_total", "Test events and handshakes that have ended.", m.trials);
  page.counter("hookwright_store_commits_total", "Store transactions.", m.commits);
  page.counter("hookwright_replaced_utf8_total", "Invalid UTF-8 sequences replaced.",
               m.replaced_utf8);
  page.counter("hookwright_plugin_errors_total",
               "Exceptions of store, transport, signer or observer.", m.plugin_errors);
  page.counter("hookwright_reports_dropped_total",
               "Attempt reports that the observer was too slow for.", m.reports_dropped);
  page.gauge("hookwright_inbox_events", "Events queued and not yet stored.", m.inbox_events);
  page.gauge("hookwright_inbox_bytes", "Their bodies' bytes.", m.inbox_bytes);
  page.gauge("hookwright_lane_deliveries", "Deliveries in memory.", m.in_memory);
  page.gauge("hookwright_requests_in_flight", "Requests under way.", m.in_flight);
  page.histogram("hookwright_attempt_duration_seconds",
                 "From the start of a request to the end of its answer, or of the waiting for it.",
                 m.attempt_duration);
  page.histogram("hookwright_delivery_latency_seconds",
                 "From when an event happened to when an endpoint had taken it.",
                 m.delivery_latency);
  return page.take();
}

}  // namespace hookwright
