#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hookwright/detail/field_lister.hpp"
#include "hookwright/event.hpp"
#include "hookwright/export.hpp"
#include "hookwright/time.hpp"

namespace hookwright {

// The event types that an application publishes, for its documentation, for the choice of
// subscriptions, and for test events. A value: made once, given to the dispatcher, shown to a
// customer. A type that no catalogue holds can be neither published nor subscribed to.
//
//     Catalog catalog = snipy::catalog();
//     catalog.join(Catalog::of<LinkExpired, InvoicePaid>());
//
// An entry's key is family and type: qr.scanned is one event of Snipy and another of SnapGlyph.

// One kind of event.
class HOOKWRIGHT_EXPORT CatalogEntry {
 public:
  [[nodiscard]] const std::string& family() const noexcept { return family_; }
  [[nodiscard]] const std::string& type() const noexcept { return type_; }
  [[nodiscard]] const std::string& description() const noexcept { return description_; }

  // The fields of `data` in order, those of nested objects as well ("geo.country", "top[].city",
  // "labels.*"). Empty for a dynamic event.
  [[nodiscard]] const std::vector<CatalogField>& fields() const noexcept { return fields_; }

  // The sample's `data`, canonical.
  [[nodiscard]] const std::string& sample_data() const noexcept { return sample_data_; }

  // A whole event to test an endpoint with, as if it had happened at `at`.
  [[nodiscard]] EncodedEvent sample(TimePoint at, const EncodeOptions& options = {}) const;

 private:
  friend class Catalog;
  std::string family_{};
  std::string type_{};
  std::string description_{};
  std::string sample_data_{};
  std::vector<CatalogField> fields_{};
};

// Threads: as std::vector. Errors: ConfigError, and then nothing has changed.
class HOOKWRIGHT_EXPORT Catalog {
 public:
  Catalog() = default;

  // The catalogue of these event structs. A struct's sample is its `static E sample()`, or E{}.
  // Throws if one comes twice or its sample has no canonical form.
  template <class... E>
  [[nodiscard]] static Catalog of();

  // Adds one more struct.
  template <class E>
  Catalog& add();

  // Adds an event known only at run time; `sample.data` is its sample. Throws if its type, family
  // or data are not what encode() takes.
  Catalog& add(const DynamicEvent& sample, std::string_view description = {});

  // Adds another catalogue's entries. Throws if both hold one.
  Catalog& join(const Catalog& other);

  // By family, then type. A temporary catalogue gives its entries away.
  [[nodiscard]] std::span<const CatalogEntry> entries() const& noexcept { return entries_; }
  [[nodiscard]] std::vector<CatalogEntry> entries() && noexcept { return std::move(entries_); }

  // The entry of exactly this family ("" for none) and type; null if there is none. It stays valid
  // until the catalogue is changed.
  [[nodiscard]] const CatalogEntry* find(std::string_view family, std::string_view type) const&;
  const CatalogEntry* find(std::string_view, std::string_view) && = delete;

  // True if an event of this type exists in any family.
  [[nodiscard]] bool contains(std::string_view type) const;

  // The types offered to an endpoint of this family: the family's own and those without one; all of
  // them if `family` is empty. Sorted, each once.
  [[nodiscard]] std::vector<std::string> types(std::string_view family = {}) const;

 private:
  Catalog& insert(const EncodedEvent& sample, std::string_view description,
                  std::vector<CatalogField> fields);
  std::vector<CatalogEntry> entries_{};
};

// ------------------------------------------------------------------------------------------------

template <class... E>
Catalog Catalog::of() {
  Catalog catalog;
  (catalog.add<E>(), ...);
  return catalog;
}

template <class E>
Catalog& Catalog::add() {
  if constexpr (detail::require_event<E>()) {
    const E sample = detail::sample_of<E>();
    std::vector<CatalogField> fields;
    detail::FieldLister lister(fields);
    sample.fields(lister);
    std::string_view description;
    if constexpr (requires { std::string_view(E::event_description); })
      description = E::event_description;
    return insert(encode(sample, TimePoint{}), description, std::move(fields));
  }
}

}  // namespace hookwright
