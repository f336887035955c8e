#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "hookwright/catalog.hpp"
#include "hookwright/event.hpp"
#include "hookwright/export.hpp"
#include "hookwright/time.hpp"

// The events of SnapGlyph, as its guide lists them ("Select Events"). qr.scanned and qr.created
// have the fields of the guide's examples: sample() is the example's `data`, sample_event() its
// whole body. The guide names qr.updated and qr.deleted without a body; theirs are Ours.
//
// qr.scanned and qr.created are other events in Snipy, with other fields.

namespace hookwright::snapglyph {

inline constexpr std::string_view family = "snapglyph";

// What is known of one scan.
struct Scan {
  TimePoint timestamp{};
  std::string country{};
  std::string region{};
  std::string device_type{};
  std::string os{};
  std::string browser{};

  void fields(auto& f) const {
    f("timestamp", timestamp);
    f("country", country);
    f("region", region);
    f("deviceType", device_type);
    f("os", os);
    f("browser", browser);
  }
};

struct HOOKWRIGHT_EXPORT QrScanned {
  static constexpr std::string_view event_type = "qr.scanned";
  static constexpr std::string_view event_family = family;
  static constexpr std::string_view event_description = "A QR code was scanned";

  std::string qr_code_id{};
  std::string qr_code_name{};
  std::string destination_url{};
  Scan scan{};

  void fields(auto& f) const {
    f("qrCodeId", qr_code_id);
    f("qrCodeName", qr_code_name);
    f("destinationUrl", destination_url);
    f("scan", scan);
  }
  static QrScanned sample();
  static EncodedEvent sample_event();
};

struct HOOKWRIGHT_EXPORT QrCreated {
  static constexpr std::string_view event_type = "qr.created";
  static constexpr std::string_view event_family = family;
  static constexpr std::string_view event_description = "A new QR code was created";

  std::string id{};
  std::string name{};
  std::string url{};
  bool tracking = false;
  TimePoint created_at{};

  void fields(auto& f) const {
    f("id", id);
    f("name", name);
    f("url", url);
    f("tracking", tracking);
    f("createdAt", created_at);
  }
  static QrCreated sample();
  static EncodedEvent sample_event();
};

// Ours: the fields of qr.created as they are now, and which of them changed.
struct HOOKWRIGHT_EXPORT QrUpdated {
  static constexpr std::string_view event_type = "qr.updated";
  static constexpr std::string_view event_family = family;
  static constexpr std::string_view event_description = "A QR code was updated";

  std::string id{};
  std::string name{};
  std::string url{};
  bool tracking = false;
  std::vector<std::string> changes{};  // the names of the fields above that differ
  TimePoint updated_at{};

  void fields(auto& f) const {
    f("id", id);
    f("name", name);
    f("url", url);
    f("tracking", tracking);
    f("changes", changes);
    f("updatedAt", updated_at);
  }
  static QrUpdated sample();
  static EncodedEvent sample_event();
};

// Ours: enough to find the code in a copy of one's own.
struct HOOKWRIGHT_EXPORT QrDeleted {
  static constexpr std::string_view event_type = "qr.deleted";
  static constexpr std::string_view event_family = family;
  static constexpr std::string_view event_description = "A QR code was deleted";

  std::string id{};
  std::string name{};
  TimePoint deleted_at{};

  void fields(auto& f) const {
    f("id", id);
    f("name", name);
    f("deletedAt", deleted_at);
  }
  static QrDeleted sample();
  static EncodedEvent sample_event();
};

// All four.
[[nodiscard]] HOOKWRIGHT_EXPORT Catalog catalog();

}  // namespace hookwright::snapglyph
