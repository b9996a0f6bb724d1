#include "app/config/config_print.h"

#include <algorithm>

#include "app/config/settings_table.h"
#include "app/fold.h"
#include "base/text.h"
#include "io/aws/aws_settings_table.h"

namespace cb::app {
namespace {

constexpr std::size_t kCommentColumn = 56;

constexpr std::string_view kIntroduction = R"(# Configuration

<!-- Written by `compute-broker check-config --markdown` from the table in src/app. -->

The broker reads one TOML file: `compute-broker serve FILE`, `--config FILE`, or the one that
`COMPUTE_BROKER_CONFIG` names. Every key has a default; a broker on AWS needs `image` in
`[pool.default]`, and mostly `key_name` and `security_groups`. What is set later in this list wins:

1. the default,
2. the file,
3. the environment: `COMPUTE_BROKER_` and the key in capitals, its table in front:
   `COMPUTE_BROKER_MAX_WORKERS=4`, `COMPUTE_BROKER_AWS_REGION=eu-central-1`,
   `COMPUTE_BROKER_POOL_DEFAULT_IMAGE=ami-0123456789abcdef0`,
4. flags of `serve`: `--max-workers 4`, `--aws-region eu-central-1`,
   `--pool-default-image ami-0123456789abcdef0`, or `--set KEY=VALUE` for any key, such as
   `--set pool.default.market=on-demand`.

In variables and flags the entries of a list stand between commas; those of `warm` between
semicolons, each as `Mon-Fri 08:00-18:00 America/New_York = 1`. A time has its unit: `250ms`, `90s`,
`15m`, `12h`, `30d`, `1h30m`.

`compute-broker check-config FILE` names every fault with its line and key, or says that the file is
good, what in it differs from the defaults, and where each value came from; `--all` shows every key.
It ends with 0 when the configuration is good and with 1 when it is not, names no image, or when
`serve` would not start because of it: AWS's own files and variables are looked at as they are for
whoever runs it. EC2 itself is asked by `serve`.

SIGHUP (`systemctl reload compute-broker`) reads the file again. Keys that are changed by *reload*
take effect at once, the others at the next start; the log names those. A faulty file changes
nothing.

Secrets have no key: AWS credentials come from where the AWS command line finds them.
)";

constexpr std::string_view kAboutAwsSettings =
    R"(What AWS's own tools read from the environment and from `~/.aws/config` and
`~/.aws/credentials`, and what becomes of it here; what is set in `[aws]` goes first. The files are
read as the AWS CLI reads them. *Honoured*: the broker does it itself. *By the AWS CLI*: the broker
asks `aws configure export-credentials` for keys, and again before they expire; it needs version
2.9.19 or later (Debian: `apt-get install awscli`), and where that is not there, the log says so.
*In any case*: what it asks for is so whatever it says. *Refused*: the broker does not start with
it, unless it has the value that is named here. *No matter*: it concerns what the broker never
does. A value that a setting does not take, and a file or profile that cannot be read, keep the
broker from starting, too; the sentence names the setting and never its value. A setting that
begins with `AWS_`, or stands in the profile, and is not in this table is ignored, with a warning.
)";

std::string_view heading_note(std::string_view section) {
  if (section == "aws") return "Under `[aws]`.\n\n";
  if (section == "pool") {
    return "Under `[pool.NAME]`, any number of them: `[pool.default]`, or where the file has none "
           "the\n"
           "first, serves who names no pool. A name is 1 to 32 of a-z, 0-9 and '-'. What stands\n"
           "under `[defaults]` holds for every pool that does not say otherwise.\n\n";
  }
  return "";
}

std::string code(const std::string& text) {
  return str('`', text, '`');
}

std::string shown(const Setting& setting, std::int64_t number) {
  return setting.field.type == Type::kDuration ? to_string(Duration{number})
                                               : std::to_string(number);
}

std::string takes(const Setting& setting) {
  const std::string range =
      str(shown(setting, setting.range.min), " to ", shown(setting, setting.range.max));
  switch (setting.field.type) {
    case Type::kBool:
      return "true or false";
    case Type::kInteger:
      return str("number, ", range);
    case Type::kDuration:
      return str("time, ", range);
    case Type::kText:
      return str("text, ", range, " bytes");
    case Type::kList:
      return str("list, ", range, " entries");
    case Type::kByRegion:
      return str("table by region, ", range, " entries");
    case Type::kWarmRules:
      return str("list, ", range, " windows");
    case Type::kChoice:
      return code(str('"', join(setting.field.choices, "\"`, `\""), '"'));
  }
  CHECK(false);
}

std::string row(const Setting& setting) {
  const Value value = setting.field.get(ServeConfig{}, PoolName{"default"});
  const bool empty = magnitude(value) == 0 && !setting.when_empty.empty();
  // A pool's idle_timeout has no default of its own.
  const bool inherited = setting.of_pool() && setting.key == "idle_timeout";
  const std::string fallback =
      empty || inherited ? std::string(setting.when_empty) : code(to_toml(value));
  return str("| `", setting.key, "` | ", fallback, " | ", takes(setting), " | ",
             setting.reload == Reload::kYes ? "reload" : "restart", " | ", setting.doc, " |\n");
}

// The table of io, which the broker itself goes by.
std::string aws_settings_markdown() {
  std::string out = str("\n## AWS's own settings\n\n", kAboutAwsSettings,
                        "\n| variable | key of a profile | here | takes | what it is |\n"
                        "|---|---|---|---|---|\n");
  const auto cell = [](std::string_view text) {
    return text.empty() ? std::string() : code(std::string(text));
  };
  for (const io::AwsSettingRow& setting : io::aws_settings_table()) {
    std::vector<std::string> takes;
    for (std::string_view word : words(setting.takes)) takes.push_back(cell(word));
    if (setting.takes == "number") takes = {"number, 1 or more"};
    out += str("| ", cell(setting.variable), " | ", cell(setting.key), " | ",
               to_string(setting.use), " | ", join(takes, ", "), " | ", setting.doc, " |\n");
  }
  return out;
}

struct Layout {
  Lines which;
  std::size_t columns;
  // Few lines stand closer together.
  std::size_t comment() const { return which == Lines::kAll ? kCommentColumn : kCommentColumn / 2; }
};

std::string line(const LoadedConfig& loaded, const SettingKey& key, const Layout& layout) {
  const Setting& setting = *key.setting;
  const Value value = setting.field.get(loaded.config, key.pool);
  std::string text = str(setting.key, " = ", to_toml(value));
  std::string origin = loaded.origin(key.path());
  if (magnitude(value) == 0 && !setting.when_empty.empty()) origin += str(": ", setting.when_empty);
  std::erase(origin, '`');
  const std::size_t column = std::max(text.size() + 1, layout.comment());
  if (layout.columns != 0 && column + 2 + origin.size() > layout.columns) {
    return str(text, "\n", folded("    # " + origin, layout.columns, "    # "), '\n');
  }
  text.resize(column, ' ');
  return str(text, "# ", origin, '\n');
}

std::string section_lines(const LoadedConfig& loaded, std::string_view section,
                          const PoolName& pool, const Layout& layout) {
  std::string out;
  for (const Setting& setting : settings_table()) {
    const SettingKey key{&setting, pool};
    const bool wanted = layout.which == Lines::kAll || loaded.origins.contains(key.path());
    if (setting.section == section && wanted) out += line(loaded, key, layout);
  }
  if (out.empty() || section.empty()) return out;
  return str("\n[", section, section == "pool" ? str('.', pool.value) : std::string(), "]\n", out);
}

}  // namespace

std::string effective_config(const LoadedConfig& loaded, Lines which, std::size_t columns) {
  const Layout layout{which, columns};
  std::string out = section_lines(loaded, "", {}, layout);
  out += section_lines(loaded, "aws", {}, layout);
  for (const auto& [name, pool] : loaded.config.core.pools) {
    out += section_lines(loaded, "pool", name, layout);
  }
  return out;
}

std::string as_comment(const std::string& text, std::size_t columns) {
  return folded("# " + text, columns, "#   ");
}

std::string configuration_markdown() {
  std::string out(kIntroduction);
  std::string_view group;
  for (const Setting& setting : settings_table()) {
    if (setting.group != group) {
      group = setting.group;
      out += str("\n## ", group, "\n\n", heading_note(setting.section),
                 "| key | default | takes | changed by | what it is |\n|---|---|---|---|---|\n");
    }
    out += row(setting);
  }
  return out + aws_settings_markdown();
}

}  // namespace cb::app
