// What the broker makes of a dserv that answers before it boots, is silent while it boots or
// computes, and begins anew after it has ended.

#include "core/broker_fixture.h"

namespace cb::core {
namespace {

using testing::BrokerTest;
using testing::Machine;

struct Dserv : BrokerTest {
  // A running machine whose dserv opens now, answers for 130 ms, and is ready after `boots`.
  Machine& opens(CallerId caller, Duration boots) {
    world.boot = hours{1};
    world.run_for(seconds{12});
    EXPECT_EQ(world.answer(caller), "");
    Machine& machine = world.only();
    machine.opens = world.now.boot;
    machine.early = milliseconds{130};
    machine.service_up = world.now.boot + boots;
    return machine;
  }
  // Ready, used, and then computing for one client, who can say nothing until it is done.
  Machine& computes(Duration job) {
    EXPECT_NE(ready_worker(), "");
    world.only().busy_until = world.now.boot + job;
    return world.only();
  }
  // Its dserv ends now, is started again after 10 s and boots for `boots`.
  Machine& service_ends(Duration boots) {
    Machine& machine = world.only();
    machine.opens = world.now.boot + seconds{10};
    machine.early = milliseconds{130};
    machine.service_up = machine.opens + boots;
    return machine;
  }
  void lose_the_journal() {
    world.journal = {};
    world.crash_and_restart(seconds{5});
  }
  StatusRow row() { return world.status().at(0); }
};

TEST_F(Dserv, ARightAnswerBeforeItBootsMakesNoWorkerReady) {
  const CallerId caller = world.get();
  opens(caller, seconds{40});
  world.run_for(seconds{39});
  EXPECT_EQ(world.answer(caller), "");
  world.run_for(seconds{2});
  EXPECT_NE(world.answer(caller), "");
}

TEST_F(Dserv, TheSecondPromptAnswerMakesItReadyInThatVeryStep) {
  const CallerId caller = world.get();
  Machine& machine = opens(caller, milliseconds{300});
  // The first answer comes with the first try, at most probe_interval later; then the gap.
  while (world.questions_asked < 2) world.run_for(milliseconds{10});
  EXPECT_GE(world.now.boot, machine.opens + milliseconds{500});
  EXPECT_NE(world.answer(caller), "");
}

TEST_F(Dserv, OneQuestionStaysOpenForAsLongAsItBoots) {
  const CallerId caller = world.get();
  opens(caller, seconds{45});
  world.run_for(seconds{44});
  EXPECT_EQ(world.questions_asked, 2U);  // the early one, and the one that is open
  EXPECT_EQ(world.hang_ups, 0U);
  world.run_for(seconds{2});
  EXPECT_NE(world.answer(caller), "");
  EXPECT_TRUE(world.questions.empty());
}

TEST_F(Dserv, AnAnswerFromAnotherProcessBeginsAnew) {
  const CallerId caller = world.get();
  Machine& machine = opens(caller, seconds{40});
  world.run_for(milliseconds{300});  // it has answered once
  machine.opens = machine.service_up = world.now.boot + seconds{10};
  world.run_for(seconds{10} + milliseconds{100});
  EXPECT_EQ(world.answer(caller), "");
  world.run_for(seconds{1});
  EXPECT_NE(world.answer(caller), "");
}

TEST_F(Dserv, ASixteenMinuteJobOfAClientThatCannotPingLives) {
  computes(minutes{16});
  world.run_for(minutes{15} + seconds{30});
  EXPECT_EQ(world.alive(), 1U);
  world.run_for(minutes{14});
  EXPECT_EQ(world.alive(), 1U) << "its idle time begins when the job is done";
  world.run_for(minutes{2});
  EXPECT_EQ(world.alive(), 0U);
}

TEST_F(Dserv, AJobThatBeganJustBeforeTheIdleTimeOutLives) {
  ready_worker();
  world.run_for(minutes{14} + seconds{25});
  world.only().busy_until = world.now.boot + minutes{20};
  world.run_for(minutes{19});
  EXPECT_EQ(world.alive(), 1U);
}

TEST_F(Dserv, ATwentyMinuteJobAcrossARestartOfTheBrokerLives) {
  computes(minutes{20});
  world.run_for(minutes{14});
  world.crash_and_restart(minutes{2});
  world.run_for(minutes{3});
  EXPECT_EQ(world.alive(), 1U);
}

TEST_F(Dserv, ItIsAskedOnlyFromHalfOfItsIdleTimeOn) {
  ready_worker();
  const std::size_t before = world.questions_asked;
  world.run_for(minutes{7});
  EXPECT_EQ(world.questions_asked, before);
  world.run_for(minutes{1});
  EXPECT_GT(world.questions_asked, before);
  EXPECT_TRUE(world.questions.empty()) << "an answer frees its place";
}

TEST_F(Dserv, StatusSaysBusyWhereItIsKnown) {
  computes(minutes{16});
  EXPECT_FALSE(row().busy);
  world.run_for(minutes{8});
  EXPECT_EQ(row().busy, true);
  EXPECT_EQ(row().ends_in, minutes{15});
  EXPECT_EQ(row().idle, seconds{0});
  world.run_for(minutes{16});
  EXPECT_EQ(row().busy, false);
  EXPECT_LT(row().ends_in, minutes{8});
}

TEST_F(Dserv, ASuspectWhosePlacesAreAllTakenIsInUse) {
  ready_worker();
  world.only().out_of_reach = true;
  world.run_for(seconds{10});
  world.only().places_taken = 8;
  world.only().out_of_reach = false;
  world.run_for(minutes{40});
  EXPECT_EQ(world.alive(), 1U);
  world.only().places_taken = 0;
  world.run_for(minutes{16});
  EXPECT_EQ(world.alive(), 0U);
}

TEST_F(Dserv, AWorkerWhosePlacesAreAllTakenIsInUse) {
  ready_worker();
  world.only().places_taken = 8;
  world.run_for(minutes{40});
  EXPECT_EQ(world.alive(), 1U);
  world.only().places_taken = 0;
  world.run_for(minutes{16});
  EXPECT_EQ(world.alive(), 0U);
}

TEST_F(Dserv, AFlowThatIsForgottenIsAskedAnewAndNeverCountedAsBusy) {
  ready_worker();
  world.forget_flows = true;
  world.run_for(minutes{15});
  EXPECT_EQ(world.alive(), 1U);
  world.run_for(minutes{5});
  EXPECT_EQ(world.alive(), 0U);
}

TEST_F(Dserv, AFlowThatIsForgottenOnceEndsNoJobOnASuspect) {
  Machine& machine = computes(hours{2});
  machine.out_of_reach = true;
  world.run_for(seconds{20});
  machine.out_of_reach = false;
  world.run_for(minutes{16});
  ASSERT_EQ(world.alive(), 1U) << "its question is open and silent";
  world.lost_at[machine.view.id] = world.now.boot + seconds{1};
  world.run_for(minutes{20});
  EXPECT_EQ(world.alive(), 1U);
}

TEST_F(Dserv, AJobEndsAtMaxLifetimeAllTheSame) {
  computes(hours{24});
  world.run_for(hours{12});
  EXPECT_EQ(world.alive(), 0U);
  EXPECT_TRUE(world.logged("has reached max_lifetime"));
}

TEST_F(Dserv, AServiceThatBeginsAnewIsBackOnlyWhenItHasBooted) {
  const std::string address = ready_worker();
  service_ends(seconds{30});
  world.run_for(seconds{5});
  const CallerId caller = world.get();
  world.run_for(seconds{34});
  EXPECT_EQ(world.answer(caller), "");
  world.run_for(seconds{2});
  EXPECT_EQ(world.answer(caller), address);
  EXPECT_EQ(world.machines.size(), 1U);
}

TEST_F(Dserv, ThatItsServiceWasGoneIsKnownAfterARestartOfTheBroker) {
  const std::string address = ready_worker();
  service_ends(seconds{60});
  world.run_for(seconds{12});
  world.crash_and_restart(seconds{1});
  const CallerId caller = world.get();
  world.run_for(seconds{50});
  EXPECT_EQ(world.answer(caller), "");
  world.run_for(seconds{10});
  EXPECT_EQ(world.answer(caller), address);
  EXPECT_EQ(world.machines.size(), 1U);
}

TEST_F(Dserv, AServiceThatIsGoneForLongerThanABootIsNotWaitedFor) {
  ready_worker();
  service_ends(hours{2});  // accepts, and never answers
  world.run_for(seconds{5});
  const CallerId caller = world.get();
  world.run_for(minutes{2});
  EXPECT_EQ(world.machines.size(), 1U);
  world.boot = seconds{5};
  world.run_for(minutes{2});
  EXPECT_EQ(world.machines.size(), 2U);
  EXPECT_NE(world.answer(caller), "");
}

TEST_F(Dserv, AMachineOutOfReachIsReplacedForWhoeverAsks) {
  ready_worker();
  world.only().out_of_reach = true;
  world.run_for(seconds{5});
  world.get();
  EXPECT_EQ(world.machines.size(), 2U);
}

TEST_F(Dserv, AComputingWorkerWhoseJournalWasLostIsKeptAndNoOtherIsLaunched) {
  computes(minutes{20});
  lose_the_journal();
  const CallerId caller = world.get();
  world.run_for(minutes{2});
  EXPECT_EQ(world.answer(caller), "") << "it may still boot";
  world.run_for(minutes{16});
  EXPECT_EQ(world.alive(), 1U);
  EXPECT_EQ(world.machines.size(), 1U);
  EXPECT_EQ(world.answer(caller), "203.0.113.1") << "as a worker that computes always is";
  world.run_for(minutes{10});
  EXPECT_EQ(world.alive(), 1U) << "its idle time begins when the job is done";
}

// An answer, a client or a listing that comes in that very moment is stepped before time passes.
TEST_F(Dserv, WhoAsksInTheMomentOfItsAdoptionCausesNoOtherLaunch) {
  computes(minutes{20});
  lose_the_journal();
  const CallerId caller = world.get();
  while (!world.logged("is not in the journal")) world.run_for(milliseconds{1});
  const Duration boot = world.settings().pools.begin()->second.launch_timeout;
  const Duration verdict = std::max(boot, world.settings().sweep_grace);
  world.run_for(verdict - milliseconds{2});
  while (!world.logged("taken for busy")) {
    world.now.boot += Duration{10};
    world.get();
    ASSERT_EQ(world.machines.size(), 1U);
    world.run_for(Duration{10});
  }
  EXPECT_EQ(world.answer(caller), "203.0.113.1");
}

// Its end would come while the question that is asked anew has had no time to be silent.
TEST_F(Dserv, AFlowThatIsForgottenJustBeforeTheVerdictEndsNoJobOnOneThatWasFound) {
  computes(minutes{20});
  lose_the_journal();
  while (!world.logged("is not in the journal")) world.run_for(milliseconds{1});
  const Duration boot = world.settings().pools.begin()->second.launch_timeout;
  const Duration verdict = std::max(boot, world.settings().sweep_grace);
  world.run_for(seconds{30});
  world.lost_at[world.only().view.id] =
      world.now.boot + (verdict - seconds{30} - milliseconds{100});
  world.run_for(verdict);
  EXPECT_EQ(world.alive(), 1U);
  EXPECT_TRUE(world.logged("taken for busy"));
}

TEST_F(Dserv, OneThatWasFoundAndHasDoneWithItsJobJustBeforeTheVerdictIsAskedTheSecondTime) {
  Machine& machine = computes(minutes{20});
  lose_the_journal();
  while (!world.logged("is not in the journal")) world.run_for(milliseconds{1});
  const Duration boot = world.settings().pools.begin()->second.launch_timeout;
  const Duration verdict = std::max(boot, world.settings().sweep_grace);
  machine.busy_until = world.now.boot + (verdict - milliseconds{10});
  world.run_for(verdict + seconds{10});
  EXPECT_EQ(world.alive(), 1U);
  EXPECT_TRUE(world.logged("is adopted into pool"));
}

TEST_F(Dserv, AWorkerThatComputesInAPoolWithoutQuestionsIsIdle) {
  world.settings().pools.begin()->second.ready = ReadyCheck::kTcp;
  world.change_settings();
  computes(minutes{60});
  world.run_for(minutes{15});
  EXPECT_EQ(world.alive(), 0U);
}

}  // namespace
}  // namespace cb::core
