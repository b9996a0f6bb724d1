#include "core/demand/pool_choice.h"

#include <gtest/gtest.h>

#include "core/model/cores.h"

namespace cb::core {
namespace {

// default: 64 cores; small: 2, first in the file; metal: its type does not say.
Settings three_pools() {
  Settings settings;
  settings.pools[{"default"}].place = 1;
  settings.pools[{"small"}].instance_types = {"m7i.large"};
  settings.pools[{"metal"}].instance_types = {"c7i.metal-24xl"};
  settings.pools[{"metal"}].place = 2;
  return settings;
}

std::string chosen(const Settings& settings, const std::string& pool, int cores) {
  GetWorker request;
  request.pool = {pool};
  request.cores = cores;
  const auto* const choice = choose_pool(settings, request);
  return choice != nullptr ? choice->first.value : no_pool(settings, request).why;
}

TEST(PoolChoice, WithoutOptionsTheDefaultPoolServesWhereverItStands) {
  EXPECT_EQ(chosen(three_pools(), "", 0), "default");
}

TEST(PoolChoice, WithoutADefaultPoolTheFirstOfTheFileServes) {
  Settings settings = three_pools();
  settings.pools.erase({"default"});
  EXPECT_EQ(chosen(settings, "", 0), "small");
  EXPECT_TRUE(chosen(settings, "default", 0).starts_with("pool default is not configured; "));
}

TEST(PoolChoice, ANamedPoolServes) {
  EXPECT_EQ(chosen(three_pools(), "small", 0), "small");
  EXPECT_EQ(chosen(three_pools(), "small", 2), "small");
  EXPECT_EQ(chosen(three_pools(), "metal", 0), "metal");
}

TEST(PoolChoice, TheFirstOfTheFileThatHasTheCoresServes) {
  Settings settings = three_pools();
  EXPECT_EQ(chosen(settings, "", 2), "small");
  EXPECT_EQ(chosen(settings, "", 3), "default");
  settings.pools[{"small"}].place = 3;
  EXPECT_EQ(chosen(settings, "", 2), "default");
  settings.pools[{"metal"}].cores = 96;
  EXPECT_EQ(chosen(settings, "", 65), "metal");
}

TEST(PoolChoice, WhatNoPoolOffersIsRefusedWithWhatThereIs) {
  EXPECT_EQ(chosen(three_pools(), "", 65),
            "no pool offers 65 cores; there is small (2 cores), default (64 cores), metal (set "
            "[pool.metal] cores: its types do not say)");
  EXPECT_TRUE(chosen(three_pools(), "small", 4).starts_with("pool small does not offer 4 cores; "));
  EXPECT_TRUE(chosen(three_pools(), "big", 0).starts_with("pool big is not configured; there is "));
}

TEST(PoolChoice, APoolOffersAsManyCoresAsTheSmallestOfItsTypes) {
  PoolSettings pool;
  pool.instance_types = {"c7i.16xlarge", "c7i.8xlarge"};
  EXPECT_EQ(pool.least_cores(), 32);
  pool.instance_types.emplace_back("t3.micro");
  EXPECT_EQ(pool.least_cores(), 0);
  pool.cores = 1;
  EXPECT_EQ(pool.least_cores(), 1);
}

TEST(PoolChoice, ATypesNameSaysItsCores) {
  EXPECT_EQ(cores_of("m7i.large"), 2);
  EXPECT_EQ(cores_of("m7i.xlarge"), 4);
  EXPECT_EQ(cores_of("m7i-flex.2xlarge"), 8);
  EXPECT_EQ(cores_of("c7i.48xlarge"), 192);
  for (const char* silent : {"c7i.metal", "c7i.metal-24xl", "hpc7a.96xlarge", "t2.micro",
                             "mac2.metal", "c7i.0xlarge", "c7i.-4xlarge", "xlarge", "c7i.", ""}) {
    EXPECT_EQ(cores_of(silent), 0) << silent;
  }
}

}  // namespace
}  // namespace cb::core
