#include "app/config/config_load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/text.h"
#include "wire/gzip.h"

namespace cb::app {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class ConfigLoad : public testing::Test {
 protected:
  ConfigLoad() {
    std::string pattern = testing::TempDir() + "config_load.XXXXXX";
    dir_ = ::mkdtemp(pattern.data());
  }
  ~ConfigLoad() override { std::filesystem::remove_all(dir_); }

  std::string write(const std::string& name, const std::string& content) const {
    const std::string path = str(dir_, '/', name);
    std::ofstream(path) << content;
    return path;
  }
  Result<LoadedConfig> load(const std::string& toml, Environment environment = {},
                            std::vector<SettingFlag> flags = {}) const {
    environment.emplace("HOME", "/home/lab");
    return load_config({write("broker.toml", toml), std::move(flags)}, environment);
  }
  // The faults of `toml`, one sentence each, without the directory in front.
  std::vector<std::string> faults(const std::string& toml) const {
    const auto loaded = load(toml);
    std::vector<std::string> out;
    if (loaded) return out;
    for (std::string_view line : split(loaded.error().what, '\n')) {
      if (line.starts_with(dir_)) line.remove_prefix(dir_.size() + 1);
      out.emplace_back(line);
    }
    return out;
  }

  std::string dir_;
};

TEST_F(ConfigLoad, AnEmptyFileGivesTheDefaults) {
  const auto loaded = load("");
  ASSERT_TRUE(loaded) << loaded.error().what;
  EXPECT_EQ(loaded->config.core, core::Settings{});
  EXPECT_THAT(loaded->config.listen, ElementsAre("127.0.0.1:9000"));
  EXPECT_EQ(loaded->origin("max_workers"), "default");
}

TEST_F(ConfigLoad, TheDocumentedKeysAreRead) {
  const auto loaded = load(R"(
listen = ["127.0.0.1:9001"]
state_dir = "/var/lib/cb"
max_workers = 4
launches_per_hour_max = 30
idle_timeout = "20m"
name = "lab-1"
[aws]
region = "eu-central-1"
adopt_untagged = true
[pool.default]
image = "ami-0123"
instance_types = ["c7i.8xlarge", "c6i.8xlarge"]
market = "on-demand"
key_name = "dserv-workers"
security_groups = ["dserv-workers"]
worker_port = 2561
ready = "tcp"
launch_timeout = "4m"
)");
  ASSERT_TRUE(loaded) << loaded.error().what;
  const ServeConfig& config = loaded->config;
  EXPECT_THAT(config.listen, ElementsAre("127.0.0.1:9001"));
  EXPECT_EQ(config.state_dir, "/var/lib/cb");
  EXPECT_EQ(config.core.max_workers, 4U);
  EXPECT_EQ(config.core.launches_per_hour_max, 30U);
  EXPECT_EQ(config.core.name, "lab-1");
  EXPECT_EQ(config.core.region, "eu-central-1");
  EXPECT_TRUE(config.core.adopt_untagged);
  core::PoolSettings pool;
  pool.image = "ami-0123";
  pool.instance_types = {"c7i.8xlarge", "c6i.8xlarge"};
  pool.market = core::MarketOrder::kOnDemand;
  pool.key_name = "dserv-workers";
  pool.security_groups = {"dserv-workers"};
  pool.worker_port = 2561;
  pool.ready = core::ReadyCheck::kTcp;
  pool.launch_timeout = minutes{4};
  pool.idle_timeout = minutes{20};
  EXPECT_EQ(config.core.pools.at(PoolName{"default"}), pool);
  EXPECT_THAT(loaded->warnings, IsEmpty());
}

TEST_F(ConfigLoad, FlagsWinOverEnvironmentOverFileOverDefault) {
  const Environment environment{{"COMPUTE_BROKER_MAX_WORKERS", "5"},
                                {"COMPUTE_BROKER_NAME", "env"}};
  const auto loaded = load("max_workers = 4\nname = \"file\"\nidle_timeout = \"9m\"", environment,
                           {{"--max-workers", "max_workers", "6"}});
  ASSERT_TRUE(loaded) << loaded.error().what;
  EXPECT_EQ(loaded->config.core.max_workers, 6U);
  EXPECT_EQ(loaded->origin("max_workers"), "flag --max-workers");
  EXPECT_EQ(loaded->config.core.name, "env");
  EXPECT_EQ(loaded->origin("name"), "environment COMPUTE_BROKER_NAME");
  EXPECT_EQ(loaded->origin("idle_timeout"), str(dir_, "/broker.toml:3"));
}

TEST_F(ConfigLoad, VariablesReachPoolsAndLists) {
  const auto loaded = load("[pool.big-one]\n", {{"COMPUTE_BROKER_POOL_BIG_ONE_IMAGE", "ami-1"},
                                                {"COMPUTE_BROKER_LISTEN", "127.0.0.1:1, [::1]:2"}});
  ASSERT_TRUE(loaded) << loaded.error().what;
  EXPECT_EQ(loaded->config.core.pools.at(PoolName{"big-one"}).image, "ami-1");
  EXPECT_THAT(loaded->config.listen, ElementsAre("127.0.0.1:1", "[::1]:2"));
}

TEST_F(ConfigLoad, TheFileCanBeNamedByTheEnvironment) {
  const std::string file = write("other.toml", "name = \"other\"");
  const auto loaded = load_config({}, {{"COMPUTE_BROKER_CONFIG", file}, {"HOME", "/home/lab"}});
  ASSERT_TRUE(loaded) << loaded.error().what;
  EXPECT_EQ(loaded->config.core.name, "other");
}

TEST_F(ConfigLoad, IdleTimeoutIsInheritedByPoolsThatHaveNone) {
  const auto loaded =
      load("idle_timeout = \"20m\"\n[pool.default]\n[pool.own]\nidle_timeout = \"30m\"\n");
  ASSERT_TRUE(loaded) << loaded.error().what;
  EXPECT_EQ(loaded->config.core.pools.at(PoolName{"default"}).idle_timeout, minutes{20});
  EXPECT_EQ(loaded->config.core.pools.at(PoolName{"own"}).idle_timeout, minutes{30});
}

TEST_F(ConfigLoad, WhatStandsUnderDefaultsHoldsForEveryPoolThatDoesNotSayOtherwise) {
  const auto loaded = load(
      "idle_timeout = \"20m\"\n[pool.small]\ninstance_types = [\"m7i.large\"]\n"
      "[pool.own]\nimage = \"ami-2\"\n[defaults]\nimage = \"ami-1\"\nidle_timeout = \"5m\"\n"
      "key_name = \"lab\"\n",
      {{"COMPUTE_BROKER_POOL_SMALL_KEY_NAME", "mine"}});
  ASSERT_TRUE(loaded) << loaded.error().what;
  const auto& pools = loaded->config.core.pools;
  EXPECT_EQ(pools.size(), 2U);
  EXPECT_EQ(pools.at(PoolName{"small"}).image, "ami-1");
  EXPECT_EQ(pools.at(PoolName{"own"}).image, "ami-2");
  EXPECT_EQ(pools.at(PoolName{"small"}).key_name, "mine");
  EXPECT_EQ(pools.at(PoolName{"own"}).key_name, "lab");
  EXPECT_EQ(pools.at(PoolName{"own"}).idle_timeout, minutes{5});
  EXPECT_EQ(loaded->origin("pool.small.image"), str(dir_, "/broker.toml:7"));
}

TEST_F(ConfigLoad, WhoNamesPoolsHasNoOtherUnlessItIsSpokenOfElsewhere) {
  const auto pools_of = [&](const std::string& file, Environment environment) {
    const auto loaded = load(file, std::move(environment));
    std::vector<std::string> names;
    for (const auto& [name, pool] : loaded->config.core.pools) names.push_back(name.value);
    return names;
  };
  const std::string variable = "COMPUTE_BROKER_POOL_DEFAULT_IMAGE";
  EXPECT_THAT(pools_of("", {}), ElementsAre("default"));
  EXPECT_THAT(pools_of("[pool.big]\n", {}), ElementsAre("big"));
  EXPECT_THAT(pools_of("[pool.big]\n[pool.default]\n", {}), ElementsAre("big", "default"));
  EXPECT_THAT(pools_of("[pool.big]\n", {{variable, "ami-1"}}), ElementsAre("big", "default"));
}

TEST_F(ConfigLoad, FewerWorkersThanPoolsAreWarnedOf) {
  const auto loaded = load("max_workers = 2\n[pool.a]\n[pool.b]\n[pool.c]\n");
  ASSERT_TRUE(loaded) << loaded.error().what;
  EXPECT_THAT(loaded->warnings, testing::Contains(HasSubstr("fewer than the 3 pools")));
  EXPECT_THAT(load("max_workers = 3\n[pool.a]\n[pool.b]\n[pool.c]\n")->warnings,
              testing::Not(testing::Contains(HasSubstr("fewer than"))));
}

TEST_F(ConfigLoad, PoolsKeepTheOrderOfTheFile) {
  const auto loaded = load("[pool.small]\n[pool.big]\n[pool.default]\n");
  ASSERT_TRUE(loaded) << loaded.error().what;
  const auto& pools = loaded->config.core.pools;
  EXPECT_EQ(pools.at(PoolName{"small"}).place, 0U);
  EXPECT_EQ(pools.at(PoolName{"big"}).place, 1U);
  EXPECT_EQ(pools.at(PoolName{"default"}).place, 2U);
}

TEST_F(ConfigLoad, AFaultUnderDefaultsIsNamedOnceWhateverPoolsThereAre) {
  EXPECT_THAT(
      faults("[pool.a]\n[pool.b]\n[defaults]\nworker_port = 0\nimagee = \"x\"\n"),
      ElementsAre("broker.toml:5: unknown key defaults.imagee; did you mean defaults.image?",
                  StartsWith("broker.toml:4: defaults.worker_port takes")));
}

TEST_F(ConfigLoad, EveryFaultIsNamedWithLineAndKeyInTheOrderOfTheFile) {
  EXPECT_THAT(faults("max_wokers = 3\nidle_timeout = 900\n[aws]\nregoin = \"x\"\n[pool.default]\n"
                     "ready = \"ssh\"\n"),
              ElementsAre("broker.toml:1: unknown key max_wokers; did you mean max_workers?",
                          AllOf(StartsWith("broker.toml:2: idle_timeout takes a time with its unit "
                                           "from \"1s\""),
                                HasSubstr("\"15m\"")),
                          "broker.toml:4: unknown key aws.regoin; did you mean aws.region?",
                          "broker.toml:6: pool.default.ready takes one of \"dserv\", \"tcp\", "
                          "\"none\"; it is \"ssh\""));
}

TEST_F(ConfigLoad, AKeyUnderTheWrongTableIsToldWhereItBelongs) {
  EXPECT_THAT(faults("image = \"ami-1\"\n[aws]\nmax_workers = 3\n"),
              ElementsAre("broker.toml:1: unknown key image; it belongs under [pool.default]",
                          "broker.toml:3: unknown key aws.max_workers; it belongs above the first "
                          "[table]"));
}

TEST_F(ConfigLoad, ADuplicateKeyIsAFaultWithItsLine) {
  EXPECT_THAT(faults("name = \"a\"\nname = \"b\"\n"),
              ElementsAre(AllOf(StartsWith("broker.toml:2: this is not TOML"), HasSubstr("name"))));
}

TEST_F(ConfigLoad, BrokenTomlIsAFaultWithItsLine) {
  EXPECT_THAT(faults("name = \"a\"\nmax_workers = = 2\n"),
              ElementsAre(StartsWith("broker.toml:2: this is not TOML")));
}

TEST_F(ConfigLoad, RangesAreKept) {
  EXPECT_THAT(faults("max_workers = -1"),
              ElementsAre("broker.toml:1: max_workers takes a whole number from 0 to 10000; it is "
                          "-1"));
  EXPECT_THAT(faults("[pool.default]\nworker_port = 65536"), ElementsAre(EndsWith("65536")));
  EXPECT_THAT(faults("[pool.default]\ninstance_types = []"),
              ElementsAre(HasSubstr("takes a list of 1 to 60 texts")));
  EXPECT_THAT(faults("max_workers = \"2\""), ElementsAre(HasSubstr("takes a whole number")));
  EXPECT_THAT(faults("max_lifetime = \"10s\""), ElementsAre(HasSubstr("from \"1m\" to \"30d\"")));
}

TEST_F(ConfigLoad, OpenToTheNetworkNeedsAnAllowListOrAWordForIt) {
  const std::string open = "listen = [\"0.0.0.0:9000\"]\n";
  EXPECT_THAT(faults(open),
              ElementsAre(AllOf(StartsWith("broker.toml:1: listen opens 0.0.0.0:9000"),
                                HasSubstr("allow_anyone = true"))));
  EXPECT_THAT(faults(open + "allow = [\"192.168.1.0/24\"]"), IsEmpty());
  EXPECT_THAT(faults(open + "allow_anyone = true"), IsEmpty());
}

TEST_F(ConfigLoad, AddressesAndNetworksAreChecked) {
  EXPECT_THAT(faults("listen = [\"localhost:9000\"]"), ElementsAre(HasSubstr("localhost:9000")));
  EXPECT_THAT(faults("listen = [\"127.0.0.1:1\", \"127.0.0.1:1\"]"),
              ElementsAre(HasSubstr("twice")));
  EXPECT_THAT(faults("allow = [\"10.0.0.1/8\"]"), ElementsAre(HasSubstr("10.0.0.1/8")));
}

TEST_F(ConfigLoad, SettingsThatContradictEachOtherAreFaults) {
  EXPECT_THAT(faults("listing_fast = \"40s\""),
              ElementsAre("broker.toml:1: listing_fast (40s) must not be longer than listing_slow "
                          "(30s)"));
  EXPECT_THAT(faults("max_lifetime = \"10m\""),
              ElementsAre(HasSubstr("pool.default.idle_timeout (15m) must not be longer than "
                                    "max_lifetime (10m)")));
  EXPECT_THAT(faults("[pool.default]\nsubnet = \"subnet-1\"\nsecurity_groups = [\"lab\"]"),
              ElementsAre(HasSubstr("ids only")));
  EXPECT_THAT(faults("[pool.default]\nsubnet = \"subnet-1\"\nsubnets = [\"subnet-2\"]"),
              ElementsAre("broker.toml:3: pool.default.subnet and pool.default.subnets say the "
                          "same: take one of them out"));
  EXPECT_THAT(faults("[pool.default]\nsubnet = [\"subnet-1\"]"),
              ElementsAre(HasSubstr("pool.default.subnet takes a text in quotes")));
  EXPECT_THAT(faults("[pool.default]\nsubnets = [\"subnet-1\", \"subnet-1\"]"),
              ElementsAre(HasSubstr("names subnet-1 twice")));
}

TEST_F(ConfigLoad, APoolsOwnSubnetIsNotThatOfAllPoolsWhicheverWayItIsSaid) {
  const auto loaded = load(
      "[defaults]\nimage = \"ami-1\"\nsubnets = [\"subnet-1\", \"subnet-2\"]\n"
      "[pool.own]\nsubnet = \"subnet-3\"\n[pool.all]\n");
  ASSERT_TRUE(loaded) << loaded.error().what;
  const auto& pools = loaded->config.core.pools;
  EXPECT_THAT(pools.at({"own"}).subnets, ElementsAre("subnet-3"));
  EXPECT_THAT(pools.at({"all"}).subnets, ElementsAre("subnet-1", "subnet-2"));
}

TEST_F(ConfigLoad, AVariableByTheOtherNameOfASettingOutranksTheFile) {
  const auto loaded = load("[pool.default]\nimage = \"ami-1\"\nsubnets = [\"subnet-1\"]\n",
                           {{"COMPUTE_BROKER_POOL_DEFAULT_SUBNET", "subnet-2"}});
  ASSERT_TRUE(loaded) << loaded.error().what;
  EXPECT_THAT(loaded->config.core.pools.at({"default"}).subnets, ElementsAre("subnet-2"));
  EXPECT_THAT(loaded->warnings, testing::IsEmpty());
}

TEST_F(ConfigLoad, AnIdleTimeoutBelowTheLaunchTimeoutIsWarnedOf) {
  const auto loaded = load("idle_timeout = \"30s\"\n[pool.default]\nimage = \"ami-1\"\n");
  ASSERT_TRUE(loaded) << loaded.error().what;
  EXPECT_THAT(loaded->warnings, ElementsAre(HasSubstr("shorter than launch_timeout (3m)")));
}

TEST_F(ConfigLoad, AMisspeltVariableIsWarnedOf) {
  const auto loaded =
      load("[pool.default]\nimage = \"ami-1\"\n", {{"COMPUTE_BROKER_MAX_WORKER", "5"}});
  ASSERT_TRUE(loaded) << loaded.error().what;
  EXPECT_THAT(
      loaded->warnings,
      ElementsAre("environment COMPUTE_BROKER_MAX_WORKER is no setting and was ignored; did "
                  "you mean COMPUTE_BROKER_MAX_WORKERS?"));
}

TEST_F(ConfigLoad, APlaceholderOfAnExampleIsAFaultWhereverItStands) {
  EXPECT_THAT(faults("[pool.default]\nimage = \"ami-...\"\nsecurity_groups = [\"sg-xxxx\"]\n"),
              ElementsAre("broker.toml:2: pool.default.image is still the placeholder "
                          "\"ami-...\": write your own, or take the line out",
                          HasSubstr("placeholder \"sg-xxxx\"")));
  EXPECT_THAT(faults("[pool.default]\nkey_name = \"YOUR_KEY\"\n"),
              ElementsAre(HasSubstr("placeholder")));
}

TEST_F(ConfigLoad, ARegionThatThereIsNotIsAFaultAndANewOneIsNot) {
  EXPECT_THAT(faults("[aws]\nregion = \"us-esat-1\"\n"),
              ElementsAre("broker.toml:2: aws.region: us-esat-1 is no AWS region; did you mean "
                          "us-east-1?"));
  for (const char* good : {"us-gov-west-1", "ap-southeast-7", "eusc-de-east-1", "us-iso-east-1"}) {
    EXPECT_THAT(faults(str("[aws]\nregion = \"", good, "\"\n")), IsEmpty()) << good;
  }
}

TEST_F(ConfigLoad, AWrongValueIsShownAndAWrongKeyOfAFlagHasASuggestion) {
  EXPECT_THAT(faults("max_workers = \"two\"\n"), ElementsAre(EndsWith("; it is \"two\"")));
  const auto loaded = load("", {}, {{"--set max_wokers", "max_wokers", "3"}});
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error().what, EndsWith("did you mean max_workers?"));
}

TEST_F(ConfigLoad, WarmWindowsAreReadFromTheFileAndFromVariables) {
  const WarmRules both{{"Mon-Fri 08:00-18:00 America/New_York", 2}, {"* 10:00-11:00 UTC", 0}};
  const auto from_file = load(
      "[pool.default]\nwarm = [{ schedule = \"Mon-Fri 08:00-18:00 America/New_York\", workers = 2 "
      "}, { workers = 0, schedule = \"* 10:00-11:00 UTC\" }]\n");
  ASSERT_TRUE(from_file) << from_file.error().what;
  EXPECT_EQ(from_file->config.warm.at(PoolName{"default"}), both);
  const auto from_variable =
      load("", {{"COMPUTE_BROKER_POOL_DEFAULT_WARM",
                 " Mon-Fri 08:00-18:00 America/New_York = 2; * 10:00-11:00 UTC=0 ;"}});
  ASSERT_TRUE(from_variable) << from_variable.error().what;
  EXPECT_EQ(from_variable->config.warm.at(PoolName{"default"}), both);
}

TEST_F(ConfigLoad, AWarmWindowThatIsNoneIsAFault) {
  for (const char* bad : {"\"* 10:00-11:00 UTC\"", "[\"* 10:00-11:00 UTC\"]",
                          "[{ schedule = \"* 10:00-11:00 UTC\" }]",
                          "[{ schedule = \"* 10:00-11:00 UTC\", workers = \"1\" }]",
                          "[{ schedule = \"* 10:00-11:00 UTC\", workers = 1, wrokers = 1 }]"}) {
    EXPECT_THAT(faults(str("[pool.default]\nwarm = ", bad, "\n")),
                ElementsAre(HasSubstr("pool.default.warm takes a list of 0 to 100 windows, such as "
                                      "[{ schedule = ")))
        << bad;
  }
  EXPECT_THAT(
      faults("[pool.default]\nwarm = [{ schedule = \"* 10:00-11:00 UTC\", workers = -1 }]\n"),
      ElementsAre(
          "broker.toml:2: pool.default.warm: schedule \"* 10:00-11:00 UTC\" takes 0 to 1000 "
          "workers; it is -1"));
  EXPECT_FALSE(load("", {{"COMPUTE_BROKER_POOL_DEFAULT_WARM", "* 10:00-11:00 UTC"}}));
}

TEST_F(ConfigLoad, MoreWarmWorkersThanThePoolMayHaveAreWarnedOf) {
  const auto loaded =
      load("[pool.default]\nwarm = [{ schedule = \"* 10:00-11:00 UTC\", workers = 3 }]\n");
  ASSERT_TRUE(loaded) << loaded.error().what;
  EXPECT_THAT(
      loaded->warnings,
      testing::Contains(HasSubstr("wants 3 workers, and max_workers lets this pool have 2")));
}

TEST_F(ConfigLoad, UserDataComesFromAFileBesideTheConfiguration) {
  write("own.sh", "#!/bin/sh\necho lab\n");
  const auto loaded = load("[pool.default]\nuser_data_file = \"own.sh\"\n");
  ASSERT_TRUE(loaded) << loaded.error().what;
  EXPECT_EQ(loaded->config.core.pools.at(PoolName{"default"}).user_data, "#!/bin/sh\necho lab\n");
  EXPECT_THAT(
      faults("[pool.default]\nuser_data_file = \"missing.sh\"\n"),
      ElementsAre(AllOf(StartsWith("broker.toml:2: pool.default.user_data_file: cannot read"),
                        HasSubstr("No such file"))));
}

TEST_F(ConfigLoad, UserDataThatCannotArriveIsRefusedByName) {
  write("own.sh", "#include\nhttp://127.0.0.1/\n");
  EXPECT_THAT(faults("[pool.default]\nuser_data_file = \"own.sh\"\n"),
              ElementsAre(StartsWith("broker.toml:2: pool.default.user_data_file: #include: ")));
  write("own.sh", wire::gzip("#!/bin/sh\n") + "x");
  EXPECT_THAT(faults("[pool.default]\nuser_data_file = \"own.sh\"\n"),
              ElementsAre(HasSubstr("own.sh cannot be decompressed: it is damaged")));
  std::string noise = "#!/bin/sh\n";
  for (unsigned n = 1; noise.size() < 30'000; n = n * 1'664'525 + 1'013'904'223) {
    noise += str("# ", n, '\n');
  }
  write("own.sh", noise);
  EXPECT_THAT(faults("[pool.default]\nuser_data_file = \"own.sh\"\n"),
              ElementsAre(HasSubstr("bytes, and EC2 takes 16384")));
}

TEST_F(ConfigLoad, TheStateDirectoryComesFromSystemdOrTheHome) {
  EXPECT_EQ(load("")->config.state_dir, "/home/lab/.local/state/compute-broker");
  EXPECT_EQ(load("", {{"XDG_STATE_HOME", "/x"}})->config.state_dir, "/x/compute-broker");
  EXPECT_EQ(load("", {{"STATE_DIRECTORY", "/var/lib/compute-broker"}})->config.state_dir,
            "/var/lib/compute-broker");
}

TEST_F(ConfigLoad, AMissingFileSaysWhatToCorrect) {
  const auto loaded = load_config({str(dir_, "/none.toml"), {}}, {{"HOME", "/h"}});
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error().what, AllOf(HasSubstr("none.toml"), HasSubstr("No such file"),
                                         HasSubstr("name one that can be read")));
}

}  // namespace
}  // namespace cb::app
