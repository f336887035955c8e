#include "hookwright/events/snipy.hpp"

#include "event/utc.hpp"

namespace hookwright::snipy {

using event::utc;

LinkCreated LinkCreated::sample() {
  return {.id = 456,
          .alias = "my-link",
          .shorturl = "https://snipy.to/my-link",
          .longurl = "https://example.com/page",
          .user_id = 42};
}

LinkClicked LinkClicked::sample() {
  return {.link_id = 456,
          .alias = "my-link",
          .country = "US",
          .city = "San Francisco",
          .browser = "Chrome",
          .platform = "macOS",
          .referrer = "twitter.com",
          .ip = "203.0.113.1"};
}

LinkUpdated LinkUpdated::sample() {
  return {.id = 456, .alias = "my-link", .changes = {"longurl", "password"}, .user_id = 42};
}

LinkExpired LinkExpired::sample() {
  return {.id = 456, .alias = "my-link", .reason = "max_clicks", .total_clicks = 100};
}

QrCreated QrCreated::sample() {
  return {.id = 78, .name = "Product QR", .linked_url = "https://snipy.to/product", .user_id = 42};
}

QrScanned QrScanned::sample() {
  return {.qr_id = 78, .link_id = 456, .country = "US", .browser = "Safari", .platform = "iOS"};
}

BioViewed BioViewed::sample() {
  return {.bio_id = 12, .slug = "johndoe", .country = "GB", .referrer = "google.com"};
}

BioUpdated BioUpdated::sample() {
  return {.bio_id = 12, .slug = "johndoe", .changes = {"blocks", "theme"}, .user_id = 42};
}

SubscriberAdded SubscriberAdded::sample() {
  return {.bio_id = 12, .email = "fan@example.com", .source = "newsletter_block"};
}

PlanUpgraded PlanUpgraded::sample() {
  return {.user_id = 42, .previous_plan = "Starter", .new_plan = "Pro", .billing_cycle = "monthly"};
}

ProductCreated ProductCreated::sample() {
  return {.product_id = 99,
          .name = "Social Media Template Pack",
          .price = 1999,
          .currency = "usd",
          .user_id = 42};
}

ProductPurchased ProductPurchased::sample() {
  return {.product_id = 99,
          .buyer_email = "buyer@example.com",
          .price = 1999,
          .currency = "usd",
          .seller_id = 42};
}

TipReceived TipReceived::sample() {
  return {.bio_id = 12,
          .amount = 500,
          .currency = "usd",
          .tipper = "Anonymous",
          .message = "Great content!"};
}

VerificationApproved VerificationApproved::sample() {
  return {.user_id = 42, .verification_type = "identity", .verified_at = utc(2026, 3, 4, 9, 0)};
}

// The guide gives every example a time of its own.
EncodedEvent LinkCreated::sample_event() {
  return encode(sample(), utc(2026, 3, 4, 12, 0));
}
EncodedEvent LinkClicked::sample_event() {
  return encode(sample(), utc(2026, 3, 4, 12, 5));
}
EncodedEvent LinkUpdated::sample_event() {
  return encode(sample(), utc(2026, 3, 4, 14, 0));
}
EncodedEvent LinkExpired::sample_event() {
  return encode(sample(), utc(2026, 3, 5, 0, 0));
}
EncodedEvent QrCreated::sample_event() {
  return encode(sample(), utc(2026, 3, 4, 12, 10));
}
EncodedEvent QrScanned::sample_event() {
  return encode(sample(), utc(2026, 3, 4, 13, 0));
}
EncodedEvent BioViewed::sample_event() {
  return encode(sample(), utc(2026, 3, 4, 15, 0));
}
EncodedEvent BioUpdated::sample_event() {
  return encode(sample(), utc(2026, 3, 4, 16, 0));
}
EncodedEvent SubscriberAdded::sample_event() {
  return encode(sample(), utc(2026, 3, 4, 17, 0));
}
EncodedEvent PlanUpgraded::sample_event() {
  return encode(sample(), utc(2026, 3, 4, 10, 0));
}
EncodedEvent ProductCreated::sample_event() {
  return encode(sample(), utc(2026, 3, 4, 11, 0));
}
EncodedEvent ProductPurchased::sample_event() {
  return encode(sample(), utc(2026, 3, 4, 18, 0));
}
EncodedEvent TipReceived::sample_event() {
  return encode(sample(), utc(2026, 3, 4, 19, 0));
}
EncodedEvent VerificationApproved::sample_event() {
  return encode(sample(), utc(2026, 3, 4, 9, 0));
}

Catalog catalog() {
  return Catalog::of<LinkCreated, LinkClicked, LinkUpdated, LinkExpired, QrCreated, QrScanned,
                     BioViewed, BioUpdated, SubscriberAdded, PlanUpgraded, ProductCreated,
                     ProductPurchased, TipReceived, VerificationApproved>();
}

}  // namespace hookwright::snipy
