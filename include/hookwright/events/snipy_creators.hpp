#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "hookwright/event.hpp"
#include "hookwright/events/snipy_links.hpp"
#include "hookwright/export.hpp"
#include "hookwright/time.hpp"

// Snipy's events of bio pages, plans and the creators' store. See snipy.hpp, which includes this.
// Money is in minor units: price 1999 of "usd" is $19.99.

namespace hookwright::snipy {

struct HOOKWRIGHT_EXPORT BioViewed {
  static constexpr std::string_view event_type = "bio.viewed";
  static constexpr std::string_view event_family = family;
  static constexpr std::string_view event_description =
      "Fired when a bio profile page receives a view.";

  std::int64_t bio_id = 0;
  std::string slug{};
  std::string country{};
  std::string referrer{};

  void fields(auto& f) const {
    f("bioId", bio_id);
    f("slug", slug);
    f("country", country);
    f("referrer", referrer);
  }
  static BioViewed sample();
  static EncodedEvent sample_event();
};

struct HOOKWRIGHT_EXPORT BioUpdated {
  static constexpr std::string_view event_type = "bio.updated";
  static constexpr std::string_view event_family = family;
  static constexpr std::string_view event_description =
      "Fired when a bio profile's content or settings are changed.";

  std::int64_t bio_id = 0;
  std::string slug{};
  std::vector<std::string> changes{};
  std::int64_t user_id = 0;

  void fields(auto& f) const {
    f("bioId", bio_id);
    f("slug", slug);
    f("changes", changes);
    f("userId", user_id);
  }
  static BioUpdated sample();
  static EncodedEvent sample_event();
};

struct HOOKWRIGHT_EXPORT SubscriberAdded {
  static constexpr std::string_view event_type = "subscriber.added";
  static constexpr std::string_view event_family = family;
  static constexpr std::string_view event_description =
      "Fired when a new subscriber signs up through a bio newsletter block.";

  std::int64_t bio_id = 0;
  std::string email{};
  std::string source{};

  void fields(auto& f) const {
    f("bioId", bio_id);
    f("email", email);
    f("source", source);
  }
  static SubscriberAdded sample();
  static EncodedEvent sample_event();
};

struct HOOKWRIGHT_EXPORT PlanUpgraded {
  static constexpr std::string_view event_type = "plan.upgraded";
  static constexpr std::string_view event_family = family;
  static constexpr std::string_view event_description =
      "Fired when the user upgrades their subscription plan.";

  std::int64_t user_id = 0;
  std::string previous_plan{};
  std::string new_plan{};
  std::string billing_cycle{};

  void fields(auto& f) const {
    f("userId", user_id);
    f("previousPlan", previous_plan);
    f("newPlan", new_plan);
    f("billingCycle", billing_cycle);
  }
  static PlanUpgraded sample();
  static EncodedEvent sample_event();
};

struct HOOKWRIGHT_EXPORT ProductCreated {
  static constexpr std::string_view event_type = "product.created";
  static constexpr std::string_view event_family = family;
  static constexpr std::string_view event_description =
      "Fired when a new digital product is listed in the creator store.";

  std::int64_t product_id = 0;
  std::string name{};
  std::int64_t price = 0;
  std::string currency{};
  std::int64_t user_id = 0;

  void fields(auto& f) const {
    f("productId", product_id);
    f("name", name);
    f("price", price);
    f("currency", currency);
    f("userId", user_id);
  }
  static ProductCreated sample();
  static EncodedEvent sample_event();
};

struct HOOKWRIGHT_EXPORT ProductPurchased {
  static constexpr std::string_view event_type = "product.purchased";
  static constexpr std::string_view event_family = family;
  static constexpr std::string_view event_description =
      "Fired when a customer purchases a digital product.";

  std::int64_t product_id = 0;
  std::string buyer_email{};
  std::int64_t price = 0;
  std::string currency{};
  std::int64_t seller_id = 0;

  void fields(auto& f) const {
    f("productId", product_id);
    f("buyerEmail", buyer_email);
    f("price", price);
    f("currency", currency);
    f("sellerId", seller_id);
  }
  static ProductPurchased sample();
  static EncodedEvent sample_event();
};

struct HOOKWRIGHT_EXPORT TipReceived {
  static constexpr std::string_view event_type = "tip.received";
  static constexpr std::string_view event_family = family;
  static constexpr std::string_view event_description =
      "Fired when a tip is received through a bio profile tip jar.";

  std::int64_t bio_id = 0;
  std::int64_t amount = 0;
  std::string currency{};
  std::string tipper{};
  std::string message{};

  void fields(auto& f) const {
    f("bioId", bio_id);
    f("amount", amount);
    f("currency", currency);
    f("tipper", tipper);
    f("message", message);
  }
  static TipReceived sample();
  static EncodedEvent sample_event();
};

struct HOOKWRIGHT_EXPORT VerificationApproved {
  static constexpr std::string_view event_type = "verification.approved";
  static constexpr std::string_view event_family = family;
  static constexpr std::string_view event_description =
      "Fired when a user's identity verification is approved.";

  std::int64_t user_id = 0;
  std::string verification_type{};
  TimePoint verified_at{};

  void fields(auto& f) const {
    f("userId", user_id);
    f("verificationType", verification_type);
    f("verifiedAt", verified_at);
  }
  static VerificationApproved sample();
  static EncodedEvent sample_event();
};

}  // namespace hookwright::snipy
