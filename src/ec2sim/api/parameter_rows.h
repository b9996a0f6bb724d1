#pragma once
// The parameters of every action, as rows: what parameters.cc compares a request with.

#include <span>
#include <string_view>

namespace cb::ec2sim {

// What a value may be: kText is anything; else the allowed words, divided by '|'.
inline constexpr std::string_view kText = "";
inline constexpr std::string_view kNumber = "#";
inline constexpr std::string_view kDecimal = "#.#";
inline constexpr std::string_view kFlag = "true|false";
// Known to EC2, but it would mean something here that the simulator does not do.
inline constexpr std::string_view kNotModelled = "!";

struct ParameterRow {
  std::string_view action;   // a trailing '*' for any rest
  std::string_view pattern;  // N stands for a number from 1 on; a trailing '*' for any rest
  std::string_view allowed;
};

// All actions but what they have in common as below.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Operations.html; tests/ec2sim compares
// the names with botocore's model.
std::span<const ParameterRow> action_rows();

// What describes an instance to be launched: RunInstances takes it as it is, CreateLaunchTemplate
// within kTemplateData. Their action is empty.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RequestLaunchTemplateData.html
std::span<const ParameterRow> launch_rows();
inline constexpr std::string_view kTemplateData = "LaunchTemplateData.";

}  // namespace cb::ec2sim
