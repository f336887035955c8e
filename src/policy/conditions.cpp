#include "policy/conditions.hpp"

#include <algorithm>
#include <cmath>

#include "event/number.hpp"
#include "hookwright/error.hpp"

namespace hookwright {
namespace {

constexpr std::size_t conditions_max = 32;
constexpr std::size_t field_bytes_max = 256;
constexpr std::size_t names_max = 16;
constexpr std::size_t text_bytes_max = 1'024;

bool takes_numbers(Comparison comparison) {
  return comparison >= Comparison::less && comparison <= Comparison::at_least;
}

bool takes_nothing(Comparison comparison) {
  return comparison == Comparison::present || comparison == Comparison::absent;
}

bool valid_path(std::string_view path) {
  if (path.size() > field_bytes_max || !path.starts_with("data.")) return false;
  if (path.ends_with('.') || path.find("..") != std::string_view::npos) return false;
  return std::count(path.begin(), path.end(), '.') < static_cast<std::ptrdiff_t>(names_max);
}

void check_one(const Condition& condition, const std::string& name) {
  const FieldValue& value = condition.value;
  if (!valid_path(condition.field)) {
    throw ConfigError(
        name + ".field",
        "must be a path that begins with \"data.\", of 16 names and 256 bytes at most",
        condition.field);
  }
  if (condition.comparison > Comparison::absent) {
    throw ConfigError(name + ".comparison", "is none of the enumeration");
  }
  if (takes_nothing(condition.comparison)) {
    if (!value.none())
      throw ConfigError(name + ".value", "must not be given with present or absent");
    return;
  }
  if (value.none()) throw ConfigError(name + ".value", "must be given");
  if (takes_numbers(condition.comparison) && value.number() == nullptr) {
    throw ConfigError(name + ".value", "must be a number to be less or greater than");
  }
  if (condition.comparison == Comparison::starts_with &&
      (value.text() == nullptr || value.text()->empty())) {
    throw ConfigError(name + ".value", "must be a text to start with");
  }
  if (value.number() != nullptr && !std::isfinite(*value.number())) {
    throw ConfigError(name + ".value", "must be finite");
  }
  if (value.text() != nullptr && value.text()->size() > text_bytes_max) {
    throw ConfigError(name + ".value", "must be at most 1,024 bytes");
  }
}

bool equal(const FieldValue& wanted, const event::BodyField& field) {
  if (const auto* text = std::get_if<std::string>(&field.value)) {
    return wanted.text() != nullptr && *wanted.text() == *text;
  }
  if (const auto* number = std::get_if<double>(&field.value)) {
    return wanted.number() != nullptr && *wanted.number() == *number;
  }
  if (const auto* truth = std::get_if<bool>(&field.value)) {
    return wanted.truth() != nullptr && *wanted.truth() == *truth;
  }
  return false;
}

bool compares(const Condition& condition, const event::BodyField& field) {
  if (condition.comparison == Comparison::equal) return equal(condition.value, field);
  if (condition.comparison == Comparison::starts_with) {
    const auto* text = std::get_if<std::string>(&field.value);
    return text != nullptr && condition.value.text() != nullptr &&
           text->starts_with(*condition.value.text());
  }
  const auto* number = std::get_if<double>(&field.value);
  const double* wanted = condition.value.number();
  if (number == nullptr || wanted == nullptr) return false;
  switch (condition.comparison) {
    case Comparison::less:
      return *number < *wanted;
    case Comparison::at_most:
      return *number <= *wanted;
    case Comparison::greater:
      return *number > *wanted;
    case Comparison::at_least:
      return *number >= *wanted;
    default:
      return false;
  }
}

bool holds(const Condition& condition, const event::BodyFields& body) {
  const auto fields = body.at(condition.field);
  switch (condition.comparison) {
    case Comparison::present:
      return !fields.empty();
    case Comparison::absent:
      return fields.empty();
    case Comparison::not_equal:
      return !fields.empty() && std::none_of(fields.begin(), fields.end(), [&](const auto& field) {
        return equal(condition.value, field);
      });
    default:
      return std::any_of(fields.begin(), fields.end(),
                         [&](const auto& field) { return compares(condition, field); });
  }
}

std::string_view words(Comparison comparison) {
  switch (comparison) {
    case Comparison::equal:
      return " is ";
    case Comparison::not_equal:
      return " is not ";
    case Comparison::starts_with:
      return " starts with ";
    case Comparison::less:
      return " is less than ";
    case Comparison::at_most:
      return " is at most ";
    case Comparison::greater:
      return " is greater than ";
    case Comparison::at_least:
      return " is at least ";
    case Comparison::present:
      return " is there";
    case Comparison::absent:
      return " is not there";
  }
  return " ? ";
}

std::string sentence(const Condition& condition) {
  std::string text = condition.field;
  text += words(condition.comparison);
  const FieldValue& value = condition.value;
  if (value.text() != nullptr) text.append(1, '"').append(*value.text()).append(1, '"');
  if (value.number() != nullptr) text += event::number_text(*value.number()).view();
  if (value.truth() != nullptr) text += *value.truth() ? "true" : "false";
  return text;
}

}  // namespace

void check(const Conditions& conditions) {
  if (conditions.all.size() + conditions.any.size() > conditions_max) {
    throw ConfigError("endpoint.conditions", "must be at most 32 together");
  }
  for (std::size_t i = 0; i < conditions.all.size(); ++i) {
    check_one(conditions.all[i], "endpoint.conditions.all[" + std::to_string(i) + "]");
  }
  for (std::size_t i = 0; i < conditions.any.size(); ++i) {
    check_one(conditions.any[i], "endpoint.conditions.any[" + std::to_string(i) + "]");
  }
}

std::string unmet(const Conditions& conditions, std::string_view body) {
  if (conditions.empty()) return {};
  const event::BodyFields fields(body);
  for (const Condition& condition : conditions.all) {
    if (!holds(condition, fields)) return sentence(condition);
  }
  std::string alternatives;
  for (const Condition& condition : conditions.any) {
    if (holds(condition, fields)) return {};
    if (!alternatives.empty()) alternatives += " or ";
    alternatives += sentence(condition);
  }
  return alternatives;
}

bool policy::met(const Conditions& conditions, const event::BodyFields& body) {
  const auto test = [&](const Condition& condition) { return holds(condition, body); };
  return std::all_of(conditions.all.begin(), conditions.all.end(), test) &&
         (conditions.any.empty() ||
          std::any_of(conditions.any.begin(), conditions.any.end(), test));
}

}  // namespace hookwright
