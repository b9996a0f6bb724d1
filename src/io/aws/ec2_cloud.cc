#include "io/aws/ec2_cloud.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <unordered_set>
#include <utility>

#include "base/text.h"
#include "core/advice/cloud_advice.h"
#include "core/advice/cloud_error.h"
#include "wire/ec2_request.h"
#include "wire/ec2_response.h"

namespace cb::io {
namespace {

using core::CloudFailure;
using core::FailureClass;

// A 2xx answer that is not what was asked for: somebody else answered, or EC2 has changed.
CloudFailure unreadable(const Error& error) {
  return {FailureClass::kUnexpected, "unreadable answer", error.what};
}

core::LaunchResult launch_result(AwsReply reply) {
  if (auto* failure = std::get_if<CloudFailure>(&reply)) {
    if (failure->what == FailureClass::kUnknownOutcome) {
      return core::LaunchOutcomeUnknown{std::move(*failure)};
    }
    return std::move(*failure);
  }
  auto launched = wire::decode_run_instances(std::get<std::string>(std::move(reply)));
  if (launched) return std::move(*launched);
  CloudFailure why = unreadable(launched.error());
  why.what = FailureClass::kUnknownOutcome;
  return core::LaunchOutcomeUnknown{std::move(why)};
}

// One or more DescribeInstances, each of which may have many pages.
struct ListingUnderWay {
  QueryId query;
  std::string region;
  // The bodies to ask for, the last one first, each for the page that a token names.
  std::vector<std::function<std::string(std::string_view)>> questions;
  core::Listing so_far;
  std::unordered_set<InstanceId> known;  // of so_far, from the second page on
  int pages = 0;

  // One instance may answer to two questions.
  void add(std::vector<core::InstanceView> more) {
    if (so_far.instances.empty()) return void(so_far.instances = std::move(more));
    for (const auto& view : so_far.instances) known.insert(view.id);
    for (auto& view : more) {
      if (known.insert(view.id).second) so_far.instances.push_back(std::move(view));
    }
  }
};

std::vector<std::function<std::string(std::string_view)>> questions_of(
    const core::ListQuery& what) {
  std::vector<std::function<std::string(std::string_view)>> out;
  const auto by_tag = [&](std::string key, std::string value) {
    out.emplace_back([key = std::move(key), value = std::move(value)](std::string_view token) {
      return wire::encode_list_by_tag(key, value, token);
    });
  };
  if (const auto* tag = std::get_if<core::ListByTag>(&what)) {
    if (tag->named) by_tag(std::string(core::kNameTag), std::string(core::kNameTagValue));
    by_tag(std::string(core::kBrokerTag), tag->broker);
    return out;
  }
  const std::vector<InstanceId>& ids = std::get<core::ListByIds>(what).ids;
  for (std::size_t from = 0; from < ids.size(); from += wire::kFilterValues) {
    const std::size_t to = std::min(from + wire::kFilterValues, ids.size());
    std::vector<InstanceId> some(ids.begin() + static_cast<std::ptrdiff_t>(from),
                                 ids.begin() + static_cast<std::ptrdiff_t>(to));
    out.emplace_back([some = std::move(some)](std::string_view token) {
      return wire::encode_list_by_ids(some, token);
    });
  }
  return out;
}

// The same done to many instances: TerminateInstances, or CreateTags where there is a key.
struct BatchUnderWay {
  std::string region;
  std::vector<InstanceId> asked;
  std::string key, value;
  std::vector<InstanceId> left;
  std::size_t batch;  // how many of `left` go into the next call
  core::TerminateAccepted so_far;
  int calls = 0;

  bool settled_any() const { return left.size() != asked.size(); }
  std::string body(const std::vector<InstanceId>& ids) const {
    return key.empty() ? wire::encode_terminate_instances(ids)
                       : wire::encode_create_tags(ids, key, value);
  }
};

core::Event answer_of(BatchUnderWay done) {
  if (done.key.empty()) {
    return core::TerminateAnswered{std::move(done.asked), std::move(done.so_far)};
  }
  core::Tagged tagged{std::move(done.asked), done.key, std::move(done.so_far.refused), {}};
  for (InstanceId& id : done.so_far.not_found) {
    tagged.refused.push_back(
        {std::move(id), {FailureClass::kNotYetVisible, "InvalidInstanceID.NotFound", ""}});
  }
  return tagged;
}

core::Event failure_of(BatchUnderWay failed, CloudFailure why) {
  if (failed.key.empty()) return core::TerminateAnswered{std::move(failed.asked), std::move(why)};
  return core::Tagged{std::move(failed.asked), failed.key, {}, std::move(why)};
}

}  // namespace

struct Ec2Cloud::Shared : std::enable_shared_from_this<Shared> {
  AwsCaller& caller;
  port::EventSink& sink;
  port::LogSink& log;
  Ec2CloudSettings settings;
  std::string trouble;  // the code of the last failure of STS; empty: it answered

  Shared(AwsCaller& c, port::EventSink& s, port::LogSink& l, Ec2CloudSettings given)
      : caller(c), sink(s), log(l), settings(given) {}

  // `go_on` gets the reply, unless the cloud has been destroyed meanwhile.
  template <class GoOn>
  void call(AwsCallKind kind, std::string region, std::string body, GoOn go_on) {
    caller.call({kind, std::move(region), std::move(body)},
                [weak = weak_from_this(), go_on = std::move(go_on)](AwsReply reply) mutable {
                  if (const auto self = weak.lock()) go_on(*self, std::move(reply));
                });
  }

  // The STS of `regions`, the last of them first, one after the other until one answers.
  void identify(std::vector<std::string> regions) {
    std::string region = std::move(regions.back());
    regions.pop_back();
    call(AwsCallKind::kIdentify, region, wire::encode_get_caller_identity(),
         [region, others = std::move(regions)](Shared& self, AwsReply reply) mutable {
           const auto* failure = std::get_if<CloudFailure>(&reply);
           const bool answered =
               failure == nullptr || (failure->what != FailureClass::kUnreachable &&
                                      failure->what != FailureClass::kUnknownOutcome);
           if (!answered && !others.empty()) return self.identify(std::move(others));
           self.identified(region, std::move(reply));
         });
  }

  void identified(const std::string& region, AwsReply reply) {
    core::CloudIdentity identity;
    CloudFailure failure;
    if (auto* refused = std::get_if<CloudFailure>(&reply)) {
      failure = std::move(*refused);
    } else if (auto who = wire::decode_get_caller_identity(std::get<std::string>(reply))) {
      identity.account = who->account;
    } else {
      failure = unreadable(who.error());
    }
    if (identity.account.empty()) say_why_unknown(region, failure);
    trouble = failure.code;
    sink.post(core::Identified{std::move(identity)});
  }

  // STS is asked again and again; the same trouble is one line. What EC2's listing is refused for
  // too, it says with what to do.
  void say_why_unknown(const std::string& region, const CloudFailure& failure) {
    if (failure.code == trouble || failure.code == "no credentials") return;
    const bool endpoint = failure.code == "endpoint";
    const bool said = core::refuses_identity(failure.code) || endpoint;
    const std::string why =
        said ? str(" (", endpoint ? "it does not answer" : failure.code, ')')
             : ": " + describe(failure, {.action = "GetCallerIdentity", .region = region});
    log.write({core::LogLevel::kWarning, "aws.account",
               "STS does not say which account these credentials belong to" + why});
  }

  void list_page(ListingUnderWay listing, const std::string& next_token) {
    if (listing.questions.empty()) {
      return sink.post(core::Listed{listing.query, std::move(listing.so_far)});
    }
    std::string body = listing.questions.back()(next_token);
    std::string region = listing.region;
    call(AwsCallKind::kRead, std::move(region), std::move(body),
         [listing = std::move(listing), next_token](Shared& self, AwsReply reply) mutable {
           self.take_page(std::move(listing), next_token, std::move(reply));
         });
  }

  void take_page(ListingUnderWay listing, const std::string& asked_token, AwsReply reply) {
    const QueryId query = listing.query;
    if (auto* failure = std::get_if<CloudFailure>(&reply)) {
      return sink.post(core::Listed{query, std::move(*failure)});
    }
    auto page = wire::decode_describe_instances(std::get<std::string>(std::move(reply)));
    if (!page) return sink.post(core::Listed{query, unreadable(page.error())});
    listing.add(std::move(page->instances));
    if (page->next_token.empty()) {
      listing.questions.pop_back();
      return list_page(std::move(listing), "");
    }
    if (++listing.pages >= settings.pages_max || page->next_token == asked_token) {
      return sink.post(core::Listed{
          query, unreadable({"the pages of DescribeInstances do not come to an end"})});
    }
    list_page(std::move(listing), page->next_token);
  }

  void next_batch(BatchUnderWay t) {
    const auto size = static_cast<std::ptrdiff_t>(std::min(t.batch, t.left.size()));
    std::vector<InstanceId> ids(t.left.begin(), t.left.begin() + size);
    std::string body = t.body(ids);
    const AwsCallKind kind = t.key.empty() ? AwsCallKind::kTerminate : AwsCallKind::kTag;
    std::string region = t.region;
    call(kind, std::move(region), std::move(body),
         [t = std::move(t), ids = std::move(ids)](Shared& self, AwsReply reply) mutable {
           self.take_batch(std::move(t), ids, std::move(reply));
         });
  }

  void take_batch(BatchUnderWay t, const std::vector<InstanceId>& ids, AwsReply reply) {
    ++t.calls;
    if (auto* failure = std::get_if<CloudFailure>(&reply)) {
      if (!leave_out(t, ids, *failure)) return give_up(std::move(t), std::move(*failure));
    } else if (auto status = take_done(t, std::get<std::string>(std::move(reply))); !status) {
      return give_up(std::move(t), unreadable(status.error()));
    } else {
      t.left.erase(t.left.begin(), t.left.begin() + static_cast<std::ptrdiff_t>(ids.size()));
      t.batch = std::min(t.batch * 2, settings.batch);
    }
    if (t.left.empty()) return sink.post(answer_of(std::move(t)));
    if (t.calls >= settings.batch_calls_max) {
      return give_up(std::move(t), {FailureClass::kThrottle, "too many refusals",
                                    "the rest is asked for in a call of its own"});
    }
    next_batch(std::move(t));
  }

  static Status take_done(BatchUnderWay& t, std::string body) {
    if (!t.key.empty()) return wire::decode_create_tags(std::move(body));
    auto accepted = wire::decode_terminate_instances(std::move(body));
    if (!accepted) return accepted.error();
    std::move(accepted->instances.begin(), accepted->instances.end(),
              std::back_inserter(t.so_far.instances));
    return Done{};
  }

  // `failure` is the answer for all that are left.
  void give_up(BatchUnderWay t, CloudFailure failure) {
    if (!t.settled_any()) return sink.post(failure_of(std::move(t), std::move(failure)));
    // A failure that is said of single ones must be one that concerns the call.
    if (!core::concerns_the_call(failure)) failure.what = FailureClass::kUnknownOutcome;
    for (InstanceId& id : t.left) t.so_far.refused.push_back({std::move(id), failure});
    sink.post(answer_of(std::move(t)));
  }

  // EC2 refuses all for the sake of one: whoever it names is left out, and where it names nobody,
  // halves find it. False: the failure concerns the call as such.
  static bool leave_out(BatchUnderWay& t, const std::vector<InstanceId>& ids,
                        const CloudFailure& failure) {
    if (core::concerns_the_call(failure)) return false;
    std::vector<InstanceId> bad = wire::ids_named_in(failure.message, ids);
    if (bad.empty() && ids.size() == 1) bad = ids;
    if (bad.empty()) {
      t.batch = ids.size() / 2;
      return true;
    }
    const bool unknown = failure.code.starts_with("InvalidInstanceID.");
    for (InstanceId& id : bad) {
      std::erase(t.left, id);
      if (unknown) {
        t.so_far.not_found.push_back(std::move(id));
      } else {
        t.so_far.refused.push_back({std::move(id), failure});
      }
    }
    return true;
  }
};

Ec2Cloud::Ec2Cloud(AwsCaller& caller, port::EventSink& sink, port::LogSink& log,
                   Ec2CloudSettings settings)
    : shared_(std::make_shared<Shared>(caller, sink, log, settings)) {
  caller.when_keys_change([weak = shared_->weak_from_this()] {
    if (const auto self = weak.lock()) self->sink.post(core::KeysChanged{});
  });
}
Ec2Cloud::~Ec2Cloud() = default;

void Ec2Cloud::identify(const core::Identify& what) {
  shared_->identify({what.regions.rbegin(), what.regions.rend()});
}

void Ec2Cloud::launch(const core::LaunchInstance& what) {
  shared_->call(
      AwsCallKind::kLaunch, what.region, what.request,
      [token = what.token, region = what.region](Shared& self, AwsReply reply) {
        self.sink.post(core::LaunchAnswered{token, region, launch_result(std::move(reply))});
      });
}

void Ec2Cloud::list(const core::ListInstances& what) {
  shared_->list_page({what.query, what.region, questions_of(what.what), {}, {}, 0}, "");
}

void Ec2Cloud::terminate(const core::TerminateInstances& what) {
  CHECK(!what.ids.empty());
  shared_->next_batch({what.region, what.ids, "", "", what.ids, shared_->settings.batch, {}, 0});
}

void Ec2Cloud::tag(const core::TagInstances& what) {
  CHECK(!what.ids.empty() && !what.key.empty());
  shared_->next_batch(
      {what.region, what.ids, what.key, what.value, what.ids, shared_->settings.batch, {}, 0});
}

}  // namespace cb::io
