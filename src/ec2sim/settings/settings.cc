#include "ec2sim/settings/settings.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "base/text.h"
#include "ec2sim/settings/settings_values.h"

namespace cb::ec2sim {
namespace {

namespace json = boost::json;

struct Key {
  std::string_view name;
  void (*put)(Settings&, const json::value&);
  json::value (*get)(const Settings&);
  std::string_view help;
};

template <auto Member>
constexpr Key key(std::string_view name, std::string_view help) {
  return {name, [](Settings& s, const json::value& v) { read(v, s.*Member); },
          [](const Settings& s) { return show(s.*Member); }, help};
}

constexpr Key kSettingKeys[] = {
    key<&Settings::seed>("seed", "all chances and times are drawn from it"),
    key<&Settings::pending>("pending", "from the launch to running"),
    key<&Settings::boot>("boot", "from running to the worker's open port"),
    key<&Settings::service>("service", "from the open port to the end of its service's boot"),
    key<&Settings::early_answers>("early_answers",
                                  "it answers from the open port on for so long, and then boots"),
    key<&Settings::restart_pause>("restart_pause",
                                  "from the end of its service to the port's next opening"),
    key<&Settings::shutting_down>("shutting_down", "from the termination to terminated"),
    key<&Settings::terminated_listed>("terminated_listed",
                                      "how long a terminated instance is still listed"),
    key<&Settings::address_delay>("address_delay",
                                  "from running to the first listing with an address"),
    key<&Settings::visible_delay>("visible_delay",
                                  "from the launch until it is listed and found by its id"),
    key<&Settings::listing_lag>("listing_lag", "listings show the state of so long ago"),
    key<&Settings::reuse_addresses>("reuse_addresses", "a freed address is the next one given out"),
    key<&Settings::strangers>("strangers",
                              "another account's worker takes each freed address at once"),
    key<&Settings::bare_fleet_repeats>("bare_fleet_repeats",
                                       "a CreateFleet with a used token is told the fleet's id, "
                                       "not its instances"),
    key<&Settings::capacity>("capacity", "[{market, type, zone, instances}]: at most so many"),
    key<&Settings::spot_vcpus>("spot_vcpus", "quota of vCPUs, all spot instances; null: none"),
    key<&Settings::on_demand_vcpus>("on_demand_vcpus",
                                    "quota of vCPUs, all on-demand instances; null: none"),
    key<&Settings::prices>("prices", "{type: {on_demand, spot}}, dollars an hour"),
    key<&Settings::regions>("regions", "regions that answer; * is any"),
    key<&Settings::zones>("zones", "the letters of a region's zones"),
    key<&Settings::images>("images", "image ids that exist; a trailing * is any rest"),
    key<&Settings::named_image>("named_image", "image id that resolve:ssm:NAME stands for"),
    key<&Settings::instance_types>("instance_types", "types that are offered, of those known"),
    key<&Settings::key_names>("key_names", "key pairs that exist"),
    key<&Settings::security_groups>("security_groups", "[{id, name}] that exist"),
    key<&Settings::instance_profiles>("instance_profiles", "instance profiles that exist"),
    key<&Settings::account>("account", "the account's number"),
    key<&Settings::verify_signatures>("verify_signatures", "false: any signature will do"),
    key<&Settings::access_keys>("access_keys", "{id: {secret, session_token}}"),
    key<&Settings::signature_window>("signature_window",
                                     "how far a signature's time may be from ours"),
    key<&Settings::clock_offset>("clock_offset", "how far our clock is ahead of the machine's"),
    key<&Settings::throttling>("throttling", "false: as many calls as one likes"),
    key<&Settings::reads>("reads", "{per_second, burst} of Describe calls"),
    key<&Settings::writes>("writes", "{per_second, burst} of all other calls together"),
    key<&Settings::launches>("launches",
                             "{per_second, burst} of RunInstances, and of StartInstances"),
    key<&Settings::terminations>("terminations", "{per_second, burst} of TerminateInstances"),
    key<&Settings::rights_by_tag>("rights_by_tag",
                                  "`KEY=VALUE`: only what carries it may be changed, else "
                                  "`UnauthorizedOperation`"),
    key<&Settings::faults>(
        "faults",
        "[{action, region, do: error|lose_before|lose_after|truncate|slow, code, "
        "message, delay, percent, next}]: what happens to calls"),
    key<&Settings::fates>(
        "fates",
        "[{do: ends_by_itself|stays_pending|never_opens|never_ready|dies|hangs|"
        "restarts|no_address|hidden|interrupted|refused, market, type, zone, after, lasts, "
        "notice, code, percent, next}]: what becomes of instances"),
};

const Key* find(std::string_view name) {
  for (const Key& key : kSettingKeys) {
    if (key.name == name) return &key;
  }
  return nullptr;
}

Status set(Settings& settings, std::string_view name, const json::value& value) {
  const Key* key = find(name);
  if (!key) return Error{str("There is no setting \"", name, "\"; see --help for their names.")};
  try {
    key->put(settings, value);
  } catch (const BadValue& bad) {
    return Error{str("The setting \"", name, "\" ", bad.what, ".")};
  }
  return Done{};
}

}  // namespace

Status apply(Settings& settings, const json::value& changes) {
  if (!changes.is_object()) return Error{"The settings must be one JSON object."};
  Settings copy = settings;
  for (const auto& [name, value] : changes.get_object()) {
    if (Status done = set(copy, {name.data(), name.size()}, value); !done) return done;
  }
  settings = std::move(copy);
  return Done{};
}

Status apply_assignment(Settings& settings, std::string_view assignment) {
  const std::size_t sign = assignment.find('=');
  if (sign == std::string_view::npos) {
    return Error{str("\"", assignment, "\" is not NAME=VALUE, as in pending=2s..3s.")};
  }
  const std::string_view text = assignment.substr(sign + 1);
  boost::system::error_code not_json;
  json::value value = json::parse(json::string_view{text.data(), text.size()}, not_json);
  if (not_json) value = json::string(text.data(), text.size());
  return set(settings, assignment.substr(0, sign), value);
}

json::object to_json(const Settings& settings) {
  json::object all;
  for (const Key& key : kSettingKeys) {
    all[json::string_view{key.name.data(), key.name.size()}] = key.get(settings);
  }
  return all;
}

std::vector<SettingHelp> settings_help() {
  std::vector<SettingHelp> all;
  for (const Key& key : kSettingKeys) all.push_back({key.name, key.help});
  return all;
}

}  // namespace cb::ec2sim
