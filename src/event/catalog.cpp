#include "hookwright/catalog.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

#include "event/envelope.hpp"
#include "hookwright/error.hpp"

namespace hookwright {

namespace {

auto key_of(const CatalogEntry& entry) {
  return std::pair<std::string_view, std::string_view>(entry.family(), entry.type());
}

bool before(const CatalogEntry& a, const CatalogEntry& b) {
  return key_of(a) < key_of(b);
}

std::string shown(const CatalogEntry& entry) {
  return entry.family().empty() ? entry.type() : entry.type() + " of " + entry.family();
}

}  // namespace

EncodedEvent CatalogEntry::sample(TimePoint at, const EncodeOptions& options) const {
  return event::wrap(type_, family_, sample_data_, at, options);
}

Catalog& Catalog::insert(const EncodedEvent& sample, std::string_view description,
                         std::vector<CatalogField> fields) {
  if (!sample.ok())
    throw ConfigError("catalog.sample", "must have a canonical form, but " + sample.refusal,
                      sample.type);
  CatalogEntry entry;
  entry.family_ = sample.family;
  entry.type_ = sample.type;
  entry.description_ = description;
  entry.sample_data_ = event::data_of(sample);
  entry.fields_ = std::move(fields);
  const auto place = std::lower_bound(entries_.begin(), entries_.end(), entry, before);
  if (place != entries_.end() && key_of(*place) == key_of(entry))
    throw ConfigError("catalog", "holds an event type once", shown(entry));
  entries_.insert(place, std::move(entry));
  return *this;
}

Catalog& Catalog::add(const DynamicEvent& sample, std::string_view description) {
  return insert(encode(sample, TimePoint{}), description, {});
}

Catalog& Catalog::join(const Catalog& other) {
  std::vector<CatalogEntry> joined;
  joined.reserve(entries_.size() + other.entries_.size());
  std::merge(entries_.begin(), entries_.end(), other.entries_.begin(), other.entries_.end(),
             std::back_inserter(joined), before);
  const auto twice = std::adjacent_find(
      joined.begin(), joined.end(),
      [](const CatalogEntry& a, const CatalogEntry& b) { return key_of(a) == key_of(b); });
  if (twice != joined.end())
    throw ConfigError("catalog", "holds an event type once", shown(*twice));
  entries_ = std::move(joined);
  return *this;
}

const CatalogEntry* Catalog::find(std::string_view family, std::string_view type) const& {
  const std::pair key(family, type);
  const auto place =
      std::lower_bound(entries_.begin(), entries_.end(), key,
                       [](const CatalogEntry& a, const auto& b) { return key_of(a) < b; });
  return place != entries_.end() && key_of(*place) == key ? &*place : nullptr;
}

bool Catalog::contains(std::string_view type) const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [type](const CatalogEntry& entry) { return entry.type() == type; });
}

std::vector<std::string> Catalog::types(std::string_view family) const {
  std::vector<std::string> types;
  for (const CatalogEntry& entry : entries_)
    if (family.empty() || entry.family().empty() || entry.family() == family)
      types.push_back(entry.type());
  std::sort(types.begin(), types.end());
  types.erase(std::unique(types.begin(), types.end()), types.end());
  return types;
}

}  // namespace hookwright
