#include "wire/text_answers.h"

#include <gtest/gtest.h>

namespace cb::wire {
namespace {

std::string line(const core::Answer& answer) {
  return answer_line(answer);
}

core::StatusRow ready_worker() {
  core::StatusRow row;
  row.instance = InstanceId{"i-0abc"};
  row.address = "198.51.100.7";
  row.idle = milliseconds{12'900};
  row.ends_in = milliseconds{888'000};
  row.pool = PoolName{"default"};
  row.type = "c7i.16xlarge";
  row.zone = "us-east-1b";
  row.launched = parse_iso8601("2026-11-23T10:00:00Z");
  row.handed_out = 3;
  row.busy = true;
  row.leases.push_back({.lease = *parse_lease_id("k3x2q2mwa7bdf"),
                        .client = "rig-3",
                        .since = milliseconds{12'900},
                        .connected = true,
                        .ends_in = milliseconds{60'500}});
  return row;
}

TEST(TextAnswers, StatusBeginsWithTheFieldsClientsKnowInWholeSeconds) {
  EXPECT_EQ(line(core::StatusRows{{ready_worker()}}),
            R"([{"instance_id":"i-0abc","ip":"198.51.100.7","idle_seconds":12,)"
            R"("will_terminate_in":888,"pool":"default","instance_type":"c7i.16xlarge",)"
            R"("market":"spot","zone":"us-east-1b","launch_time":"2026-11-23T10:00:00Z",)"
            R"("handed_out":3,"busy":true,"leases":[{"lease":"k3x2q2mwa7bdf","client":"rig-3",)"
            R"("seconds":12,"connected":true,"ends_in":60}]}])");
  EXPECT_EQ(line(core::StatusRows{}), "[]");
}

TEST(TextAnswers, AWorkerThatIsHeldHasNoEndAndOneThatIsOverdueEndsInZero) {
  core::StatusRow row = ready_worker();
  row.ends_in.reset();
  EXPECT_NE(line(core::StatusRows{{row}}).find(R"("will_terminate_in":null,)"), std::string::npos);
  row.ends_in = milliseconds{-1};
  EXPECT_NE(line(core::StatusRows{{row}}).find(R"("will_terminate_in":0,)"), std::string::npos);
}

TEST(TextAnswers, StatusOfEverythingIsAnObjectWithWhatComesEndsAndTroubles) {
  core::Overview all;
  EXPECT_EQ(line(all),
            R"({"ready":[],"coming":[],"ending":[],"waiting":0,"troubles":[],"pools":[]})");
  all.coming = {{{}, "", PoolName{"default"}, "c7i.16xlarge", seconds{12}, "launching"}};
  all.waiting = 2;
  all.troubles = {"EC2 cannot be asked"};
  EXPECT_EQ(line(all),
            R"({"ready":[],"coming":[{"instance_id":null,"ip":"pending","pool":"default",)"
            R"("instance_type":"c7i.16xlarge","since_seconds":12,"state":"launching"}],)"
            R"("ending":[],"waiting":2,"troubles":["EC2 cannot be asked"],"pools":[]})");
}

TEST(TextAnswers, StatusOfEverythingSaysWhatEachPoolOffersAndWhatIsInItsWay) {
  core::Overview all;
  all.pools = {{.pool = {"default"}, .cores = 64, .types = {"c7i.16xlarge", "c6i.16xlarge"}},
               {.pool = {"metal"},
                .types = {"c7i.metal"},
                .waiting = 2,
                .ready = 1,
                .coming = 3,
                .trouble = "no capacity",
                .warm = core::WarmRow{.wanted = 1,
                                      .schedule = "* 08:00-10:00 UTC",
                                      .from = *parse_iso8601("2026-11-27T08:00:00Z"),
                                      .until = *parse_iso8601("2026-11-27T10:00:00Z"),
                                      .holds = true}},
               {.pool = {"rare"}, .warm = core::WarmRow{}}};
  EXPECT_TRUE(line(all).ends_with(
      R"("pools":[{"pool":"default","cores":64,"instance_types":["c7i.16xlarge","c6i.16xlarge"],)"
      R"("waiting":0,"ready":0,"coming":0,"trouble":null,"warm":null},)"
      R"({"pool":"metal","cores":null,)"
      R"("instance_types":["c7i.metal"],"waiting":2,"ready":1,"coming":3,)"
      R"("trouble":"no capacity","warm":{"workers":1,"schedule":"* 08:00-10:00 UTC",)"
      R"("from":"2026-11-27T08:00:00Z","until":"2026-11-27T10:00:00Z","now":true,)"
      R"("suspended":false,"trouble":null}},{"pool":"rare","cores":null,"instance_types":[],)"
      R"("waiting":0,"ready":0,"coming":0,"trouble":null,"warm":{"workers":0,"schedule":null,)"
      R"("from":null,"until":null,"now":false,"suspended":false,"trouble":null}}]})"));
}

TEST(TextAnswers, ListAllShowsTheConfiguredAddressOrPending) {
  core::InstanceView instance;
  instance.id = InstanceId{"i-0abc"};
  instance.type = "c7i.16xlarge";
  instance.market = core::Market::kSpot;
  instance.private_address = "172.31.95.52";
  instance.zone = "us-east-1b";
  instance.launched = parse_iso8601("2026-11-23T10:00:00Z");
  instance.tags.emplace_back(core::kPoolTag, "default");
  const core::AllInstances all{{{instance, ""}}};
  EXPECT_EQ(line(all), R"([{"instance_id":"i-0abc","instance_type":"c7i.16xlarge","ip":"pending",)"
                       R"("launch_time":"2026-11-23T10:00:00Z","state":"pending","market":"spot",)"
                       R"("zone":"us-east-1b","pool":"default"}])");
  const core::AllInstances private_one{{{instance, instance.private_address}}};
  EXPECT_NE(line(private_one).find(R"("ip":"172.31.95.52")"), std::string::npos);
  EXPECT_EQ(line(core::AllInstances{}), "[]");
}

TEST(TextAnswers, TerminateAllNamesTheIdsOrSaysThatThereWereNone) {
  EXPECT_EQ(line(core::TerminatedIds{{InstanceId{"i-1"}, InstanceId{"i-2"}}, false, {}}),
            R"({"terminated":["i-1","i-2"]})");
  EXPECT_EQ(line(core::TerminatedIds{}), R"({"terminated":[]})");
  EXPECT_EQ(line(core::TerminatedIds{{}, true, {}}), R"({"message":"No workers to terminate"})");
}

TEST(TextAnswers, TerminateAllSaysWhichWereRefusedAndWhy) {
  EXPECT_EQ(line(core::TerminatedIds{{InstanceId{"i-1"}}, false, {{InstanceId{"i-2"}, "so"}}}),
            R"({"terminated":["i-1"],"refused":[{"instance_id":"i-2","why":"so"}]})");
}

TEST(TextAnswers, AFailureOfTheCloudIsJsonAndARefusalIsAnErrorLine) {
  EXPECT_EQ(line(core::CommandFailed{"EC2 said \"no\""}), R"({"error":"EC2 said \"no\""})");
  EXPECT_EQ(line(core::Refused{core::RefusalReason::kUnknownWorker, "Worker not found"}),
            "ERROR: Worker not found");
}

TEST(TextAnswers, WhateverIsSaidStaysOneLine) {
  EXPECT_EQ(line(core::Refused{core::RefusalReason::kCloud, "two\r\nlines"}), "ERROR: two  lines");
  EXPECT_EQ(line(core::CommandFailed{"two\nlines"}), R"({"error":"two\nlines"})");
  EXPECT_EQ(progress_line({core::Progress::Phase::kBooting, "booting\ni-0abc"}),
            "# booting i-0abc");
}

}  // namespace
}  // namespace cb::wire
