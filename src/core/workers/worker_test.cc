#include "core/workers/worker.h"

#include <gtest/gtest.h>

#include <set>
#include <utility>

#include "core/workers/worker_pool.h"

namespace cb::core {
namespace {

constexpr Life kEveryLife[] = {Life::kBooting, Life::kAdopting, Life::kReady, Life::kSuspect,
                               Life::kTerminating};

TEST(WorkerLife, NothingLeadsBackToABootNorOutOfAnEnd) {
  const std::set<std::pair<Life, Life>> changes = {
      {Life::kBooting, Life::kReady},  {Life::kBooting, Life::kTerminating},
      {Life::kAdopting, Life::kReady}, {Life::kAdopting, Life::kTerminating},
      {Life::kReady, Life::kSuspect},  {Life::kReady, Life::kTerminating},
      {Life::kSuspect, Life::kReady},  {Life::kSuspect, Life::kTerminating},
  };
  for (const Life from : kEveryLife) {
    for (const Life to : kEveryLife) {
      EXPECT_EQ(may_become(from, to), from == to || changes.contains({from, to}))
          << static_cast<int>(from) << " to " << static_cast<int>(to);
    }
  }
}

class WorkerLifeInThePool : public ::testing::Test {
 protected:
  const Worker& booting() {
    Worker worker;
    worker.record.id = {"i-1"};
    worker.record.pool = {"default"};
    worker.record.serving = Serving{};
    return pool.add(std::move(worker));
  }

  Step step;
  WorkerPool pool{step};
};

TEST_F(WorkerLifeInThePool, AnEndIsFinal) {
  const Worker& worker = booting();
  pool.become_terminating(worker, "released");
  EXPECT_THROW(pool.become_ready(worker), CheckFailed);
}

TEST_F(WorkerLifeInThePool, WhatBootsIsNotSuspected) {
  EXPECT_THROW(pool.become_suspect(booting(), Instant{}, Save::kLater), CheckFailed);
}

TEST_F(WorkerLifeInThePool, ASuspectThatAnswersIsReadyAndSavedAsSuch) {
  const Worker& worker = booting();
  pool.become_ready(worker);
  pool.become_suspect(worker, Instant{}, Save::kNow);
  EXPECT_EQ(life_of(worker.record), Life::kSuspect);
  step.out.save.clear();
  pool.become_ready(worker);
  EXPECT_EQ(life_of(worker.record), Life::kReady);
  ASSERT_EQ(step.out.save.size(), 1U);
  EXPECT_FALSE(std::get<WorkerRecord>(step.out.save[0]).doubted);
}

TEST_F(WorkerLifeInThePool, WhatIsSavedLaterGoesWithTheNextThatIsSavedNow) {
  const Worker& worker = booting();
  step.out.save.clear();
  pool.update(
      worker, [](Worker& mine) { mine.record.zone = "eu-west-1b"; }, Save::kLater);
  EXPECT_TRUE(step.out.save.empty());
  pool.become_ready(worker);
  ASSERT_EQ(step.out.save.size(), 1U);
  EXPECT_EQ(std::get<WorkerRecord>(step.out.save[0]).zone, "eu-west-1b");
}

}  // namespace
}  // namespace cb::core
