#include "app/config/config_checks.h"

#include <algorithm>
#include <set>

#include "app/calendar/schedule.h"
#include "app/config/config_words.h"
#include "app/config/settings_table.h"
#include "app/config/settings_value.h"
#include "base/text.h"
#include "core/launch/user_data.h"
#include "io/net/allow_list.h"
#include "io/net/listen_socket.h"
#include "wire/gzip.h"

namespace cb::app {
namespace {

constexpr std::string_view kNameLetters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

constexpr std::int64_t kWarmMax = 1000;  // workers of a window, as many as a pool may have

class Checker {
 public:
  explicit Checker(LoadedConfig& loaded) : loaded_(loaded), config_(loaded.config) {}

  std::vector<std::string> run() {
    check_name();
    check_listening();
    check_order();
    check_endpoint();
    check_words();
    for (const auto& [name, pool] : config_.core.pools) check_pool(name, pool);
    check_room();
    return std::move(faults_);
  }

 private:
  void fault(const std::string& path, const std::string& sentence) {
    faults_.push_back(at(path, sentence));
  }
  void warn(const std::string& path, const std::string& sentence) {
    loaded_.warnings.push_back(at(path, sentence));
  }
  std::string at(const std::string& path, const std::string& sentence) const {
    const std::string origin = loaded_.origin(path);
    return origin == "default" ? sentence : str(origin, ": ", sentence);
  }

  void check_name() {
    if (config_.core.name.find_first_not_of(kNameLetters) != std::string::npos) {
      fault("name", "name takes letters, digits, '.', '_' and '-' only");
    }
    if (config_.state_dir.empty()) {
      fault("state_dir",
            "state_dir is not set, and neither STATE_DIRECTORY nor HOME says where "
            "the journal may be; set state_dir");
    }
  }

  void check_listening() {
    std::set<std::string> seen;
    std::string open;
    for (const std::string& text : config_.listen) {
      const auto endpoint = io::parse_endpoint(text);
      if (!endpoint) {
        fault("listen", str("listen: ", endpoint.error().what));
      } else if (!seen.insert(text).second) {
        fault("listen", str("listen names ", text, " twice"));
      } else if (!io::is_loopback(*endpoint)) {
        open = text;
      }
    }
    const auto allow = io::AllowList::parse(config_.allow);
    if (!allow) fault("allow", str("allow: ", allow.error().what));
    if (open.empty() || !config_.allow.empty() || config_.allow_anyone) return;
    fault("listen", str("listen opens ", open,
                        " to the network, and allow is empty: list the "
                        "networks that may use it, such as allow = [\"127.0.0.0/8\", "
                        "\"192.168.1.0/24\"], or set allow_anyone = true"));
  }

  void at_most(const std::string& less, Duration a, const std::string& more, Duration b) {
    if (a <= b) return;
    fault(less, str(less, " (", to_string(a), ") must not be longer than ", more, " (",
                    to_string(b), ')'));
  }

  void check_order() {
    const core::Settings& s = config_.core;
    at_most("retry_delay_min", s.retry_delay_min, "retry_delay_max", s.retry_delay_max);
    at_most("warm_retry_min", s.warm_retry_min, "warm_retry_max", s.warm_retry_max);
    at_most("listing_fast", s.listing_fast, "listing_slow", s.listing_slow);
    at_most("token_reuse_limit", s.token_reuse_limit, "unknown_outcome_grace",
            s.unknown_outcome_grace);
    at_most("aws.retry_delay_min", config_.aws.retry_delay_min, "aws.retry_delay_max",
            config_.aws.retry_delay_max);
  }

  void check_endpoint() {
    const std::string_view url = config_.aws.endpoint;
    if (url.empty()) return;
    if (!url.starts_with("http://") && !url.starts_with("https://")) {
      fault("aws.endpoint", "aws.endpoint begins with http:// or https://");
    } else if (url.find('@') != url.npos) {
      fault("aws.endpoint", "aws.endpoint must not hold a user or a password");
    } else if (url.starts_with("http://") && !url.starts_with("http://127.") &&
               !url.starts_with("http://localhost")) {
      warn("aws.endpoint", "aws.endpoint is not encrypted: what is sent can be read on the way");
    }
    const auto& pools = config_.core.pools;
    const bool several = std::any_of(pools.begin(), pools.end(), [](const auto& entry) {
      return entry.second.regions.size() > 1;
    });
    if (!several || url.starts_with("http://127.") || url.starts_with("http://localhost")) return;
    warn("aws.endpoint",
         "aws.endpoint is one for all regions, and a pool launches in several: "
         "whatever answers there must do so for each of them");
  }

  // Of every text and list, whatever it is for.
  void check_words() {
    for (const SettingKey& key : keys_of(config_)) {
      const Value value = key.setting->field.get(config_, key.pool);
      std::vector<std::string> texts;
      if (const auto* text = std::get_if<std::string>(&value)) texts = {*text};
      if (const auto* list = std::get_if<std::vector<std::string>>(&value)) texts = *list;
      if (const auto* table = std::get_if<core::ByRegion>(&value)) {
        for (const auto& [region, list] : *table)
          texts.insert(texts.end(), list.begin(), list.end());
      }
      for (const std::string& text : texts) {
        if (!is_placeholder(text)) continue;
        fault(key.path(), str(key.path(), " is still the placeholder ", toml_quoted(text),
                              ": write your own, or take the line out"));
      }
    }
    const std::string wrong = wrong_region(config_.core.region);
    if (!config_.core.region.empty() && !wrong.empty()) fault("aws.region", "aws.region: " + wrong);
  }

  void check_pool(const PoolName& name, const core::PoolSettings& pool) {
    const auto path = [&](std::string_view key) { return str("pool.", name.value, '.', key); };
    if (lacks_images(config_.core, pool)) {
      warn(path("image"), str("nothing can be launched until ", path("image"), " is set"));
    }
    check_entries(path("instance_types"), pool.instance_types);
    check_regions(path("regions"), pool);
    check_images(path("image"), path("images"), pool);
    check_of_region(path("security_groups"), path("region_security_groups"), pool, "sg-");
    check_of_region(path("subnets"), path("region_subnets"), pool, "subnet-");
    for (const std::string& region : config_.core.regions_of(pool)) {
      const bool own = pool.region_security_groups.contains(region);
      check_groups(path(own ? "region_security_groups" : "security_groups"), region, pool);
    }
    check_user_data(path("user_data_file"), pool.user_data);
    check_times(name, pool);
    check_sharing(path("max_clients_per_worker"), path("cores"), pool);
    check_warm(name, pool);
    if (pool.max_workers > config_.core.max_workers) {
      warn(path("max_workers"), str(path("max_workers"), " = ", pool.max_workers,
                                    " is more than max_workers = ", config_.core.max_workers,
                                    ", which counts all pools together"));
    }
  }

  void check_sharing(const std::string& clients, const std::string& cores,
                     const core::PoolSettings& pool) {
    const bool exclusive = pool.sharing == core::Sharing::kExclusive;
    const bool packed = pool.sharing == core::Sharing::kPacked;
    if (exclusive && pool.max_clients_per_worker > 1) {
      fault(clients,
            str(clients, " = ", pool.max_clients_per_worker,
                " contradicts sharing = \"exclusive\", where it is 1: take one of them out"));
    }
    if (packed && pool.max_clients_per_worker != 0) {
      fault(clients,
            str(clients, " = ", pool.max_clients_per_worker,
                " contradicts sharing = \"packed\", where the cores are the limit: take one ",
                "of them out"));
    }
    if (!packed) return;
    for (const std::string& type : pool.instance_types) {
      if (pool.cores_of_type(type) != 0) continue;
      fault(cores, str(cores, " has to be set for sharing = \"packed\": the name of ", type,
                       " does not say how many it has to share out"));
      return;
    }
  }

  void check_warm(const PoolName& name, const core::PoolSettings& pool) {
    const std::string path = str("pool.", name.value, ".warm");
    const auto most = static_cast<std::int64_t>(
        pool.max_workers != 0 ? std::min(pool.max_workers, config_.core.max_workers)
                              : config_.core.max_workers);
    for (const WarmRule& rule : config_.warm[name]) {
      const auto schedule = Schedule::parse(rule.schedule);
      if (!schedule) {
        fault(path, str(path, ": ", schedule.error().what));
      } else if (rule.workers < 0 || rule.workers > kWarmMax) {
        fault(path, str(path, ": schedule \"", rule.schedule, "\" takes 0 to ", kWarmMax,
                        " workers; it is ", rule.workers));
      } else if (rule.workers > most) {
        warn(path, str(path, ": schedule \"", rule.schedule, "\" wants ", rule.workers,
                       " workers, and max_workers lets this pool have ", most));
      }
    }
  }

  // Each pool has a worker of its own.
  void check_room() {
    const std::size_t pools = config_.core.pools.size();
    if (pools < 2 || config_.core.max_workers >= pools || config_.core.max_workers == 0) return;
    warn("max_workers",
         str("max_workers = ", config_.core.max_workers, " is fewer than the ", pools,
             " pools: callers of one may wait until the worker of another has ended"));
  }

  void check_user_data(const std::string& path, const std::string& own) {
    if (const Status status = core::check_user_data(own); !status) {
      fault(path, str(path, ": ", status.error().what));
      return;
    }
    const auto size =
        wire::fitting_user_data(core::user_data(config_.core.max_lifetime, own)).size();
    if (size <= wire::kUserDataMax) return;
    fault(path,
          str(path, " is too long: compressed and with the broker's own it has ", size,
              " bytes, and EC2 takes ", wire::kUserDataMax, "; fetch the larger part in a script"));
  }

  void check_entries(const std::string& path, const std::vector<std::string>& entries) {
    std::set<std::string> seen;
    for (const std::string& entry : entries) {
      if (entry.empty() || entry.find_first_of(" \t\r\n") != entry.npos) {
        fault(path, str(path, " holds ", toml_quoted(entry), ", which is no name"));
      } else if (!seen.insert(entry).second) {
        fault(path, str(path, " names ", entry, " twice"));
      }
    }
  }

  void check_regions(const std::string& path, const core::PoolSettings& pool) {
    check_entries(path, pool.regions);
    for (const std::string& region : pool.regions) {
      const std::string wrong = wrong_region(region);
      if (!wrong.empty()) fault(path, str(path, ": ", wrong));
    }
  }

  void check_image(const std::string& path, const std::string& image) {
    if (image.starts_with("ami-") || image.starts_with("resolve:ssm:") || is_placeholder(image)) {
      return;
    }
    fault(path, str(path, " takes the id of an AMI, such as ami-0123456789abcdef0, or ",
                    "resolve:ssm:NAME of a parameter that holds one"));
  }

  void check_images(const std::string& image, const std::string& images,
                    const core::PoolSettings& pool) {
    if (!pool.image.empty()) check_image(image, pool.image);
    for (const auto& [region, its] : pool.images) {
      if (its.size() == 1) {
        check_image(images, its.front());
      } else {
        fault(images, str(images, " names ", its.size(), " images for ", region, ": name one"));
      }
    }
    check_of_regions(image, pool, {pool.image}, images, pool.images, "ami-");
    if (!pool.image.empty() || lacks_images(config_.core, pool)) return;
    for (const std::string& region : config_.core.regions_of(pool)) {
      if (!pool.image_in(region).empty()) continue;
      fault(images, str(images, " names no image for ", region, ", and ", image, " is not set"));
    }
  }

  void check_of_region(const std::string& list, const std::string& table,
                       const core::PoolSettings& pool, std::string_view id) {
    const bool groups = id == "sg-";
    const auto& all = groups ? pool.security_groups : pool.subnets;
    const auto& by_region = groups ? pool.region_security_groups : pool.region_subnets;
    check_entries(list, all);
    for (const auto& [region, its] : by_region) check_entries(table, its);
    check_of_regions(list, pool, all, table, by_region, id);
  }

  // What `list` names stands for every region that `table` does not name; an id is one region's.
  void check_of_regions(const std::string& list, const core::PoolSettings& pool,
                        const std::vector<std::string>& all, const std::string& table,
                        const core::ByRegion& by_region, std::string_view id) {
    const auto regions = config_.core.regions_of(pool);
    std::vector<std::string> others;
    for (const std::string& region : regions) {
      if (!by_region.contains(region)) others.push_back(region);
    }
    for (const std::string& one : all) {
      if (others.size() < 2 || !one.starts_with(id)) continue;
      fault(list,
            str(list, " names ", one, " for ", join(others, " and "),
                ", but an id is known in one region only: name those of the others in ", table));
      return;
    }
    for (const auto& [region, its] : by_region) {
      if (const std::string wrong = wrong_region(region); !wrong.empty()) {
        fault(table, str(table, ": ", wrong));
        continue;
      }
      if (regions.front().empty()) continue;  // the environment says which it is
      if (config_.core.launches_in(pool, region)) continue;
      // What stands under [defaults] is every pool's, also of those that launch elsewhere.
      if (loaded_.inherited.contains(table)) continue;
      fault(table, str(table, " names ", region, ", where this pool does not launch: add it to ",
                       "regions, or take it out"));
    }
  }

  void check_groups(const std::string& path, const std::string& region,
                    const core::PoolSettings& pool) {
    if (pool.subnets_in(region).empty()) return;
    for (const std::string& group : pool.security_groups_in(region)) {
      if (group.starts_with("sg-")) continue;
      fault(path, str(path, " names ", group, ", but with a subnet EC2 takes ids only (sg-...)"));
    }
  }

  void check_times(const PoolName& name, const core::PoolSettings& pool) {
    const std::string launch = str("pool.", name.value, ".launch_timeout");
    const std::string idle = str("pool.", name.value, ".idle_timeout");
    at_most(launch, pool.launch_timeout, "max_lifetime", config_.core.max_lifetime);
    at_most(idle, pool.idle_timeout, "max_lifetime", config_.core.max_lifetime);
    if (pool.idle_timeout >= pool.launch_timeout) return;
    warn(idle, str(idle, " (", to_string(pool.idle_timeout), ") is shorter than launch_timeout (",
                   to_string(pool.launch_timeout),
                   "): a worker is kept at least as long as its boot took, whatever this says"));
  }

  LoadedConfig& loaded_;
  ServeConfig& config_;
  std::vector<std::string> faults_;
};

}  // namespace

bool lacks_images(const core::Settings& settings, const core::PoolSettings& pool) {
  const auto regions = settings.regions_of(pool);
  const bool environment_says_it = regions.size() == 1 && regions.front().empty();
  if (environment_says_it && !pool.images.empty()) return false;
  return std::all_of(regions.begin(), regions.end(),
                     [&](const std::string& region) { return pool.image_in(region).empty(); });
}

std::vector<std::string> check_config(LoadedConfig& loaded) {
  return Checker(loaded).run();
}

}  // namespace cb::app
