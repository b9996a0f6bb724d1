#pragma once
// The bodies of the calls we make: application/x-www-form-urlencoded, POSTed to "/". Pure
// functions; the same values give the same bytes, sorted by parameter name.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Welcome.html (Query API, 2016-11-15)

#include <string>
#include <string_view>
#include <vector>

#include "base/base64.h"
#include "base/ids.h"
#include "core/model/cloud.h"

namespace cb::wire {

// RFC 3986: everything but letters, digits and "-._~" becomes %XX.
std::string percent_encoded(std::string_view text);
using cb::base64;

// RunInstances for exactly one instance; a core::EncodeLaunch. What is always asked for: the
// token, IMDSv2, termination on shutdown, and all tags on the instance, its volumes and its spot
// request, in this one call. No maximum price (it only brings interruptions).
// Security groups that begin with "sg-" go by id, others by name. With `subnet` and
// `public_address` the address is asked for on the network interface, which takes ids only: names
// are sent beside it and EC2 refuses them with InvalidParameterCombination.
// Volumes end with the instance because that is every image's default; an image that says
// otherwise is reported by the start-up checks (io/aws/aws_preflight.h), since a mapping could be
// overridden only by the image's own device names.
std::string encode_run_instances(const core::LaunchSpec& spec);
// The same launch, only asked whether it would be allowed: EC2 answers the error DryRunOperation
// when it would. Without the token, which stays unused.
std::string encode_run_instances_dry_run(const core::LaunchSpec& spec);

// Largest page that EC2 gives.
inline constexpr int kListPage = 1000;
// `next_token` is empty for the first page.
std::string encode_list_by_tag(std::string_view key, std::string_view value,
                               std::string_view next_token);
// By a filter, so that an id that does not exist is left out and does not fail the call. A filter
// takes kFilterValues at most.
inline constexpr std::size_t kFilterValues = 200;
std::string encode_list_by_ids(const std::vector<InstanceId>& ids, std::string_view next_token);

// `ids` must not be empty; EC2 takes 1,000 at most.
std::string encode_terminate_instances(const std::vector<InstanceId>& ids, bool dry_run = false);

std::string encode_create_tags(const std::vector<InstanceId>& ids, std::string_view key,
                               std::string_view value);

std::string encode_describe_images(std::string_view image);

// For STS, not EC2 (version 2011-06-15).
std::string encode_get_caller_identity();

// "RunInstances" of "Action=RunInstances&...": the call that `body` makes; empty when it says none.
std::string_view action_of(std::string_view body);

}  // namespace cb::wire
