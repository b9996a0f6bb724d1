#pragma once
// Everything that can be set, before the start and while it runs. The names, ranges and
// explanations stand in one table in settings.cc; a settings file, --set and the control endpoint
// all go through it.

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/money.h"
#include "base/result.h"
#include "ec2sim/model/clock.h"

namespace cb::ec2sim {

// A length of time, drawn anew for each use, both ends included: "2s..4s", or "3s" for exactly 3 s.
// "forever" is kNever.
struct Range {
  Micros least{0};
  Micros most{0};
};

// A difference between clocks: "10m", "-10m".
struct Offset {
  Micros value{0};
};

// Whether a rule applies this time: in `percent` of the cases, and while `next` is above 0 (each
// use takes one off; absent: for ever).
struct Chance {
  std::int64_t percent = 100;
  std::optional<std::int64_t> next;
};

// What happens to a call. The first rule that matches and whose chance falls is applied.
struct FaultRule {
  enum class What {
    kError,       // answered with `code`, without effect
    kLoseBefore,  // the connection is closed, nothing happened
    kLoseAfter,   // it happened, and the connection is closed without an answer
    kTruncate,    // it happened, and half of the answer is sent
    kSlow,        // it happens at once, and is answered after `delay`
  };
  std::string action = "*";
  std::string region = "*";
  What what = What::kError;
  std::string code = "InternalError";
  std::string message;  // empty: a sentence that names the rule
  Range delay;
  Chance chance;
};

// What becomes of an instance, decided when it is launched. All rules that match are applied.
struct FateRule {
  enum class What {
    kEndsByItself,  // `after` its launch, with `code` as its StateReason
    kStaysPending,  // for ever
    kNeverOpens,    // runs, and its port stays closed
    kNeverReady,    // runs, accepts connections and never answers
    kDies,          // `after` it was ready its service is gone; EC2 still says running
    kHangs,         // `after` it was ready it answers no more, and still accepts
    kNoAddress,     // it has no address in listings for the time `lasts`, from running on
    kHidden,        // neither listed nor found by its id for the time `lasts`, from its launch on
    kRestarts,      // `after` it was ready its service ends, and begins anew
    kInterrupted,   // `after` it runs: a warning, and `notice` later EC2 ends it (spot only)
    kRefused,       // there is none: the launch, or the start of a stopped one, fails with `code`
  };
  What what = What::kEndsByItself;
  std::string market;  // "spot", "on-demand"; empty: any
  std::string type;    // empty: any
  std::string zone;    // empty: any
  Range after;
  Range lasts{kNever, kNever};
  Range notice{std::chrono::seconds{120}, std::chrono::seconds{120}};
  std::string code;  // as read: Server.InternalError, or InsufficientInstanceCapacity of kRefused
  Chance chance;
};

// At most `instances` of what matches exist at a time. Empty text matches any.
struct CapacityRule {
  std::string market;
  std::string type;
  std::string zone;
  std::int64_t instances = 0;
};

// A token bucket: `burst` calls at once, `per_second` in the long run.
struct BucketSize {
  double per_second = 0;
  double burst = 0;
};

struct Price {
  Money on_demand_hourly;
  Money spot_hourly;
};

struct AccessKey {
  std::string secret;
  std::string session_token;  // empty: a long-lived key
};

struct SecurityGroup {
  std::string id;
  std::string name;
};

struct Settings {
  std::uint64_t seed = 0;

  // The way of an instance, each counted from the end of the one before.
  Range pending{std::chrono::seconds{2}, std::chrono::seconds{4}};
  Range boot{std::chrono::seconds{1}, std::chrono::seconds{2}};
  Range service{std::chrono::milliseconds{500}, std::chrono::seconds{1}};
  Range early_answers{std::chrono::milliseconds{0}, std::chrono::milliseconds{130}};
  Range restart_pause{std::chrono::seconds{10}, std::chrono::seconds{10}};
  Range shutting_down{std::chrono::seconds{1}, std::chrono::seconds{2}};
  Micros terminated_listed = std::chrono::hours{1};
  Range address_delay;
  Range visible_delay;
  Micros listing_lag{0};
  bool reuse_addresses = false;
  bool strangers = false;
  bool bare_fleet_repeats = false;

  // What may be had.
  std::vector<CapacityRule> capacity;
  std::optional<std::int64_t> spot_vcpus;
  std::optional<std::int64_t> on_demand_vcpus;
  std::map<std::string, Price> prices;  // by type; others as instance_types.h says

  // What exists. A trailing '*' stands for any rest.
  std::vector<std::string> regions{"*"};
  std::vector<std::string> zones{"a", "b", "c"};  // letters behind the region's name
  std::vector<std::string> images{"ami-0060337ebb6cf00ad", "ami-*"};
  std::string named_image = "ami-0a11ce5000000beef";  // that every resolve:ssm: name stands for
  std::vector<std::string> instance_types{"*"};
  std::vector<std::string> key_names{"dserv-workers"};
  std::vector<SecurityGroup> security_groups{{"sg-0d5e12fe0a10c0001", "dserv-workers"},
                                             {"sg-0d5e12fe0a10c0002", "default"}};
  std::vector<std::string> instance_profiles{"*"};

  // Who may ask, and how often.
  std::string account = "123456789012";
  bool verify_signatures = true;
  std::map<std::string, AccessKey> access_keys{{"test", {"test", ""}}};
  Micros signature_window = std::chrono::minutes{5};
  Offset clock_offset;
  bool throttling = true;
  BucketSize reads{20, 100};
  BucketSize writes{5, 50};
  BucketSize launches{2, 5};
  BucketSize terminations{5, 100};

  std::string rights_by_tag;  // "KEY=VALUE": what may be changed; empty: everything

  std::vector<FaultRule> faults;
  std::vector<FateRule> fates;
};

// Takes over every key of `changes`, a JSON object; the others stay. An unknown key or a bad value
// changes nothing at all, and the sentence names it.
Status apply(Settings& settings, const boost::json::value& changes);
// "pending=2s..3s", or with JSON behind the sign. What is not JSON is taken as text.
Status apply_assignment(Settings& settings, std::string_view assignment);
// All keys with their values, as apply() reads them. Secrets are left out.
boost::json::object to_json(const Settings& settings);

// One line for --help and the documentation: name and explanation.
struct SettingHelp {
  std::string_view name;
  std::string_view help;
};
std::vector<SettingHelp> settings_help();

}  // namespace cb::ec2sim
