#include "app/config/config_flags.h"

#include <string>

#include "app/config/settings_table.h"
#include "base/text.h"

namespace cb::app {
namespace {

// What stands for the value in --help.
const char* type_name(const Setting& setting) {
  switch (setting.field.type) {
    case Type::kBool:
      return "";
    case Type::kInteger:
      return "NUMBER";
    case Type::kDuration:
      return "TIME";
    case Type::kList:
      return "A,B,...";
    case Type::kByRegion:
      return "REGION=A,...";
    case Type::kWarmRules:
      return "SCHEDULE=N;...";
    case Type::kText:
    case Type::kChoice:
      return "TEXT";
  }
  return "";
}

std::string help_of(const SettingKey& key) {
  const Setting& setting = *key.setting;
  const Value value = setting.field.get(ServeConfig{}, key.pool);
  const bool empty = magnitude(value) == 0 && !setting.when_empty.empty();
  const std::string fallback = empty ? std::string(setting.when_empty) : to_toml(value);
  std::string text = str(setting.doc, " [", fallback, ']');
  std::erase(text, '`');
  return text;
}

void add_flag(CLI::App& command, const SettingKey& key, ServeFlags& flags) {
  const std::string name = key.flag();
  const bool is_bool = key.setting->field.type == Type::kBool;
  CLI::Option* const option = command.add_option_function<std::string>(
      name,
      [&flags, name, is_bool, path = key.path()](const std::string& text) {
        flags.settings.push_back({name, path, is_bool && text.empty() ? "true" : text});
      },
      help_of(key));
  // `--allow-anyone` alone means true; `--allow-anyone=false` is understood too.
  if (is_bool) option->expected(0, 1);
  option->type_name(type_name(*key.setting));
  option->group(key.setting->shown == Shown::kInHelp ? "Settings" : "");
}

void take_assignment(const std::string& text, ServeFlags& flags) {
  const std::size_t equals = text.find('=');
  if (equals == text.npos) {
    throw CLI::ValidationError("--set", "takes KEY=VALUE, such as max_workers=4, not " + text);
  }
  flags.settings.push_back(
      {str("--set ", text.substr(0, equals)), text.substr(0, equals), text.substr(equals + 1)});
}

}  // namespace

void add_setting_flags(CLI::App& command, ServeFlags& flags) {
  command.add_option("--config", flags.config_file, "Configuration file")->type_name("FILE");
  command
      .add_option_function<std::vector<std::string>>(
          "--set",
          [&flags](const std::vector<std::string>& all) {
            for (const std::string& text : all) take_assignment(text, flags);
          },
          "Sets any key of docs/configuration.md, such as pool.default.market=spot; each is a flag "
          "as well, also those that are not shown here: --unreachable-timeout 1m")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  for (const Setting& setting : settings_table()) {
    const SettingKey key{&setting, PoolName{setting.of_pool() ? "default" : ""}};
    for (const SettingKey& named : key.names()) add_flag(command, named, flags);
  }
}

}  // namespace cb::app
