#pragma once
// Makes the Field of a setting from the path of members that leads to it. For settings_rows_*.cc.

#include <algorithm>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "app/config/settings_table.h"
#include "base/check.h"

namespace cb::app {

// The words of an enumeration, in the order of its values, which begin at 0.
template <class Enum>
struct Words;
template <>
struct Words<core::ReadyCheck> {
  static constexpr std::string_view list[] = {"dserv", "tcp", "none"};
};
template <>
struct Words<core::MarketOrder> {
  static constexpr std::string_view list[] = {"spot", "on-demand", "spot-then-on-demand"};
};
template <>
struct Words<core::Sharing> {
  static constexpr std::string_view list[] = {"shared", "exclusive", "packed"};
};
template <>
struct Words<core::AddressKind> {
  static constexpr std::string_view list[] = {"public", "private"};
};
template <>
struct Words<core::LogLevel> {
  static constexpr std::string_view list[] = {"debug", "info", "warning", "error", "alert"};
};
template <>
struct Words<LogFormat> {
  static constexpr std::string_view list[] = {"text", "json"};
};

template <class T>
Value to_value(const T& field) {
  if constexpr (std::is_enum_v<T>) {
    return std::string(Words<T>::list[static_cast<std::size_t>(field)]);
  } else if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
    return static_cast<std::int64_t>(field);
  } else {
    return field;
  }
}

template <class T>
void from_value(const Value& value, T& field) {
  if constexpr (std::is_enum_v<T>) {
    const auto& words = Words<T>::list;
    const auto* const found =
        std::find(std::begin(words), std::end(words), std::get<std::string>(value));
    CHECK(found != std::end(words));
    field = static_cast<T>(found - std::begin(words));
  } else if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
    field = static_cast<T>(std::get<std::int64_t>(value));
  } else {
    field = std::get<T>(value);
  }
}

template <class T>
Type type_of() {
  if constexpr (std::is_enum_v<T>) return Type::kChoice;
  if constexpr (std::is_same_v<T, bool>) return Type::kBool;
  if constexpr (std::is_integral_v<T>) return Type::kInteger;
  if constexpr (std::is_same_v<T, Duration>) return Type::kDuration;
  if constexpr (std::is_same_v<T, std::vector<std::string>>) return Type::kList;
  if constexpr (std::is_same_v<T, core::ByRegion>) return Type::kByRegion;
  return Type::kText;
}

template <class T>
std::vector<std::string> choices_of() {
  std::vector<std::string> out;
  if constexpr (std::is_enum_v<T>) out.assign(std::begin(Words<T>::list), std::end(Words<T>::list));
  return out;
}

template <auto Member, auto... Rest, class Object>
auto& member(Object& object) {
  if constexpr (sizeof...(Rest) == 0) {
    return object.*Member;
  } else {
    return member<Rest...>(object.*Member);
  }
}

// field<&ServeConfig::aws, &AwsConfig::endpoint>()
template <auto... Path>
Field field() {
  using T = std::remove_reference_t<decltype(member<Path...>(std::declval<ServeConfig&>()))>;
  return {
      type_of<T>(), choices_of<T>(),
      [](const ServeConfig& config, const PoolName&) { return to_value(member<Path...>(config)); },
      [](ServeConfig& config, const PoolName&, const Value& value) {
        from_value(value, member<Path...>(config));
      }};
}

// core_field<&core::Settings::max_workers>()
template <auto Member>
Field core_field() {
  return field<&ServeConfig::core, Member>();
}

template <auto Member>
Field pool_field() {
  using T = std::remove_reference_t<decltype(std::declval<core::PoolSettings&>().*Member)>;
  return {type_of<T>(), choices_of<T>(),
          [](const ServeConfig& config, const PoolName& pool) {
            return to_value(config.core.pools.at(pool).*Member);
          },
          [](ServeConfig& config, const PoolName& pool, const Value& value) {
            from_value(value, config.core.pools.at(pool).*Member);
          }};
}

}  // namespace cb::app
