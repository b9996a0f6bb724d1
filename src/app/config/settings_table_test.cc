#include "app/config/settings_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>

#include "app/config/config_print.h"
#include "base/text.h"

namespace cb::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

std::vector<SettingKey> keys_of_default_pool() {
  std::vector<SettingKey> out;
  for (const Setting& setting : settings_table()) {
    out.push_back({&setting, PoolName{setting.of_pool() ? "default" : ""}});
  }
  return out;
}

TEST(SettingsTable, EveryKeyIsFoundByItsPathAndHasItsOwnNames) {
  std::set<std::string> flags;
  std::set<std::string> variables;
  for (const SettingKey& key : keys_of_default_pool()) {
    const auto found = find_setting(key.path());
    ASSERT_TRUE(found) << key.path();
    EXPECT_EQ(found->setting, key.setting);
    EXPECT_TRUE(flags.insert(key.flag()).second) << key.flag();
    EXPECT_TRUE(variables.insert(key.variable()).second) << key.variable();
  }
}

TEST(SettingsTable, WhatIsOfRegionsReadsBackFromItsText) {
  const auto key = find_setting("pool.default.region_subnets");
  ASSERT_TRUE(key);
  const auto value = read_text(*key->setting, "eu-west-1=a, us-west-2 = b,eu-west-1=c");
  ASSERT_TRUE(value);
  EXPECT_EQ(to_toml(*value), "{ eu-west-1 = [\"a\", \"c\"], us-west-2 = [\"b\"] }");
  EXPECT_FALSE(read_text(*key->setting, "subnet-a"));
}

// An unset state_dir and similar are empty, which their range may not hold for what is written.
TEST(SettingsTable, EveryDefaultIsWithinItsRangeAndReadsBackFromItsText) {
  for (const SettingKey& key : keys_of_default_pool()) {
    const Setting& setting = *key.setting;
    const Value value = setting.field.get(ServeConfig{}, key.pool);
    EXPECT_TRUE(check_range(setting, value)) << key.path();
    std::string text = to_toml(value);
    std::erase_if(text, [](char c) { return std::string("\"[]{}").find(c) != std::string::npos; });
    const auto again = read_text(setting, text);
    ASSERT_TRUE(again) << key.path();
    EXPECT_EQ(*again, value) << key.path();
  }
}

TEST(SettingsTable, EverySettingReachesAFieldOfItsOwn) {
  for (const SettingKey& key : keys_of_default_pool()) {
    const Field& field = key.setting->field;
    ServeConfig config;
    const Value before = field.get(config, key.pool);
    Value changed = before;
    if (auto* b = std::get_if<bool>(&changed)) *b = !*b;
    if (auto* n = std::get_if<std::int64_t>(&changed)) ++*n;
    if (auto* d = std::get_if<Duration>(&changed)) *d += seconds{1};
    if (auto* l = std::get_if<std::vector<std::string>>(&changed)) l->push_back("x");
    if (auto* r = std::get_if<core::ByRegion>(&changed)) (*r)["eu-west-1"] = {"x"};
    if (auto* t = std::get_if<std::string>(&changed)) {
      *t = key.setting->field.choices.empty() ? "x" : field.choices.back();
      if (changed == before) *t = field.choices.front();
    }
    field.set(config, key.pool, changed);
    for (const SettingKey& other : keys_of_default_pool()) {
      const Value expected = other.setting == key.setting
                                 ? changed
                                 : other.setting->field.get(ServeConfig{}, other.pool);
      EXPECT_EQ(other.setting->field.get(config, other.pool), expected)
          << key.path() << " and " << other.path();
    }
  }
}

TEST(SettingsTable, NamesFollowFromThePath) {
  const auto key = find_setting("pool.big-one.image");
  ASSERT_TRUE(key);
  EXPECT_EQ(key->variable(), "COMPUTE_BROKER_POOL_BIG_ONE_IMAGE");
  EXPECT_EQ(key->flag(), "--pool-big-one-image");
  EXPECT_FALSE(find_setting("pool.Big.image"));
  EXPECT_FALSE(find_setting("pool.image"));
  EXPECT_FALSE(find_setting("aws.max_workers"));
  EXPECT_FALSE(find_setting("max_workers.x"));
}

TEST(SettingsTable, AReloadTakesWhatItCanAndNamesTheRest) {
  ServeConfig running;
  ServeConfig loaded;
  loaded.core.max_workers = 4;
  loaded.listen = {"127.0.0.1:9001"};
  loaded.core.pools[PoolName{"default"}].image = "ami-2";
  loaded.core.pools[PoolName{"new"}] = {};
  const ReloadPlan plan = plan_reload(running, loaded);
  EXPECT_EQ(plan.config.core, loaded.core);
  EXPECT_EQ(plan.config.listen, running.listen);
  EXPECT_THAT(plan.changed,
              ElementsAre("max_workers = 4 (was 2)", "pool.default.image = \"ami-2\" (was \"\")",
                          "pool.new (new)"));
  EXPECT_THAT(plan.needs_restart, ElementsAre("listen"));
}

TEST(SettingsTable, AReloadNeverOpensAnAddressThatItCannotClose) {
  ServeConfig running;
  running.listen = {"0.0.0.0:9000"};
  running.allow = {"10.0.0.0/8"};
  const ReloadPlan plan = plan_reload(running, {});
  EXPECT_EQ(plan.config.listen, running.listen);
  EXPECT_EQ(plan.config.allow, running.allow);
  EXPECT_THAT(plan.needs_restart, ElementsAre("listen", "allow"));
}

TEST(SettingsTable, AReloadKeepsTheRegionThatWasFoundAtTheStart) {
  ServeConfig running;
  running.core.region = "eu-central-1";
  const ReloadPlan plan = plan_reload(running, {});
  EXPECT_EQ(plan.config.core.region, "eu-central-1");
  EXPECT_THAT(plan.needs_restart, IsEmpty());
}

TEST(SettingsTable, AReloadWithoutChangeNamesNothing) {
  const ReloadPlan plan = plan_reload({}, {});
  EXPECT_THAT(plan.changed, IsEmpty());
  EXPECT_THAT(plan.needs_restart, IsEmpty());
}

TEST(SettingsTable, AReloadNamesPoolsThatWentAndUserDataThatChanged) {
  ServeConfig running;
  running.core.pools[PoolName{"old"}] = {};
  ServeConfig loaded;
  loaded.core.pools[PoolName{"default"}].user_data = "echo";
  EXPECT_THAT(plan_reload(running, loaded).changed,
              ElementsAre("pool.default.user_data_file (new content)", "pool.old (gone)"));
}

TEST(ConfigPrint, TheEffectiveConfigurationSaysWhereEachValueCameFrom) {
  LoadedConfig loaded;
  loaded.config.core.max_workers = 7;
  loaded.origins["max_workers"] = "flag --max-workers";
  const std::string text = effective_config(loaded, Lines::kAll);
  EXPECT_THAT(text, testing::ContainsRegex("\nmax_workers = 7 +# flag --max-workers\n"));
  EXPECT_THAT(text, testing::ContainsRegex("\nidle_timeout = \"15m\" +# default\n"));
  EXPECT_THAT(text, HasSubstr("\n[pool.default]\n"));
}

TEST(ConfigPrint, TheCommittedReferenceIsTheTables) {
  std::ifstream in(SOURCE_DIR "/docs/configuration.md");
  const std::string committed{std::istreambuf_iterator<char>(in), {}};
  EXPECT_EQ(committed, configuration_markdown())
      << "write it again: compute-broker check-config --markdown > docs/configuration.md";
}

TEST(SettingsValue, ANearWordIsFoundAndAFarOneIsNot) {
  const std::vector<std::string> known{"max_workers", "name", "listen"};
  EXPECT_EQ(nearest("max_wokers", known), "max_workers");
  EXPECT_EQ(nearest("nmae", known), "name");
  EXPECT_EQ(nearest("completely_else", known), "");
}

TEST(SettingsValue, TextIsQuotedAsTomlReadsIt) {
  EXPECT_EQ(toml_quoted("a\"b\\c\n"), "\"a\\\"b\\\\c\\u000a\"");
}

}  // namespace
}  // namespace cb::app
