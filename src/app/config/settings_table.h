#pragma once
// The one table of everything that can be configured: each key's type, range, default, whether a
// reload takes it, and its documentation. The configuration file, COMPUTE_BROKER_* variables,
// flags, check-config and docs/configuration.md are all derived from it.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/config/config.h"
#include "app/config/settings_value.h"
#include "base/result.h"

namespace cb::app {

// How a setting reaches its field. `pool` counts for settings of [pool.NAME] only, and must exist.
struct Field {
  Type type;
  std::vector<std::string> choices;  // of kChoice
  Value (*get)(const ServeConfig&, const PoolName& pool);
  void (*set)(ServeConfig&, const PoolName& pool, const Value&);
};

// Both ends included: the number, milliseconds, bytes of text, or entries of a list or table.
struct Range {
  std::int64_t min = 0;
  std::int64_t max = 0;
};

enum class Reload { kYes, kRestart };
enum class Shown { kInHelp, kInDocs };

struct Setting {
  std::string_view group;    // heading in the documentation
  std::string_view section;  // "", "aws", or "pool" for every [pool.NAME]
  std::string_view key;
  Field field;
  Range range;
  Reload reload;
  Shown shown;
  std::string_view doc;         // one line
  std::string_view when_empty;  // what an empty or zero value means, where it is not plain
  // Of a list: its key where it takes one text, as `subnet = "x"` is `subnets = ["x"]`; empty:
  // none.
  std::string_view single{};

  bool of_pool() const { return section == "pool"; }
};

// In the order of the documentation.
const std::vector<Setting>& settings_table();

// One setting of one pool, or of no pool.
struct SettingKey {
  const Setting* setting = nullptr;
  PoolName pool;
  std::string_view name{};  // another than its key, which is Setting::single

  // Its names: its key, and the other where there is one.
  std::vector<SettingKey> names() const;
  // "max_workers", "aws.region", "pool.default.image".
  std::string path() const;
  // "COMPUTE_BROKER_POOL_DEFAULT_IMAGE".
  std::string variable() const;
  // "--pool-default-image".
  std::string flag() const;
};

// Every key that `config` has: those of no pool, then those of each of its pools.
std::vector<SettingKey> keys_of(const ServeConfig& config);

// Finds "aws.region" or "pool.default.image", by its key or by its other name; empty when there is
// none.
std::optional<SettingKey> find_setting(std::string_view path);

// "takes a whole number from 0 to 10000".
std::string what_it_takes(const Setting& setting);
// Text of a variable or a flag; the entries of a list stand between commas, those of a region after
// it: `eu-west-1=a,eu-west-1=b`. The error is what_it_takes().
Result<Value> read_text(const Setting& setting, std::string_view text);
// Whether `value`, which has the setting's type, is within its range or choices.
Status check_range(const Setting& setting, const Value& value);

// What a reload takes, and what it cannot.
struct ReloadPlan {
  ServeConfig config;                      // the new values, where they can be taken
  std::vector<std::string> changed;        // `max_workers = 4 (was 2)`
  std::vector<std::string> needs_restart;  // paths of keys that keep their values: `listen`
};
ReloadPlan plan_reload(const ServeConfig& running, const ServeConfig& loaded);

}  // namespace cb::app
