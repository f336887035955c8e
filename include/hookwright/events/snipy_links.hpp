#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "hookwright/event.hpp"
#include "hookwright/export.hpp"

// Snipy's events of links and QR codes. See snipy.hpp, which includes this.

namespace hookwright::snipy {

inline constexpr std::string_view family = "snipy";

struct HOOKWRIGHT_EXPORT LinkCreated {
  static constexpr std::string_view event_type = "link.created";
  static constexpr std::string_view event_family = family;
  static constexpr std::string_view event_description = "Fired when a new short link is created.";

  std::int64_t id = 0;
  std::string alias{};
  std::string shorturl{};
  std::string longurl{};
  std::int64_t user_id = 0;

  void fields(auto& f) const {
    f("id", id);
    f("alias", alias);
    f("shorturl", shorturl);
    f("longurl", longurl);
    f("userId", user_id);
  }
  static LinkCreated sample();
  static EncodedEvent sample_event();
};

struct HOOKWRIGHT_EXPORT LinkClicked {
  static constexpr std::string_view event_type = "link.clicked";
  static constexpr std::string_view event_family = family;
  static constexpr std::string_view event_description =
      "Fired every time a short link receives a click.";

  std::int64_t link_id = 0;
  std::string alias{};
  std::string country{};  // ISO 3166, "US"
  std::string city{};
  std::string browser{};
  std::string platform{};
  std::string referrer{};
  std::string ip{};

  void fields(auto& f) const {
    f("linkId", link_id);
    f("alias", alias);
    f("country", country);
    f("city", city);
    f("browser", browser);
    f("platform", platform);
    f("referrer", referrer);
    f("ip", ip);
  }
  static LinkClicked sample();
  static EncodedEvent sample_event();
};

struct HOOKWRIGHT_EXPORT LinkUpdated {
  static constexpr std::string_view event_type = "link.updated";
  static constexpr std::string_view event_family = family;
  static constexpr std::string_view event_description =
      "Fired when a link's target URL or settings are modified.";

  std::int64_t id = 0;
  std::string alias{};
  std::vector<std::string> changes{};  // what was changed: "longurl", "password"
  std::int64_t user_id = 0;

  void fields(auto& f) const {
    f("id", id);
    f("alias", alias);
    f("changes", changes);
    f("userId", user_id);
  }
  static LinkUpdated sample();
  static EncodedEvent sample_event();
};

struct HOOKWRIGHT_EXPORT LinkExpired {
  static constexpr std::string_view event_type = "link.expired";
  static constexpr std::string_view event_family = family;
  static constexpr std::string_view event_description =
      "Fired when a link reaches its expiration date or max clicks limit.";

  std::int64_t id = 0;
  std::string alias{};
  std::string reason{};  // "max_clicks"; Ours: "expiration_date" for the other
  std::int64_t total_clicks = 0;

  void fields(auto& f) const {
    f("id", id);
    f("alias", alias);
    f("reason", reason);
    f("totalClicks", total_clicks);
  }
  static LinkExpired sample();
  static EncodedEvent sample_event();
};

struct HOOKWRIGHT_EXPORT QrCreated {
  static constexpr std::string_view event_type = "qr.created";
  static constexpr std::string_view event_family = family;
  static constexpr std::string_view event_description = "Fired when a new QR code is generated.";

  std::int64_t id = 0;
  std::string name{};
  std::string linked_url{};
  std::int64_t user_id = 0;

  void fields(auto& f) const {
    f("id", id);
    f("name", name);
    f("linkedUrl", linked_url);
    f("userId", user_id);
  }
  static QrCreated sample();
  static EncodedEvent sample_event();
};

struct HOOKWRIGHT_EXPORT QrScanned {
  static constexpr std::string_view event_type = "qr.scanned";
  static constexpr std::string_view event_family = family;
  static constexpr std::string_view event_description =
      "Fired when a QR code is scanned (triggers alongside link.clicked for the linked URL).";

  std::int64_t qr_id = 0;
  std::int64_t link_id = 0;
  std::string country{};
  std::string browser{};
  std::string platform{};

  void fields(auto& f) const {
    f("qrId", qr_id);
    f("linkId", link_id);
    f("country", country);
    f("browser", browser);
    f("platform", platform);
  }
  static QrScanned sample();
  static EncodedEvent sample_event();
};

}  // namespace hookwright::snipy
