#include "hookwright/events/snapglyph.hpp"

#include "event/utc.hpp"

namespace hookwright::snapglyph {

namespace {
constexpr TimePoint example_time = event::utc(2024, 1, 15, 10, 30);
}

QrScanned QrScanned::sample() {
  return {.qr_code_id = "qr_abc123",
          .qr_code_name = "Product Page",
          .destination_url = "https://example.com/product",
          .scan = {.timestamp = example_time,
                   .country = "US",
                   .region = "California",
                   .device_type = "mobile",
                   .os = "iOS",
                   .browser = "Safari"}};
}

QrCreated QrCreated::sample() {
  return {.id = "qr_abc123",
          .name = "Product Page",
          .url = "https://example.com/product",
          .tracking = true,
          .created_at = example_time};
}

QrUpdated QrUpdated::sample() {
  return {.id = "qr_abc123",
          .name = "Product Page",
          .url = "https://example.com/product-2",
          .tracking = true,
          .changes = {"url"},
          .updated_at = example_time};
}

QrDeleted QrDeleted::sample() {
  return {.id = "qr_abc123", .name = "Product Page", .deleted_at = example_time};
}

EncodedEvent QrScanned::sample_event() {
  return encode(sample(), example_time);
}
EncodedEvent QrCreated::sample_event() {
  return encode(sample(), example_time);
}
EncodedEvent QrUpdated::sample_event() {
  return encode(sample(), example_time);
}
EncodedEvent QrDeleted::sample_event() {
  return encode(sample(), example_time);
}

Catalog catalog() {
  return Catalog::of<QrScanned, QrCreated, QrUpdated, QrDeleted>();
}

}  // namespace hookwright::snapglyph
